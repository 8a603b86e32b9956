"""How people word requests: the verbs, the things that requests are about, and words that speak of words."""

from __future__ import annotations

__all__ = [
    "ABOUT_WORDS", "ASKED_BACK", "DOCUMENT_LABELS", "LANGUAGE", "MATERIAL", "MATERIAL_LABELS", "OUTPUTS",
    "REQUEST_LABELS", "REQUEST_VERBS", "SPOKEN", "SPOKEN_BY", "TRANSFORMS",
]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRANSFORMS = _words(
    "translate rewrite rephrase reword paraphrase fix correct proofread edit polish improve shorten simplify expand "
    "change convert turn transform format reformat clean refactor debug summarize summarise classify label tag sort "
    "order extract pull parse check validate continue finish complete conjugate decline transcribe transliterate "
    "annotate redact review make simplifying rewriting fixing correcting translating proofreading compare count "
    "reply respond evaluate grade score rate split shorten adapt"
)
"""Verbs that are done to a text which is given with them."""

OUTPUTS = _words("say write print output return answer reply respond state type display echo use insert")
"""Verbs whose object may be the very words that are wanted."""

REQUEST_VERBS = (
    TRANSFORMS
    | OUTPUTS
    | _words(
        "describe explain give provide show tell find generate create compose draft suggest recommend list identify "
        "determine analyze analyse discuss outline define estimate predict prepare develop help let ask act pretend "
        "imagine assume consider think start begin end keep avoid include exclude mention ignore limit be put set read "
        "open close send book search look get fetch retrieve compile propose brainstorm argue highlight mark underline "
        "quote cite name choose pick select decide indicate specify note remember ensure verify test optimize optimise "
        "document comment map group merge split combine organize organise tabulate draw point take try design plan "
        "build implement calculate compute solve remove delete replace rename add call run elaborate clarify "
        "illustrate contrast examine explore investigate assess follow track check update cancel upgrade downgrade "
        "modify move buy order exchange walk share leave do"
    )
)
"""Verbs with which a request may begin."""

MATERIAL = _words(
    "text texts sentence sentences paragraph paragraphs passage passages article email e-mail mail message messages "
    "letter note notes code function snippet script query program story poem essay review reviews tweet post comment "
    "comments document transcript list table data json xml yaml csv word words phrase phrases question questions "
    "statement statements line lines ticket abstract dialogue dialog conversation template example examples input "
    "proof recipe report bio paper excerpt extract quote speech lyrics song verse resume cv description title "
    "headline error log output menu translation contract clause pull request expression equation class method file"
)
"""What a text or a piece of one may be called by a request that is about it."""

MATERIAL_LABELS = MATERIAL | _words(
    "q a input output source target english french german spanish italian summary premise hypothesis context original "
    "draft body subject from to dear format pattern sample"
)
"""Labels behind which, before a colon, something stands that the request is about."""

REQUEST_LABELS = _words(
    "question task instruction instructions request rules requirements constraints guidelines steps goal goals role "
    "important remember notes criteria points setting todo objective"
)
"""Labels behind which the request goes on."""

DOCUMENT_LABELS = _words("context documents background passages sources results history conversation facts knowledge")
"""Labels of what is only to be read."""

SPOKEN_BY = _words("user assistant human ai system bot agent customer client support caller interviewer")
"""Who speaks in transcripts, besides people by their names."""

ABOUT_WORDS = _words(
    "word words phrase phrases letter letters synonym synonyms antonym antonyms rhyme rhymes rhyming pronounce "
    "pronounced pronunciation spell spelt spelled spelling say says saying said mean means meaning titled entitled "
    "title titles called named slogan motto idiom idioms expression sentence sentences containing translation adverb "
    "adverbs adjective adjectives grammar vocabulary subject reads heading caption hashtag variable print output "
    "string placeholder rename replace polite impolite term begins starts translate mentions rephrase "
    "line lines prints button misspelled mistake mistakes "
    "paraphrase reword words"
)
"""A sentence with one of these may hold words that are not used but spoken of."""

SPOKEN = _words(
    "thank thanks hello hi hey sorry goodbye bye welcome regards dear okay ok quite yes hurray congratulations"
)
"""Words that are said to somebody: inside a sentence, behind its own courtesies, they are rather spoken of."""

LANGUAGE = _words(
    "grammar spelling punctuation tone style wording typos commas mistakes mistake errors error formatting"
)
"""What of a text may be wanted otherwise than it is."""

ASKED_BACK = _words("what why how when where who whom whose which whether if")
"""What a question inside a courtesy begins with: "could you tell me *how* …"."""
