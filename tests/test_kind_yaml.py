"""YAML as people write it: items in the column of their key, blocks of text, with what tells where an entry stands."""

from __future__ import annotations

import pytest

import laconic
from laconic.kinds.catalogue import recognise
from laconic.kinds.yaml.segment import YamlSegmenter
from laconic.types import Passage

POD = """\
kind: Pod
spec:
  containers:
  - name: web
    image: nginx:1.2
    args:
    - --port
    - "8080"
  - name: store
    image: postgres:16
  volumes:
  - name: data
"""


def cut(text):
    """Each segment's text with those that it requires."""
    segments = YamlSegmenter().segment(Passage(text), 0, 0)
    texts = [text[each.start : each.end] for each in segments]
    return {own: [texts[need] for need in each.requires] for own, each in zip(texts, segments, strict=True)}


def test_items_in_the_column_of_their_key_stand_under_it():
    required = cut(POD)
    assert required["image: nginx:1.2"] == ["spec:", "containers:", "- name: web"]
    assert required['- "8080"'] == ["spec:", "containers:", "- name: web", "args:"]
    assert required["- name: store"] == ["spec:", "containers:"]
    assert required["- name: data"] == ["spec:", "volumes:"]
    deeper = cut(POD.replace("\n  - ", "\n    - ").replace("\n    image", "\n      image"))
    assert deeper["image: nginx:1.2"] == ["spec:", "containers:", "- name: web"]


def test_an_item_is_kept_with_its_key():
    kept = laconic.compress(Passage(POD, kind="yaml"), "Which image has the store?", rate=0.4).text
    assert kept.startswith("spec:\n  containers:\n")
    assert "  - name: store\n    image: postgres:16" in kept


@pytest.mark.parametrize("mark", ["|", ">", "|-", ">+", "|2", "| # as it is"])
def test_the_lines_of_a_block_are_its_text_whatever_they_look_like(mark):
    text = f"a:\n  note: {mark}\n    key: value\n    - item\n\n    # no comment\n  next: 1\n"
    assert list(cut(text)) == ["a:", text[text.index("note") : text.index("\n  next")], "next: 1"]


def test_no_block_is_opened_by_a_value_that_begins_like_one():
    assert list(cut("a:\n  b: '|'\n  c: >1\n  d: 2\n")) == ["a:", "b: '|'", "c: >1", "d: 2"]


def test_a_long_block_that_keeps_its_lines_is_cut_into_them():
    lines = [f"echo step {n} of the installation: done" for n in range(40)]
    lines[23] = "curl https://example.org/certificate.pem"
    text = "data:\n  install.sh: |\n" + "".join(f"    {line}\n" for line in lines) + "  other: 1\n"
    required = cut(text)
    assert required["curl https://example.org/certificate.pem"] == ["data:", "install.sh: |"]
    assert required["other: 1"] == ["data:"]
    kept = laconic.compress(Passage(text, kind="yaml"), "Where does the certificate come from?", max_tokens=40).text
    assert "  install.sh: |\n" in kept
    assert "    curl https://example.org/certificate.pem" in kept
    folded = cut(text.replace("install.sh: |", "install.sh: >"))
    assert any(lines[0] in own and lines[39] in own for own in folded)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quotation_goes_on_to_its_end(quote):
    text = f"a:\n  body: {quote}first line\n    key: of the text\n    - the end{quote}\n  next: 1\n"
    assert list(cut(text)) == ["a:", text[text.index("body") : text.index("\n  next")], "next: 1"]


def test_recorded_calls_are_yaml():
    text = """\
interactions:
- request:
    body: '{"input":[{"content":"Solve
      this puzzle: follow each step''s
      advice."}]}'
    headers:
      Accept:
      - application/json
    method: POST
  response:
    body:
      string: !!binary |
        H4sIAAAAAAAA/31WWbOaShB+z6+wfA4pQNb7prKouCKuNylqgGGR1Zn
        BLXX++wXMUc9Jcn2woD+6p6e7Z77v55dWqx157X9abQRxYdMcK7uM7/q
    status:
      code: 200
"""
    assert recognise(Passage(text)).kind.name == "yaml"
    assert cut(text)["- application/json"] == ["interactions:", "- request:", "headers:", "Accept:"]
    assert cut(text)["code: 200"] == ["interactions:", "- request:", "response:", "status:"]
