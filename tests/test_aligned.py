"""Questions in another language than the passages: aligned words, sounds of names, and what must not change."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import laconic
from laconic._utils.words import fold_word
from laconic.exceptions import WeightsError
from laconic.score.evidence.lexicons import Lexicons
from laconic.score.evidence.scorer import EvidenceScorer
from laconic.score.vectors.aligned import ALIGNED_FORMAT, AlignedVectors
from laconic.score.vectors.sounds import sounds_of
from laconic.types import Passage

# Words that mean the same have the same direction: row n of each language.
TRANSLATIONS = {
    "en": "university church river doctor bread mountain",
    "de": "universität kirche fluss arzt brot berg",
    "ru": "университет церковь река врач хлеб гора",
    "hi": "विश्वविद्यालय चर्च नदी डॉक्टर रोटी पर्वत",
    "zh": "大学 教堂 河流 医生 面包 高山",
    "th": "มหาวิทยาลัย โบสถ์ แม่น้ำ แพทย์ ขนมปัง ภูเขา",
}
ENGLISH = [
    "The university of the town was founded in 1409, as it is told.",
    "The river is wide at this point, and the bridge over it was built for the railway.",
    "The bread of the region is baked from rye, and it is sold in all of the shops.",
    "The mountain is the highest of the range, and it is covered with snow for most of the year.",
]
QUESTIONS = {
    "de": "Wann wurde die Universität der Stadt gegründet?",
    "ru": "Когда был основан этот университет и где он находится?",
    "hi": "विश्वविद्यालय की स्थापना कब हुई थी?",
    "zh": "大学是什么时候成立的？",
    "th": "มหาวิทยาลัยก่อตั้งเมื่อใด",
}


def write(path: Path, version: int = ALIGNED_FORMAT, dimensions: int = 64) -> Path:
    words = {fold_word(word): row for line in TRANSLATIONS.values() for row, word in enumerate(line.split())}
    directions = np.random.default_rng(0).integers(-127, 128, (6, dimensions), dtype=np.int8)
    table = directions[list(words.values())]
    vocabulary = np.frombuffer("\n".join(words).encode(), np.uint8)
    np.savez(path, format=np.array(version), table=table, vocabulary=vocabulary)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("aligned") / "aligned.npz")


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_in_another_language_finds_its_passage(language: str, table: Path) -> None:
    compressor = laconic.Compressor(scorer=EvidenceScorer(aligned=table), rate=0.3)
    assert "founded in 1409" in compressor.compress(ENGLISH, QUESTIONS[language]).text


def test_passages_in_another_language_are_found_too(table: Path) -> None:
    passages = [
        "Река широкая, и на её берегу стоит город, который был построен давно.",
        "Этот университет был основан в 1409 году, и он один из самых старых.",
        "Хлеб пекут из ржи, и его можно купить во всех магазинах этого города.",
    ]
    result = laconic.Compressor(scorer=EvidenceScorer(aligned=table), rate=0.4).compress(
        passages, "When was the university founded, and what is it known for?"
    )
    assert "1409" in result.text


def test_inflected_words_are_looked_up_by_their_beginning(table: Path) -> None:
    vectors = AlignedVectors.from_file(table)
    assert vectors.row_of("университета") == vectors.row_of("университет")
    assert vectors.row_of("университет") is not None
    assert vectors.row_of("уни") is None
    assert vectors.row_of("universitätsbibliothekarinnen") is None  # most of it is something else


def test_text_without_blanks_is_cut_at_known_words(table: Path) -> None:
    vectors = AlignedVectors.from_file(table)
    assert list(vectors.parts("东京大学教堂和")) == ["东京", "大学", "教堂", "和"]
    assert "".join(vectors.parts("ไปโบสถ์ริมแม่น้ำ")) == "ไปโบสถ์ริมแม่น้ำ"


@pytest.mark.parametrize(
    "names",
    [
        ("Normandy", "Нормандия", "نورماندي", "ノルマンディー", "노르망디"),
        ("Victoria", "Виктория", "فيكتوريا", "विक्टोरिया", "ヴィクトリア"),
        ("Churchill", "Черчилль", "चर्चिल"),
        ("Warszawa", "Варшава", "Βαρσοβία", "ワルシャワ"),
    ],
)
def test_a_name_sounds_alike_in_every_script(names: tuple[str, ...]) -> None:
    assert len({sounds_of(fold_word(name)) for name in names}) == 1


def test_names_are_found_without_a_table() -> None:
    passages = [
        f"{name} was a person of note in the region, and it was for long known to all of the people."
        for name in ("Kowalski", "Churchill", "Fernandez", "Yamamoto", "Okonkwo")
    ]
    empty = AlignedVectors(np.zeros((0, 64), np.int8), ())
    lexicon = Lexicons(None, empty).of([Passage(passages[1])], "Кто такой был Черчилль и что он делал?")
    rows = lexicon.rows("Черчилль Churchill Kowalski")
    columns = lexicon.columns()
    vectors = columns.vector[rows].astype(float) * columns.scale[rows, None]
    assert vectors[0] @ vectors[1] > 0.9
    assert vectors[0] @ vectors[2] < 0.5


def test_calls_in_one_language_do_not_know_the_table(table: Path) -> None:
    plain, with_table = EvidenceScorer(), EvidenceScorer(aligned=table)
    german = ["Die Universität der Stadt wurde 1409 gegründet und ist nicht die einzige.", "Der Fluss ist nicht breit."]
    for passages, query in ((ENGLISH, "When was the university founded?"), (german, "Wann wurde sie gegründet?")):
        results = [
            laconic.Compressor(scorer=scorer, rate=0.5, explain=True).compress(passages, query)
            for scorer in (plain, with_table)
        ]
        assert results[0].text == results[1].text


def test_a_scorer_with_a_table_can_be_pickled(table: Path) -> None:
    scorer = pickle.loads(pickle.dumps(EvidenceScorer(aligned=table)))  # noqa: S301 - our own bytes
    assert "1409" in laconic.Compressor(scorer=scorer, rate=0.3).compress(ENGLISH, QUESTIONS["ru"]).text


def test_a_table_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"format 99.*laconic-aligned"):
        EvidenceScorer(aligned=write(tmp_path / "a.npz", version=99))
    with pytest.raises(WeightsError, match=r"\(n, 64\)"):
        EvidenceScorer(aligned=write(tmp_path / "b.npz", dimensions=32))
    with pytest.raises(OSError, match=r"none\.npz"):
        EvidenceScorer(aligned=tmp_path / "none.npz")
    (tmp_path / "damaged.npz").write_bytes(b"PK no")
    with pytest.raises(WeightsError, match="damaged"):
        EvidenceScorer(aligned=tmp_path / "damaged.npz")


@pytest.mark.parametrize("version", [ALIGNED_FORMAT, 99])
def test_an_installed_table_is_used_and_one_of_another_version_warned_about(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "laconic_aligned"
    package.mkdir()
    (package / "__init__.py").write_text("")
    write(package / "aligned.npz", version=version)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "laconic_aligned", raising=False)
    read = AlignedVectors.shared.__wrapped__  # type: ignore[attr-defined]
    if version == ALIGNED_FORMAT:
        assert len(read()) == len({fold_word(word) for line in TRANSLATIONS.values() for word in line.split()})
    else:
        with pytest.warns(RuntimeWarning, match="format 99"):
            assert len(read()) == 0
    monkeypatch.delitem(sys.modules, "laconic_aligned", raising=False)


FIVE_LANGUAGES = [
    "The tower is 300 m high and it was built for the fair of that year.",
    "Der Turm ist aus Eisen und wurde nicht für immer gebaut.",
    "La torre fue construida para la feria y se ve por toda la ciudad.",
    "Башня была построена для выставки, и она стоит на берегу реки.",
    "这座塔高三百米，位于河边。",
]


@pytest.mark.parametrize(
    "query", ["How high is the tower?", "Wie hoch ist der Turm?", "这座塔有多高？", "؟!…", "\u0902\u0903", "ཨ༔"]
)
@pytest.mark.parametrize("budget", [1, 12, 40, 10_000])
def test_passages_in_five_languages(query: str, budget: int) -> None:
    """Whatever the question, even of marks that are no words: within the budget, and spans in order."""
    result = laconic.compress(FIVE_LANGUAGES, query, max_tokens=budget)
    assert result.metrics.compressed_tokens <= budget
    for part in result.passages:
        assert all(FIVE_LANGUAGES[part.index][start:end] in part.text for start, end in part.spans)
    if budget == 10_000:
        assert result.text == "\n\n".join(FIVE_LANGUAGES)


@pytest.mark.parametrize("language", ["xx", "klingon", "EN", "de-CH-1996", "", "日本", "z" * 10_000])
def test_a_wrong_language_costs_no_call(language: str) -> None:
    passages = [{"text": text, "language": language} for text in FIVE_LANGUAGES]
    result = laconic.compress(passages, "How high is the tower?", max_tokens=30)
    assert 0 < result.metrics.compressed_tokens <= 30
    assert laconic.compress(passages, "How high?", max_tokens=10_000).text == "\n\n".join(FIVE_LANGUAGES)
