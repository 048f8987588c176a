"""docs/terms.md: every term stands in bold once, where the table says, in both languages, and can be found there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import TERM, load
from lessons.course import course
from lessons.finding import find_places, slides_of

COURSE = course()
CARDS = {card.id: card for card in COURSE.values() if isinstance(card, Card)}
ROW = re.compile(
    r"^\| (?P<en>.+?) \| (?P<zh>.+?) \| (?P<means>.+?) \| `(?P<id>[\w-]+)`, `(?P<act>\w+)` \| (?P<slide>.+?) \|$"
)
TWICE = {"kernel", "核函数"}
"""What has two meanings, each with a row: of support-vector machines, and of convolutions."""
REFUSED = {
    "en": (r"(?<!tangent )\bslopes?\b", "nearest neighbor", "backpropagation", "learning speed"),
    "zh": (
        "环节",
        "扫描",
        "样例",
        "隐藏层",
        "(?<!百)分数",
        "分值",
        "(?<!切线)斜率",
        "最近邻居",
        "学习速率",
        "词嵌入向量",
        "反传",
    ),
}
"""Variants of terms that no text uses: derivative, 导数, is one; so are 得分, 样本, 隐含层, 最近邻, 学习率."""


class Row(NamedTuple):
    en: str
    zh: str
    means: str
    id: str
    act: str
    slide: str


def rows() -> list[Row]:
    lines = (Path(__file__).parents[2] / "docs" / "terms.md").read_text(encoding="utf-8").splitlines()
    return [Row(**found.groupdict()) for line in lines if (found := ROW.match(line))]


def text_of(id: str, lang: str) -> dict[str, str]:
    """What the acts of a lesson say, by act."""
    text = load(CARDS[id].load.partition(":")[0].rpartition(".")[0], lang)
    return {act: "\n".join(text[f"act.{act}"].before) for act in CARDS[id].acts}


def bold(id: str, act: str, lang: str) -> list[str]:
    return [term.lower() for term in TERM.findall(text_of(id, lang)[act])]


def is_called(term: str, name: str) -> bool:
    """Whether a term in bold is this one, in the plural or past perhaps."""
    return term in {f"{name.lower()}{ending}" for ending in ("", "s", "es", "d")}


def test_every_row_is_read() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "terms.md").read_text(encoding="utf-8").splitlines()
    assert len(rows()) == sum(line.startswith("| ") for line in lines) - 1
    assert len(rows()) >= 120


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.id}-{row.en}")
def test_a_term_stands_in_bold_once_where_the_table_says_and_is_found(row: Row) -> None:
    for lang, name in zip(LANGUAGES, (row.en, row.zh), strict=True):
        assert sum(is_called(term, name) for term in bold(row.id, row.act, lang)) == 1, (lang, name)
        found = find_places(name, COURSE)
        assert any(f.lesson == row.id and (f.place is None or f.place.at.split("/")[0] == row.act) for f in found), name
    assert {int(n) for n in re.findall(r"\d+", row.slide)} <= {*slides_of(CARDS[row.id]), *CARDS[row.id].places}


def test_every_term_in_bold_has_a_row_and_stands_once_in_the_course() -> None:
    known = {lang: [(row.id, row.act, getattr(row, lang)) for row in rows()] for lang in LANGUAGES}
    for lang in LANGUAGES:
        names = [name.lower() for _, _, name in known[lang]]
        assert {name for name in names if names.count(name) > 1} <= TWICE
        for id, card in CARDS.items():
            for act in card.acts:
                for term in bold(id, act, lang):
                    at = [(i, a) for i, a, name in known[lang] if is_called(term, name)]
                    assert (id, act) in at, f"{term} in {id}, {act} has no row in docs/terms.md"


def test_terms_stand_in_the_same_order_in_both_languages() -> None:
    """So that each is found with its name in the other one."""
    pairs = {(row.id, row.act, row.en.lower(), row.zh.lower()) for row in rows()}
    for id, card in CARDS.items():
        for act in card.acts:
            for en, zh in zip(bold(id, act, "en"), bold(id, act, "zh"), strict=True):
                assert any((id, act) == pair[:2] and is_called(en, pair[2]) and zh == pair[3] for pair in pairs), (
                    id,
                    en,
                    zh,
                )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_variants_of_terms_are_used_nowhere(lang: str) -> None:
    for id in CARDS:
        text = load(CARDS[id].load.partition(":")[0].rpartition(".")[0], lang)
        for section in text.sections.values():
            phrases = [section.title, *section.before, *section.phrases().values(), *section.after]
            for refused in REFUSED[lang]:
                assert not re.search(refused, "\n".join(phrases).lower()), (id, section.id, refused)


def test_what_is_not_so_is_noticed() -> None:
    assert TERM.findall("the **chain rule** and **derivatives**") == ["chain rule", "derivatives"]
    assert is_called("derivatives", "derivative")
    assert not is_called("derivation", "derivative")
    assert set(bold("mlp", "backward", "zh")) == {"链式法则", "反向传播"}
    assert all(
        re.search(refused, "slopes 环节 斜率 分数") for refused in (REFUSED["en"][0], "环节", *REFUSED["zh"][4:5])
    )
    assert not re.search(REFUSED["zh"][4], "百分数")
