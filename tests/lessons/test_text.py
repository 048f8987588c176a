"""The two languages cannot drift: same sections, same order, same formulas and fields, hashes up to date."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest

import lessons
import tui
import tui.cli
from lessons import contract
from lessons.contract.phrases import LANGUAGES
from lessons.contract.text import Section, behind, fill, load, parse
from lessons.course import open_lesson
from lessons.recurrent.bptt import CARD

PACKAGES = [Path(package.__path__[0]) / "phrases" for package in (contract, tui, tui.cli)]
TEXTS = Path(lessons.__path__[0]).glob("*/*/en.md")
FOLDERS = sorted(path.parent for path in TEXTS if path.parent.name != "template")  # which is not stamped yet


def both(folder: Path) -> tuple[dict[str, Section], dict[str, Section]]:
    en, zh = (parse((folder / f"{lang}.md").read_text(encoding="utf-8")) for lang in LANGUAGES)
    return en, zh


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def said(section: Section) -> str:
    return "\n".join(section.said)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
class TestLessonText:
    def test_sections_are_the_same_in_the_same_order(self, folder: Path) -> None:
        en, zh = both(folder)
        assert list(en) == list(zh)

    def test_chinese_renders_the_english_as_it_is_now(self, folder: Path) -> None:
        assert behind(folder) == []

    def test_formulas_fields_and_keys_agree(self, folder: Path) -> None:
        en, zh = both(folder)
        for key, section in en.items():
            assert sorted(section.formulas) == sorted(zh[key].formulas), key
            assert list(section.phrases()) == list(zh[key].phrases()), key
            assert len(section.before) == len(zh[key].before), key
            assert len(section.after) == len(zh[key].after), key
            assert fields(said(section)) == fields(said(zh[key])), key

    def test_no_english_prose_was_left_in_the_chinese(self, folder: Path) -> None:
        for key, section in both(folder)[1].items():
            if not key.startswith(("act.", "ask.")):
                continue
            for paragraph in (*section.before, *section.after):
                alone = re.fullmatch(r"\{\w+\}", paragraph)  # a field, which is a phrase of the labels
                assert alone or re.search("[\u4e00-\u9fff]", paragraph), (key, paragraph)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_act_and_ask_has_its_text(lang: str) -> None:
    text = load("lessons.recurrent.bptt", lang)
    for act in CARD.acts:
        assert text[f"act.{act}"].before
        assert text.phrase("acts", act)
    for ask in open_lesson(CARD).asks:
        section = text[f"ask.{ask.id}"]
        assert section.before
        assert bool(section.items) == (ask.kind == "choice")


def flat(node: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


BESIDE = ("name.", "value.")
"""Names of settings and values beside their ids, which are English words."""


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.parent.name)
def test_words_agree(folder: Path) -> None:
    en, zh = (flat(tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8"))) for lang in LANGUAGES)
    assert list(en) == [key for key in zh if not key.startswith(BESIDE)]
    for key, phrase in en.items():
        assert fields(phrase) == fields(zh[key]), key


def test_the_hash_notices_a_change() -> None:
    section = parse("## a: One\n\nTwo `x`.\n\n- k: three\n")["a"]
    other = parse("## a: One\n\nTwo `y`.\n\n- k: three\n")["a"]
    assert section.hash != other.hash
    assert section.formulas == ("x",)
    assert section.phrases() == {"k": "three"}


def test_headings_must_have_an_id() -> None:
    with pytest.raises(ValueError, match="no heading"):
        parse("## Just words\n\nx\n")
    with pytest.raises(ValueError, match="stands twice"):
        parse("## a: b\n\n## a: c\n")


def test_fields_are_filled_and_ticks_go() -> None:
    assert fill("`s` is {s2}", {"s2": ".033"}) == "s is .033"
