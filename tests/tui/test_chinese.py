"""The app in Chinese: what a lesson begins with, that `l` changes no run, and settings with their Chinese names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lessons.contract.phrases import Words
from tests.lessons.playing import CARDS
from tests.tui.driving import shown, until
from tui.app import UnrollApp
from tui.cli.main import cli
from tui.machine.store import Store
from tui.screens.lesson import LessonScreen


def opened(folder: Path, lesson: str, language: str) -> UnrollApp:
    store = Store(folder, lang=language)
    store.settings.language = language
    return UnrollApp(lesson, store)


def screen_of(app: UnrollApp) -> LessonScreen:
    assert isinstance(app.screen, LessonScreen)
    return app.screen


@pytest.mark.parametrize(
    ("lesson", "knob", "chinese", "english"),
    [("windows", "centre", "棕色", "brown"), ("bptt", "text", "他说慢慢来", "hello")],
)
async def test_a_lesson_begins_in_the_language_that_is_spoken_and_keeps_it(
    lesson: str, knob: str, chinese: str, english: str, tmp_path: Path
) -> None:
    app = opened(tmp_path, lesson, "zh")
    async with app.run_test(size=(120, 36)) as pilot:
        begun = dict(screen_of(app).player.knobs)
        assert chinese in str(begun["text"])
        await pilot.press("l")
        assert screen_of(app).player.knobs == begun
        screen_of(app).player.record = {ask.id: "skipped" for ask in screen_of(app).player.lesson.asks}
        await pilot.press("right", "right", "q")
    again = opened(tmp_path, lesson, "en")
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: screen_of(again).player.spot.p > 0)
        assert screen_of(again).player.knobs == begun
        await pilot.press("R")
        assert english in str(screen_of(again).player.knobs["text"])
        await pilot.press("u")
        assert screen_of(again).player.knobs == begun
        await pilot.press("l", "R")
        assert screen_of(again).player.knobs == begun


async def test_the_settings_have_their_chinese_names_beside_what_is_typed(tmp_path: Path) -> None:
    app = opened(tmp_path, "word2vec", "zh")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("k", "down")
        said = shown(app.screen, "stage")
        assert all(each in said for each in ("corpus", "语料", "学习率", "world-zh", "sg Skip-gram", "负样本数"))
        await pilot.press("l")
        assert "语料" not in shown(app.screen, "stage")


def test_every_setting_of_the_course_has_a_chinese_name() -> None:
    words = Words("zh", "tui")
    without = {knob.id for card in CARDS for knob in card.knobs if not words.get(f"name.{knob.id}", "")}
    assert without <= {"k", "h0", "v1", "h_data", "h_model", "gamma", "pairs"}  # symbols, and two different things


def test_json_says_which_defaults_it_has() -> None:
    for language, said, text in (("zh", "zh", "猫"), ("en", None, "cat")):
        found = CliRunner().invoke(cli, ["show", "words", "--json", "--lang", language])
        assert found.exit_code == 0, found.output
        printed = json.loads(found.output)
        assert printed.get("defaults") == said
        assert text in printed["knobs"]["words"]
    found = CliRunner().invoke(cli, ["show", "words", "--json", "--lang", "zh", "--set", "words=猫 狗"])
    assert json.loads(found.output)["knobs"]["words"] == "猫 狗"
    listed = json.loads(CliRunner().invoke(cli, ["lessons", "--json", "--lang", "zh"]).output)["lessons"]
    knobs = {each["id"]: each["default"] for lesson in listed if lesson["id"] == "bptt" for each in lesson["knobs"]}
    assert knobs["text"] == "他说慢慢来"
