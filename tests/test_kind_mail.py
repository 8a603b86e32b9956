"""Mail: which message a sentence is of, what is quoted, and what nobody reads."""

from __future__ import annotations

import importlib
import itertools
import re

import pytest
from kinds_support import check_tiles, cut, kind_of, needs_of, steps_of_cutting
from regex_steps import steps_of

import laconic

ONE = """Received: from mail.example.org (mail.example.org [192.0.2.1])
\tby mx.example.com; Mon, 6 May 2024 10:02:12 +0200
From: Ann Lee <ann@example.org>
To: Ben <ben@example.com>
Date: Mon, 6 May 2024 10:02:11 +0200
Subject: Paint for the
 tower

Dear Ben,

the tower is 330 metres high. How many tonnes of paint do we need for it, and who can
climb up there?

--_
Ann Lee, head of towers
+33 1 23 45 67 89
""".replace("--_", "-- ")
REPLY = """From: Ben <ben@example.com>
Date: Mon, 6 May 2024 11:30:00 +0200
Subject: Re: Paint for the tower

On Mon, 6 May 2024 at 10:02, Ann Lee
<ann@example.org> wrote:
> How many tonnes of paint do we need for it, and who can
> climb up there?

Sixty tonnes. It takes sixty people eighteen months.

Sent from my telephone

This e-mail is confidential and intended only for the addressee. If you are not the intended recipient, please notify
the sender and delete it at once.
"""
BOX = (
    "From ann@example.org Mon May  6 10:02:11 2024\n"
    + ONE
    + "\nFrom ben@example.com Mon May  6 11:30:00 2024\n"
    + REPLY
)
OUTLOOK = """Yes, we can.

Ben

-----Original Message-----
From: Ann Lee
Sent: Monday, May 6, 2024 10:02 AM
To: Ben
Subject: Paint

Can you paint the tower?
"""
PARTS = """From: Ann <ann@example.org>
Subject: A plan
Date: Mon, 6 May 2024 10:02:11 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

We meet on Tuesday at the foot of the tower, and whoever comes brings his br=
ush. The caf=C3=A9 is open.

--inner
Content-Type: text/html

<p>We meet on Tuesday at the foot of the tower.</p>

--inner--
--outer
Content-Type: image/png; name="tower.png"
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

--outer--
"""
ALL = {"one": ONE, "reply": REPLY, "box": BOX, "outlook": OUTLOOK, "parts": PARTS}


@pytest.mark.parametrize("mail", ALL)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_mail_is_known_and_nothing_of_it_is_lost(mail, line_end):
    text = ALL[mail].replace("\n", line_end)
    assert kind_of(text) == "mail"
    check_tiles(text, "mail")


@pytest.mark.parametrize(
    "text",
    [
        "From: 2001\nTo: 2005\nThe mayor was Ann.\n",
        "Title: Towers\nDate: May 2024\nAuthor: Ann\n\nA tower is high.\n",
        "Ann wrote:\n> a poem\nand read it.\n",
        "From the tower one sees the sea. Subject: to weather.\n\nDate: never.\n",
        "HTTP/1.1 200 OK\nDate: Mon, 6 May 2024 10:02:11 GMT\nContent-Type: text/html\n\nhello\n",
    ],
)
def test_what_has_fields_is_no_mail_yet(text):
    assert kind_of(text) != "mail"


def test_headers_are_told_apart_and_unfolded():
    pieces = cut(ONE, "mail")
    assert ("header", "Subject: Paint for the\n tower") in pieces
    assert pieces[0][0] == "trace"
    assert pieces[0][1].endswith("+0200")
    assert ("signature", "-- \nAnn Lee, head of towers\n+33 1 23 45 67 89") in pieces


def test_what_is_written_is_cut_at_sentences():
    assert (
        "sentence",
        "How many tonnes of paint do we need for it, and who can\nclimb up there?",
    ) in cut(ONE, "mail")
    assert needs_of(ONE, "mail", "How many") == []


def test_of_several_messages_a_sentence_brings_from_whom_when_and_about_what_its_own_is():
    assert needs_of(BOX, "mail", "Sixty tonnes") == [
        "From: Ben <ben@example.com>",
        "Date: Mon, 6 May 2024 11:30:00 +0200",
        "Subject: Re: Paint for the tower",
    ]
    assert needs_of(OUTLOOK, "mail", "Can you")[0] == "From: Ann Lee"
    kept = laconic.compress(BOX, "How long do sixty people take?", max_tokens=70).text
    assert "From: Ben" in kept
    assert "eighteen months" in kept


def test_a_quotation_brings_who_wrote_it_and_behind_it_the_message_goes_on():
    quoted = "> How many tonnes of paint do we need for it, and who can\n> climb up there?"
    assert ("quote", quoted) in cut(REPLY, "mail")
    assert needs_of(REPLY, "mail", "> How many") == ["On Mon, 6 May 2024 at 10:02, Ann Lee\n<ann@example.org> wrote:"]
    nested = REPLY.replace("> How", "> From: Zed <zed@example.org>\n> Subject: Brushes\n>\n> We sell brushes.\n> How")
    assert needs_of(nested, "mail", "> We sell")[-1] == "> Subject: Brushes"
    assert needs_of(nested, "mail", "Sixty")[-1] == "Subject: Re: Paint for the tower"


def test_what_an_earlier_message_says_is_not_kept_again_where_it_is_quoted():
    result = laconic.compress(BOX, "How many tonnes of paint do we need?", max_tokens=200)
    assert result.text.count("tonnes of paint do we need") == 1
    assert "duplicate" in {piece.reason for piece in result.dropped}


@pytest.mark.parametrize(
    ("text", "piece", "kind"),
    [
        (REPLY, "Sent from my telephone", "signature"),
        (REPLY, "This e-mail is confidential", "disclaimer"),
        (PARTS, "iVBOR", "attachment"),
        (PARTS, "<p>We meet", "alternative"),
        (PARTS, "--inner\nContent-Type: text/plain", "notice"),
        (ONE + "\nbegin 644 a.txt\n#86)C\n`\nend\n", "begin 644", "attachment"),
        (REPLY + "\n____________________\ntowers mailing list\nhttps://example.org/towers\n", "_____", "signature"),
    ],
)
def test_what_nobody_reads_comes_last(text, piece, kind):
    assert kind in [own for own, words in cut(text, "mail") if words.startswith(piece)]
    assert piece not in laconic.compress(text, None, rate=0.3).text


def test_quoted_printable_is_read_over_its_soft_breaks_and_kept_as_it_is():
    sentence = "We meet on Tuesday at the foot of the tower, and whoever comes brings his br=\nush."
    assert ("sentence", sentence) in cut(PARTS, "mail")


def test_a_signature_may_hold_the_answer():
    assert (
        "+33 1 23" in laconic.compress(ONE, "What is the telephone number of Ann Lee, head of towers?", rate=0.4).text
    )


BROKEN = {
    "headers only": "From: Ann <ann@example.org>\nSubject: Nothing\nDate: Mon, 6 May 2024 10:02:11 +0200\n",
    "no end of the parts": PARTS.partition("--outer--")[0],
    "a boundary that never comes": PARTS.replace("--outer\n", ""),
    "an attachment that never ends": ONE + "\nbegin 644 a.txt\n#86)C\nand the text goes on here.\n",
    "a key that never ends": ONE + "\n-----BEGIN PGP SIGNATURE-----\niD8DBQBEnEYk\nand the text goes on.\n",
    "mixed line ends": BOX.replace("\n\n", "\r\n\r\n").replace("Subject", "\rSubject"),
    "a type that is none": PARTS.replace("multipart/mixed", "multi part;;=\x00/"),
    "two subjects": ONE.replace("Subject:", "Subject: a\nSubject:"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_nothing_is_lost_of_broken_mail(broken):
    check_tiles(BROKEN[broken], "mail")
    assert "attachment" not in {kind for kind, text in cut(BROKEN[broken], "mail") if "goes on" in text}


BAD = {
    "headers": "From: a@b\nSubject: c\n\n",
    "folds": " folded\n",
    "fields": "X-A: b\n",
    "envelopes": "\nFrom a@b Mon May  6 10:02:11 2024\n",
    "quotes": "> a\n",
    "deeper quotes": "> a\n>> b\n",
    "wrote": "On 1 May, a@b wrote:\n",
    "wrote and quotes": "On 1 May, a@b wrote:\n> a\n",
    "signatures": "-- \na\n",
    "rules": "____________________\n",
    "separators": "-----Original Message-----\n",
    "encoded": "A" * 70 + "\n",
    "encoded and not": ("A" * 70 + "\n") * 3 + "\n",
    "begins": "begin 644 a\n",
    "keys": "-----BEGIN PGP SIGNATURE-----\n",
    "boundaries": "--outer\n",
    "soft breaks": "a=\n",
    "paragraphs": "confidential message to the recipient\n\n",
    "blanks": " \n",
    "one line": "confidential wrote: ",
}


@pytest.mark.parametrize("unit", BAD)
@pytest.mark.parametrize("head", [ONE, PARTS.partition("--inner--")[0]], ids=["one", "parts"])
def test_cutting_takes_linear_steps(unit, head):
    few, many = (steps_of_cutting(head + BAD[unit] * n + "\nend\n", "mail", "mail") for n in (200, 800))
    assert many <= 4.6 * few + 3000, (few, many)
    check_tiles(head + BAD[unit] * 30, "mail")


SEARCHED = frozenset(
    ("_FOOTER", "_DISCLAIMER", "_ADDRESSEE", "_SOFT_BREAK")
)  # the others are tried where a line begins


@pytest.mark.parametrize("file", ["headers", "parts", "segment"])
def test_patterns_take_linear_steps(file):
    module = importlib.import_module(f"laconic.kinds.mail.{file}")
    for name, pattern in vars(module).items():
        if not isinstance(pattern, re.Pattern):
            continue
        for unit, tail in itertools.product(
            [*"aA1 .:>=-_<", "a ", "> ", "a:", "wrote", "schrieb", "- "], ("", "!", ":")
        ):
            few = steps_of(pattern, unit * (120 // len(unit)) + tail, search=name in SEARCHED)
            many = steps_of(pattern, unit * (240 // len(unit)) + tail, search=name in SEARCHED)
            assert many <= 2.6 * few + 400, (pattern.pattern, unit, tail, few, many)


@pytest.mark.parametrize("line", ["a", "word ", "> ", "=20", "A: b@c "])
def test_a_line_of_five_megabytes(line):
    text = ONE.partition("-- \n")[0] + line * (5_000_000 // len(line)) + "\n\nThe end of it.\n"
    assert cut(text, "mail")[-1] == ("sentence", "The end of it.")
