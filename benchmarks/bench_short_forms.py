"""Questions in the short form of a name that the passages define, and in the long one: answers kept.

    python benchmarks/bench_short_forms.py

Made up for this. One passage defines a name of one of twelve trades beside others; a second tells two facts of it and
the same two facts of the others, with other answers. ``short`` asks in the short form where the fact is told in the
long one, ``long`` the other way round. Where it is not ``defined``, the brackets are left out of the first passage, and
nothing tells the facts apart. Figures are the share of questions whose answer is kept.
"""

from __future__ import annotations

import laconic

# The short form, the long one; two facts and their questions, {} is the name and {answer} what is asked for.
CASES = (
    ("IBF", "International Brotherhood of Fitters",
     "The {} was founded in {answer} in 1907.", "Where was the {} founded?",
     "Dues to the {} rose in {answer}.", "When did dues to the {} rise?"),
    ("COPD", "chronic obstructive pulmonary disease",
     "Those with {} were enrolled in {answer}.", "Where were those with {} enrolled?",
     "The drug helped in {} from {answer} on.", "When did the drug begin to help in {}?"),
    ("TOU", "time of use",
     "The {} tariff is offered in {answer} alone.", "Where is the {} tariff offered?",
     "Meters for {} are read each {answer}.", "When are meters for {} read?"),
    ("LTP", "lockout and tagout procedure",
     "The {} was written in {answer}.", "Where was the {} written?",
     "Audits of the {} take place each {answer}.", "When do audits of the {} take place?"),
    ("PCR", "polymerase chain reaction",
     "Primers for the {} came from {answer}.", "Where did primers for the {} come from?",
     "The {} was run again in {answer}.", "When was the {} run again?"),
    ("SBU", "strategic business unit",
     "The {} is led from {answer}.", "From where is the {} led?",
     "The {} will be sold in {answer}.", "When will the {} be sold?"),
    ("EOB", "explanation of benefits",
     "Errors in the {} are mended in {answer}.", "Where are errors in the {} mended?",
     "The {} is posted each {answer}.", "When is the {} posted?"),
    ("APU", "auxiliary power unit",
     "Noise of the {} is capped at {answer}.", "Where is noise of the {} capped?",
     "The {} is overhauled each {answer}.", "When is the {} overhauled?"),
    ("RDP", "rural development plan",
     "The {} pays for hedges around {answer}.", "Around which town does the {} pay for hedges?",
     "Claims to the {} close in {answer}.", "When do claims to the {} close?"),
    ("CIR", "continuous integration runner",
     "The {} stands in {answer}.", "Where does the {} stand?",
     "Keys of the {} change each {answer}.", "When do keys of the {} change?"),
    ("IEP", "individual education plan",
     "The {} is kept in {answer}.", "Where is the {} kept?",
     "Parents see the {} every {answer}.", "When do parents see the {}?"),
    ("NDVI", "normalized difference vegetation index",
     "The {} was lowest near {answer}.", "Where was the {} lowest?",
     "Clouds spoil the {} in {answer}.", "When do clouds spoil the {}?"),
)  # fmt: skip
OTHERS = ("bench register", "field service rota", "regional tender", "standing order", "winter survey")
PLACES = ("Dayton", "Geneva", "Lyon", "Porto", "Turku", "Uppsala")
MONTHS = ("April", "August", "June", "March", "November", "October")
RATES = (0.25, 0.125)


def main() -> None:
    print(f"| asked by | defined | {' | '.join(map(str, RATES))} |")
    for form in ("short", "long"):
        for is_defined in (True, False):
            shares = []
            for rate in RATES:
                kept = [
                    _is_kept(number, fact, form, rate, is_defined=is_defined)
                    for number in range(len(CASES))
                    for fact in (0, 1)
                ]
                shares.append(f"{sum(kept)} of {len(kept)}")
            print(f"| {form} form | {'yes' if is_defined else 'no'} | {' | '.join(shares)} |")


def _is_kept(number: int, fact: int, form: str, rate: float, *, is_defined: bool) -> bool:
    short, long, *told = CASES[number]
    written, asked = (long, short) if form == "short" else (short, long)
    answers = (PLACES, MONTHS)[fact]
    place = number % len(answers)  # among the others, and which answer
    names = [*OTHERS[:place], written, *OTHERS[place:]]
    defining = f"{long} ({short})" if is_defined else written
    passages = [
        f"This report covers the {OTHERS[0]}, the {defining}, and the {OTHERS[1]}. It follows the order of the agenda.",
        " ".join(told[2 * fact].format(name, answer=answer) for name, answer in zip(names, answers, strict=True)),
        "Staff asked when the next meeting takes place. Letters are answered in the order in which they come in.",
    ]
    kept = laconic.compress(passages, told[2 * fact + 1].format(asked), rate=rate).text
    return told[2 * fact].format(written, answer=answers[place]) in kept


if __name__ == "__main__":
    main()
