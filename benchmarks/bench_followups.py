"""Questions of conversations: evidence kept for a follow-up alone, with its conversation, and for the question itself.

    PYTHONPATH=EVAL python benchmarks/bench_followups.py DEV/nq.jsonl.gz ... [--dialogues TRAIN/taubench_retail...]

EVAL holds qa_bench.py. Each question of a set is made into conversations whose newest turn says little of its own, by
the forms below, in the language of the row (``lang``) where there are words for it. The others of a set stand in for
what was asked earlier. A last form asks the question itself after others: nothing of it may be lost. Forms that a
question does not allow (a name to stand for, a year) leave it out. With ``--dialogues``, rows whose ids end in a turn's
number are put together to the dialogues that they come from; the question itself is not known there.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from qa_bench import load, score, token_counter

import laconic

Row = dict[str, Any]
Turns = list[tuple[str, str]]


class Wording(NamedTuple):
    """What is said in one language."""

    shall: str
    yes: str
    wait: str
    go: str
    hello: str
    offer: str
    thats_it: str
    two: str
    second: str
    sure: str
    about: str
    which: str
    it: str
    what_about: str
    nothing: str
    else_: str


WORDINGS = {
    "en": Wording(
        "I can look that up for you. Shall I?", "yes please", "I will have to read the documents for that.",
        "ok go ahead", "Hi, I have a question.", "Is it this one: {}", "Yes, that's right.",
        "I have two questions. {} And then: {}", "and the second one?", "Are you sure? Where does it say so?",
        "Tell me about {}.", "What would you like to know?", "it", "what about {}?", "I found nothing for that year.",
        "Can I help you with anything else?",
    ),
    "de": Wording(
        "Das kann ich nachsehen. Soll ich?", "ja bitte", "Dafür muss ich die Unterlagen lesen.",
        "ok, mach weiter", "Hallo, ich habe eine Frage.", "Ist es diese: {}", "Ja, genau.",
        "Ich habe zwei Fragen. {} Und dann: {}", "und die zweite?", "Wirklich? Wo steht das?",
        "Erzähl mir von {}.", "Was möchtest du wissen?", "das", "was ist mit {}?", "Zu dem Jahr steht nichts da.",
        "Kann ich sonst noch helfen?",
    ),
    "es": Wording(
        "Puedo buscarlo. ¿Lo hago?", "sí, por favor", "Para eso tengo que leer los documentos.",
        "vale, adelante", "Hola, tengo una pregunta.", "¿Es esta? {}", "Sí, exacto.",
        "Tengo dos preguntas. {} Y luego: {}", "¿y la segunda?", "¿Seguro? ¿Dónde lo dice?",
        "Háblame de {}.", "¿Qué quieres saber?", "eso", "¿y en {}?", "No encontré nada de ese año.",
        "¿Puedo ayudarte en algo más?",
    ),
    "ru": Wording(
        "Могу посмотреть. Посмотреть?", "да, пожалуйста", "Для этого мне нужно прочитать документы.",
        "хорошо, давай", "Привет, у меня вопрос.", "Этот: {}", "Да, верно.",
        "У меня два вопроса. {} И потом: {}", "а второй?", "Точно? Где это написано?",
        "Расскажи про {}.", "Что ты хочешь узнать?", "это", "а в {}?", "За этот год ничего нет.",
        "Могу ещё чем-нибудь помочь?",
    ),
    "zh": Wording(
        "我可以查一下。要查吗？", "好的，请", "我需要先读文件。",
        "好，继续", "你好，我有个问题。", "是这个吗：{}", "是的，没错。",
        "我有两个问题。{} 还有：{}", "那第二个呢？", "确定吗？哪里写的？",
        "请介绍一下{}。", "您想知道什么？", "它", "那{}呢？", "那一年没有找到。",
        "还有什么可以帮您？",
    ),
    "fr": Wording(
        "Je peux chercher. Je le fais ?", "oui, s'il te plaît", "Pour cela je dois lire les documents.",
        "d'accord, vas-y", "Bonjour, j'ai une question.", "Est-ce celle-ci : {}", "Oui, c'est ça.",
        "J'ai deux questions. {} Et puis : {}", "et la deuxième ?", "C'est sûr ? Où est-ce écrit ?",
        "Parle-moi de {}.", "Que veux-tu savoir ?", "cela", "et en {} ?", "Je n'ai rien trouvé pour cette année.",
        "Puis-je faire autre chose ?",
    ),
    "fi": Wording(
        "Voin katsoa sen. Katsonko?", "kyllä kiitos", "Minun pitää lukea asiakirjat sitä varten.",
        "selvä, jatka vain", "Hei, minulla on kysymys.", "Onko se tämä: {}", "Kyllä, juuri se.",
        "Minulla on kaksi kysymystä. {} Ja sitten: {}", "entä toinen?", "Oletko varma? Missä niin sanotaan?",
        "Kerro minulle aiheesta {}.", "Mitä haluaisit tietää?", "se", "entä {}?", "Siltä vuodelta en löytänyt mitään.",
        "Voinko auttaa vielä?",
    ),
}  # fmt: skip

_CAPITAL = r"[A-ZÀ-ÝА-ЯЁ][\w.'-]+"
_NAME = re.compile(rf"(?<=[a-zà-ÿа-яё,] ){_CAPITAL}(?: (?:(?:of|the|de|van|von) )?{_CAPITAL})*(?<!\.)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def confirmed(row: Row, other: Row, say: Wording) -> Turns:
    return [("user", row["question"]), ("assistant", say.shall), ("user", say.yes)]


def told_to_go(row: Row, other: Row, say: Wording) -> Turns:
    return [*asked_and_answered(other), ("user", row["question"]), ("assistant", say.wait), ("user", say.go)]


def offered(row: Row, other: Row, say: Wording) -> Turns:
    return [("user", say.hello), ("assistant", say.offer.format(marked(row, say))), ("user", say.thats_it)]


def second_of_two(row: Row, other: Row, say: Wording) -> Turns:
    both = say.two.format(marked(other, say), marked(row, say))
    return [("user", both), ("assistant", answer(other)), ("user", say.second)]


def doubted(row: Row, other: Row, say: Wording) -> Turns:
    return [*asked_and_answered(row), ("user", say.sure)]


def named_before(row: Row, other: Row, say: Wording) -> Turns | None:
    names = _NAME.findall(row["question"])
    if not names:
        return None
    name = max(names, key=len)
    newest = row["question"].replace(name, say.it)
    return [("user", say.about.format(name)), ("assistant", say.which), ("user", newest)]


def other_year(row: Row, other: Row, say: Wording) -> Turns | None:
    years = set(_YEAR.findall(row["question"]))
    if len(years) != 1:
        return None
    year = years.pop()
    before = row["question"].replace(year, str(int(year) - 1))
    return [("user", before), ("assistant", say.nothing), ("user", say.what_about.format(year))]


def after_others(row: Row, other: Row, say: Wording) -> Turns:
    return [*asked_and_answered(other), ("user", row["question"])]


def after_an_offer(row: Row, other: Row, say: Wording) -> Turns:
    role, said = asked_and_answered(other)[1]
    return [("user", other["question"]), (role, f"{said} {say.else_}"), ("user", row["question"])]


FOLLOW_UPS: tuple[Callable[[Row, Row, Wording], Turns | None], ...] = (
    confirmed, told_to_go, offered, second_of_two, doubted, named_before, other_year,
)  # fmt: skip
QUESTIONS: tuple[Callable[[Row, Row, Wording], Turns | None], ...] = (after_others, after_an_offer)


def asked_and_answered(row: Row) -> Turns:
    return [("user", row["question"]), ("assistant", answer(row))]


def marked(row: Row, say: Wording) -> str:
    """The question as it stands in a sentence of others: with a question mark, which searches leave out."""
    question: str = row["question"].strip()
    return question if question.endswith(("?", "？")) else question.rstrip(".") + say.which[-1]


def answer(row: Row) -> str:
    return (row.get("answers") or [row.get("reply") or "-"])[0]


class Bench:
    """Evidence of a question or a conversation at a rate; what was measured is remembered."""

    def __init__(self, rate: float, scorer: str) -> None:
        self.rate = rate
        self.count = token_counter()
        self.engine = laconic.Compressor(counter="cl100k_base", separator=None, scorer=scorer)
        self.known: dict[tuple[str, str], float | None] = {}

    def evidence(self, row: Row, query: Any) -> tuple[float | None, str]:
        """The share kept, and the question that was made of the query."""
        passages = [{"title": p.get("title", ""), "text": p["text"]} for p in row["passages"]]
        budget = max(1, int(sum(self.count(p["text"]) for p in passages) * self.rate))
        result = self.engine.compress(passages, query, max_tokens=budget)
        texts = [""] * len(passages)
        for part in result.passages:
            texts[part.index] = part.text
        return score(row, texts, sum(self.count(t) for t in texts if t), budget)["evidence"], result.query or ""

    def itself(self, row: Row) -> float | None:
        """The share that the row's own question keeps."""
        key = row["id"], row["question"]
        if key not in self.known:
            self.known[key] = self.evidence(row, row["question"])[0]
        return self.known[key]


def conversations(rows: list[Row], form: Callable[[Row, Row, Wording], Turns | None]) -> Iterator[tuple[Row, Turns]]:
    for row in rows:
        others = [other for other in rows if other["question"] != row["question"]]
        other = random.Random(crc32(row["id"].encode())).choice(others)  # noqa: S311 - any of them
        turns = form(row, other, WORDINGS.get(row.get("lang") or "en", WORDINGS["en"]))
        if turns is not None:
            yield row, turns


def dialogues(path: Path) -> Iterator[tuple[Row, Turns]]:
    """Rows with the turns before them, those that have such."""
    said: dict[str, Turns] = defaultdict(list)
    for row in load([str(path)], None):
        before = said[row["id"].rsplit("-", 1)[0]]
        if before:
            yield row, [*before, ("user", row["question"])]
        before += [("user", row["question"]), ("assistant", row["reply"])]


def table(bench: Bench, name: str, form: str, found: list[tuple[Row, Turns]], known: bool = True) -> list[list[float]]:
    figures, same = [], 0
    for row, turns in found:
        alone, _ = bench.evidence(row, turns[-1][1])
        told, question = bench.evidence(row, turns)
        itself = bench.itself(row) if known else alone
        if alone is not None and told is not None and itself is not None:
            figures.append([alone, told, itself])
            same += question == turns[-1][1]
    if figures:
        means = [statistics.fmean(column) for column in zip(*figures, strict=True)]
        cells = [f"{value:.3f}" for value in means] if known else [f"{means[0]:.3f}", f"{means[1]:.3f}", "-"]
        print(f"| {name} | {form} | {len(figures)} | {' | '.join(cells)} | {same / len(figures):.2f} |", flush=True)
    return figures


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("data", type=Path, nargs="*")
    cli.add_argument("--dialogues", type=Path, nargs="*", default=[])
    cli.add_argument("--rate", type=float, default=0.25)
    cli.add_argument("--limit", type=int, default=None, help="questions per file")
    cli.add_argument("--scorer", default="evidence")
    args = cli.parse_args()
    bench = Bench(args.rate, args.scorer)
    print("| set | form | n | alone | conversation | itself | left as it is |\n|---|---|---|---|---|---|---|")
    totals: dict[str, list[list[float]]] = defaultdict(list)
    for path in args.data:
        rows = load([str(path)], args.limit)
        name = path.name.split(".")[0]
        for form in (*FOLLOW_UPS, *QUESTIONS):
            figures = table(bench, name, form.__name__, list(conversations(rows, form)))
            totals[form.__name__] += figures
            totals["FOLLOW_UPS" if form in FOLLOW_UPS else "QUESTIONS"] += figures
    for form, figures in totals.items():
        if figures:
            means = " | ".join(f"{statistics.fmean(column):.3f}" for column in zip(*figures, strict=True))
            print(f"| all | {form} | {len(figures)} | {means} | |")
    for path in args.dialogues:
        table(bench, path.name.split(".")[0], "dialogues", list(dialogues(path)), known=False)


if __name__ == "__main__":
    main()
