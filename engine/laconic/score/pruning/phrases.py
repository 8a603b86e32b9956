"""Set phrases that carry courtesy, hedging or filling, and no fact.

Found as the word sequences that are most over-represented in talk (meetings, chats with assistants) against articles,
then read by eye; what states a degree of certainty on which a reader might act ("probably", "must", "can") was left
out. Single words of degree stand in `laconic.score.pruning.classes`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BY_FIRST_WORD", "PHRASES", "Phrase"]


class Phrase(NamedTuple):
    """A phrase that may go."""

    words: tuple[str, ...]  # lower case
    kind: str  # "politeness", "filler" or "hedge"
    # where it says nothing. "any": everywhere; "start": where a sentence begins; "comma": there and before a comma,
    # since by itself the phrase is an answer; "aside": where commas or the ends of the sentence set it off on both
    # sides; "end": before the end of the sentence; "alone": as a sentence by itself; "please": as "please" may stand;
    # and in requests "asked": in front of a question, "verb": in front of the verb of the request, "wanted": in front
    # of the thing that is wanted
    place: str


# kind, place: the phrases, separated by semicolons
_TABLE = {
    ("politeness", "please"): """
        please; kindly""",
    ("politeness", "any"): """
        thank you very much; thank you so much; thanks a lot; thank you very much in advance;
        thank you so much in advance; thanks a lot in advance; thank you very much for your help; if you don't mind;
        if that's okay; if it's not too much trouble; at your earliest convenience; if you would be so kind""",
    ("politeness", "start"): """
        could you please; can you please; would you please; will you please; could you kindly; could you possibly;
        would you mind; would you be so kind as to; would you be able to; i want you to; i need you to;
        i would be grateful if you could; i would really appreciate it if you could; i would appreciate it if you could;
        i was wondering if you could; i was wondering whether you could; i was hoping you could; i'd be happy to help;
        i would be happy to help; i'd be happy to help you with that; i'd be happy to talk about that with you; hello;
        hi; hi there; hey; hey there; hello there; good morning; good afternoon; good evening; dear sir or madam;
        i hope you are doing well; i hope you're doing well; i hope this message finds you well;
        i hope this email finds you well; thank you for your question; thanks for your question; thank you for asking;
        thank you for your help; thanks for your help; thank you for your time; thank you; thanks; thanks in advance;
        thank you in advance; many thanks; best regards; kind regards; sincerely; great question;
        that's a great question; that's really interesting; that's very interesting; sorry to bother you; excuse me""",
    ("politeness", "asked"): """
        could you tell me; can you tell me; could you please tell me; can you please tell me; would you tell me;
        please tell me; tell me; i would like to know; i'd like to know; i want to know; i would love to know;
        could you let me know; can you let me know; please let me know; let me know; do you happen to know;
        i was wondering; i wonder; could you explain to me; can you explain to me""",
    ("politeness", "verb"): """
        can you; could you; will you; would you; can you also; could you also; can you help me; could you help me;
        can you help me to; could you help me to; can you please help me; can you please help me to;
        could you please help me; could you please help me to; please help me to; help me to;
        i would like you to; i'd like you to; could you possibly; can you possibly; please help me; help me;
        it would be great if you could; it would be helpful if you could; it would be nice if you could;
        it would be really helpful if you could; i would love it if you could; i would love for you to;
        if you could; if possible, could you; please could you; please can you""",
    ("politeness", "end"): """
        thank you; thanks; thanks in advance; thank you in advance; for me please; please""",
    ("frame", "wanted"): """
        give me; please give me; provide me with; provide; please provide; please provide me with; show me; send me;
        can you give me; could you give me; can you provide me with; could you provide me with; can you provide;
        could you provide; can you show me; could you show me; could you please provide;
        could you please provide me with;
        can you please provide; can you please provide me with; could you please give me; can you please give me;
        i need; i want; i am looking for; i'm looking for; i would like; i'd like; i would like to get; i'd like to get;
        i am interested in; i'm interested in; i would like to have; i'd like to have; i want to know; i need to know;
        i would like to know; i'd like to know; i would also like to know; tell me; please tell me; tell me about;
        i am interested in learning more about; i'm interested in learning more about; i'm curious to know;
        i would like to know more about; i'd like to know more about; i want to learn more about;
        i would like to learn more about; i'd like to learn more about;
        could you provide some; can you give some; can you tell me more about; could you tell me more about;
        can you tell me about; could you tell me about; it is essential that; i'm particularly interested in;
        it would be great if; it would be helpful if; it would be useful if; i am; i'm; i need to; i want to;
        i would like to; i'd like to; i would also like to; i am looking to; i'm looking to; i am planning to;
        i'm planning to; i am trying to; i'm trying to; i also need; make sure to; be sure to""",
    ("frame", "start"): """
        it seems like; it sounds like; it seems that; do you think; what do you think are; i've heard that;
        i have heard that; i'm curious about; i am curious about""",
    ("frame", "comma"): """
        additionally; also; furthermore; moreover; in addition""",
    ("filler", "any"): """
        uh; um; umm; uhm; erm; you know what i mean; in order""",
    ("filler", "start"): """
        okay so; ok so; so yeah; yeah so; right so; you see; so basically; please be advised that;
        it is worth noting that; it's worth noting that; it is worth mentioning that; it should be noted that;
        it should be mentioned that; it is important to note that; it's important to note that;
        it is also important to note that; it is interesting to note that; please note that; note that; as you know;
        as you may know; as you may be aware; as you can see; as we all know; as already mentioned; as mentioned above;
        as mentioned earlier; as mentioned before; as previously mentioned; as stated above; as i said;
        as i said before; as i mentioned; like i said; needless to say; it goes without saying that;
        the fact of the matter is that; the thing is that; the thing is; the point is that; what i mean is;
        what i'm saying is;
        let me just say that; let me start by saying that; i would like to say that; i just wanted to say that;
        i want to say that; first of all; all in all; in any case; at the end of the day; when all is said and done;
        to be honest; to be fair; to tell the truth; to be perfectly honest; in terms of that; having said that;
        that being said; with that being said; by the way""",
    ("filler", "comma"): """
        well; okay; ok; yeah; oh; great; perfect; sure;
        absolutely; certainly; of course; alright; no problem; right; so""",
    ("filler", "aside"): """
        you know; i mean; well; of course; as a matter of fact; in fact; so to speak; as it were; if you will;
        as you know; as you can see; as i said; needless to say; to be honest;
        to be fair; to say the least; like; right; okay;
        at the end of the day; for all intents and purposes; by the way; after all; in any case; for what it's worth;
        as mentioned above; as mentioned earlier; as mentioned before; as noted above; in other words""",
    ("hedge", "start"): """
        i think; i think that; i believe; i believe that; i guess; i guess that; i suppose; i suppose that; i would say;
        i would say that; i feel like; i feel that; it seems to me that; it appears to me that; in my opinion;
        in my view; in my humble opinion; from my point of view;
        as far as i know; as far as i can tell; if i remember correctly;
        if i'm not mistaken; generally speaking; broadly speaking; strictly speaking""",
    ("hedge", "aside"): """
        i think; i believe; i guess; i suppose; i would say; in my opinion; in my view; it seems; it seems to me;
        as far as i know; as far as i can tell; so far as i know; generally speaking; broadly speaking; in a sense;
        in a way; more or less; if i remember correctly; if i'm not mistaken; at least in my opinion""",
}

# Praise of what was said before: "That's really interesting."
_PRAISE = tuple(
    f"{subject}{degree} {quality}"
    for subject in ("that's", "that is", "this is")
    for degree in ("", " really", " very", " so", " quite", " truly")
    for quality in (
        "interesting", "helpful", "fascinating", "impressive", "insightful", "great", "amazing", "useful", "wonderful",
        "awesome", "cool", "nice", "helpful information", "great information", "good to know", "great to hear",
        "good to hear", "a good point", "a great point", "a good question", "a great question",
    )
)  # fmt: skip

PHRASES: tuple[Phrase, ...] = tuple(
    Phrase(tuple(phrase.split()), kind, place)
    for (kind, place), listed in (*_TABLE.items(), (("politeness", "alone"), ";".join(_PRAISE)))
    for phrase in listed.split(";")
)

BY_FIRST_WORD: dict[str, list[Phrase]] = {}
"""The phrases by their first word, longest first."""
for _phrase in sorted(PHRASES, key=lambda phrase: -len(phrase.words)):
    BY_FIRST_WORD.setdefault(_phrase.words[0], []).append(_phrase)
