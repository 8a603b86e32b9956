"""Closed classes of English words, by what their deletion would do to the meaning.

A word of `KEPT` is never deleted by itself: taking it away turns a statement round (negations), changes how much or
how certain (quantifiers, comparisons, modals), cuts a thought's joint (connectors), or loses who does what to whom
(prepositions, pronouns, auxiliaries). What is in no class here is an open-class word, about which the learned
importance decides.
"""

from __future__ import annotations

__all__ = [
    "ARTICLES", "DEGREE_ADVERBS", "DETERMINERS", "DISTINCTIONS", "EVALUATIONS", "FUNCTION_WORDS", "KEPT", "NEGATIONS",
]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _words("a an the")

NEGATIONS = _words(
    "no not never none nobody nothing nowhere neither nor without except excluding unless lack lacks lacked lacking "
    "fail fails failed failing cannot hardly barely scarcely rarely seldom deny denies denied refuse refuses refused "
    "false wrong unable impossible non absent against little few"
)

_EXTENTS = _words(
    "about around approximately roughly nearly almost circa some over under above below within up least most "
    "maximum minimum exactly precisely only just even every each per half quarter double twice once thrice several "
    "many much enough all any both either another other such same own whole entire entirely partly partially mostly "
    "mainly largely usually often sometimes commonly regularly chiefly primarily principally ultimately especially "
    "particularly notably specifically namely including always generally typically normally frequently occasionally "
    "again still already yet ever annually monthly weekly daily hourly yearly quarterly"
)

_COMPARISONS = _words(
    "more less most least fewer fewest than as like unlike better best worse worst greater greatest higher highest "
    "lower lowest larger largest smaller smallest bigger biggest longer longest shorter shortest older oldest "
    "younger youngest earlier earliest later latest further furthest farther farthest faster fastest slower slowest "
    "stronger strongest weaker weakest equal equally similar similarly different differently identical increasingly "
    "decreasingly respectively relatively comparatively"
)

_MODALS = _words(
    "can could may might must shall should will would ought need needs dare possibly perhaps maybe probably likely "
    "unlikely allegedly reportedly supposedly apparently presumably potentially currently formerly previously "
    "originally initially finally recently eventually temporarily permanently immediately subsequently"
)

_CONNECTORS = _words(
    "and or but if because since while whilst although though until till when whenever where wherever whereas however "
    "therefore thus hence so then after before during despite instead rather otherwise nevertheless nonetheless "
    "consequently accordingly meanwhile moreover furthermore first firstly second secondly third last lastly next also "
    "too else provided whether lest"
)

_RELATIONS = _words(
    "of in on at by to from for with into onto out off up down through throughout across along between among amongst "
    "behind beyond beside besides toward towards upon via near inside outside past versus vs according due"
)

_REFERENCES = _words(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her "
    "hers herself it its itself they them their theirs themselves this that these those there here who whom whose "
    "which what why how one ones someone anyone everyone something anything everything"
)

_AUXILIARIES = _words(
    "be am is are was were been being have has had having do does did doing done get gets got become becomes became "
    "let lets make makes made"
)

# Adjectives that tell one thing from another of its kind; a statement about the new version is none about the old.
DISTINCTIONS = _words(
    "new old former current present past future previous following main primary secondary major minor big small "
    "large great high low long short early late young good bad poor rich strong weak hot cold left right north "
    "south east west northern southern eastern western upper central middle inner outer front back top bottom "
    "single first second third fourth fifth final initial original true real public private male female positive "
    "negative common rare total average mean median annual free full empty open closed possible necessary "
    "sufficient mandatory optional required additional extra alternative opposite reverse direct indirect active "
    "inactive daily dead alive black white red green blue national international local global federal foreign "
    "domestic civil military general special"
)

# Numbers in words, and what is counted or measured.
_AMOUNTS = _words(
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
    "million millions billion billions trillion dozen dozens couple pair percent percentage degree degrees meter "
    "meters metre metres kilometer kilometers kilometre kilometres mile miles foot feet inch inches yard yards "
    "kilogram kilograms gram grams pound pounds ton tons tonne tonnes liter liters litre litres gallon gallons "
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century "
    "centuries dollar dollars euro euros cent cents yen bytes kilobytes megabytes gigabytes watts volts hertz "
    "celsius fahrenheit kelvin"
)

DETERMINERS = ARTICLES | _words(
    "this that these those my your his her its our their some any each every no another such"
)

KEPT = NEGATIONS.union(
    _EXTENTS, _COMPARISONS, _MODALS, _CONNECTORS, _RELATIONS, _REFERENCES, _AUXILIARIES, DISTINCTIONS, _AMOUNTS
)
"""Words that are never deleted by themselves."""

DEGREE_ADVERBS = _words(
    "very really quite actually basically literally simply truly totally absolutely completely extremely incredibly "
    "highly obviously clearly certainly definitely surely essentially fundamentally honestly "
    "frankly naturally undoubtedly arguably somewhat fairly pretty indeed anyway anyways anyhow overly deeply hugely "
    "greatly remarkably importantly interestingly unfortunately fortunately hopefully thankfully admittedly"
)
"""Adverbs of degree and attitude: what is said stays said without them."""

EVALUATIONS = _words(
    "nice lovely wonderful amazing fantastic awesome fascinating interesting exciting comprehensive thorough detailed "
    "in-depth insightful helpful concise careful well-written engaging compelling valuable brilliant "
    "excellent outstanding remarkable impressive notable noteworthy so-called beautiful"
)
"""What the writer thinks of a thing; the thing is the same without it."""

FUNCTION_WORDS: frozenset[str] = (
    _RELATIONS | _REFERENCES | _AUXILIARIES | _CONNECTORS | ARTICLES | DEGREE_ADVERBS | EVALUATIONS
) - NEGATIONS
"""Words that say nothing about what a sentence is about."""
