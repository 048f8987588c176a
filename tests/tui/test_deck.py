"""A lecture: its stops are walked through by the keys of a presenter's remote."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.course import course
from lessons.deck import Stop, read_deck, slides_deck
from lessons.player.questions import Asked
from tests.tui.driving import shown, until
from tests.tui.test_cli import unroll
from tui.app import Opening, UnrollApp
from tui.canvas.theme import NAMES
from tui.machine.store import Store
from tui.screens.contents import Contents
from tui.screens.lesson import LessonScreen

COURSE = course()
DECK = """
# a lecture

36
bptt --at dV/t=3 --set text=hallo --notation other --note "the easy part"
softmax   # the exact one
word vector --at onehot
"""


def read(text: str) -> list[Stop]:
    return read_deck(text, "talk", COURSE)


def test_a_stop_is_a_line_as_it_is_typed() -> None:
    first, second, third, fourth = read(DECK)
    assert (first.lesson, first.place.at, first.slide, first.line) == ("bptt", "dW/t=3/k=1", 36, 4)
    assert (second.place.at, second.place.knobs, second.place.notation) == ("dV/t=3", {"text": "hallo"}, "second")
    assert second.note == "the easy part"
    assert (third.lesson, third.place.at) == ("activations", "softmax")
    assert (fourth.lesson, fourth.place.at) == ("words", "onehot")
    assert [stop.lesson for stop in read("39")] == [
        "activations",
        "depth",
        "tree",
        "vanishing",
        "lstm",
        "gru",
        "memory",
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nope", "there is no lesson nope"),
        ("2", "slide 2 has no screen"),
        ("bptt --set speed=1", "no knob speed"),
        ("bptt --set text", "KNOB=VALUE"),
        ("bptt --seed x", "seed"),
        ("bptt --notation third", "first, second, other"),
        ("bptt --fast", "--fast: no option of a stop"),
        ('bptt --note "open', "no closing quotation"),
    ],
)
def test_an_error_names_its_line(line: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^talk, line 3: .*" + why) as refused:
        read(f"36\n\n{line}\n")
    assert "第 3 行" in refused.value.say(Words("zh"))


def test_the_command_fails_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "talk.txt"
    file.write_text("36\nbptt --at dX/t=9\n", encoding="utf-8")
    done = unroll("deck", str(file), "--check", code=2)
    assert "line 2: dX/t=9: no such place" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "no stops" in unroll("deck", "/dev/null", code=2).stderr
    assert "cannot be read" in unroll("deck", str(tmp_path / "none"), code=2).stderr


@pytest.mark.exhaustive
async def test_the_slides_are_walked_through_from_first_to_last(tmp_path: Path) -> None:
    stops = slides_deck(COURSE)
    assert [stop.slide for stop in stops] == sorted(stop.slide for stop in stops)
    app = UnrollApp(None, Store(tmp_path), opening=Opening(deck=stops))
    async with app.run_test(size=(100, 30)) as pilot:
        for n, stop in enumerate(stops):
            # a lesson is opened between two events, and something may be trained beside it
            at = f"{n + 1}/{len(stops)}"
            await until(pilot, lambda n=n, at=at: app.at_stop == n and at in shown(app.screen, "foot"))  # type: ignore[misc]
            assert isinstance(app.screen, LessonScreen)
            player = app.screen.player
            assert (player.lesson.card.id, player.act) == (stop.lesson, stop.place.at.partition("/")[0])
            assert f"{n + 1}/{len(stops)}" in shown(app.screen, "foot")
            await pilot.press("pagedown")
            await pilot.pause()
        assert app.at_stop == len(stops) - 1
        assert app.words("say.last_stop") in shown(app.screen, "foot")
        await pilot.press("pageup")
        await pilot.pause()
        assert app.at_stop == len(stops) - 2
        await pilot.press("escape", "escape", "b")
        await pilot.pause()
        if isinstance(app.screen, Contents):
            await pilot.press("pagedown")
            await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.lesson.card.id == stops[-2].lesson


async def test_page_down_walks_and_does_not_step(tmp_path: Path) -> None:
    app = UnrollApp(None, Store(tmp_path), opening=Opening(deck=read("bptt --at dV/t=1\nbptt --at dW/t=3/k=1")))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("right", "pagedown")
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.path == (("dW", -1), ("t", 3), ("k", 1))
        assert "place" not in app.store.progress.lessons["bptt"]


def verdict(asked: Asked) -> str:
    return asked.verdict


async def to_a_question(pilot: Pilot[None]) -> Asked:
    """Steps until a question is asked; the question."""
    assert isinstance(pilot.app.screen, LessonScreen)
    for _ in range(20):
        if not pilot.app.screen.player.has_question():
            await pilot.press("right")
    asked = pilot.app.screen.player.asked
    assert asked is not None
    return asked


async def test_an_open_question_is_voted_on_and_then_revealed(tmp_path: Path) -> None:
    now = 100.0
    app = UnrollApp(None, Store(tmp_path), opening=Opening(deck=read("neuron --at weigh\nbptt")))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.lecturing.clock = lambda: now
        asked = await to_a_question(pilot)
        await pilot.press("pagedown")
        assert app.words("say.vote") in shown(screen, "foot")
        now += 0.5
        await pilot.press("pagedown")
        assert not verdict(asked)
        now += 0.6
        await pilot.press("pagedown")
        assert verdict(asked) == "skipped"
        assert app.at_stop == 0
        await pilot.press("pagedown")
        await pilot.pause()
        assert app.at_stop == 1


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)], ids=str)
async def test_on_a_projector_there_is_no_text_column_and_no_frame(size: tuple[int, int], tmp_path: Path) -> None:
    app = UnrollApp("neuron", Store(tmp_path), opening=Opening(present=True))
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        assert (app.ink_theme, app.store.settings.theme) == ("contrast", "dark")
        assert not screen.query_one("#text").display
        await to_a_question(pilot)
        for part in ("top", "foot"):
            inks = screen.query_one(f"#{part}").canvas.inks  # type: ignore[attr-defined]
            lines = shown(screen, part).splitlines()
            assert not any("rule" in inks[y] and "────" in line for y, line in enumerate(lines) if y != 2)
        lit = [row for row in screen.query_one("#stage").canvas.inks if set(row) == {"lit"} or "lit" in row]  # type: ignore[attr-defined]
        assert len(lit) > 3
        await pilot.press("T")
        assert app.ink_theme == app.store.settings.theme
        assert app.ink_theme in NAMES


async def test_a_fresh_record_asks_everything_and_keeps_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.progress.lessons["neuron"] = {"acts": ["weigh"], "record": {"sign": "right"}}
    store.save_progress()
    before = (tmp_path / "progress.json").read_bytes()
    app = UnrollApp("neuron", Store(tmp_path, fresh_record=True))
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.player.record == {}
        await pilot.press("right", "right")
        app.screen.settle()
    assert (tmp_path / "progress.json").read_bytes() == before
    assert sorted(each.name for each in tmp_path.glob("*.json")) == ["progress.json"]
