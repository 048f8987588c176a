"""Keys and modes: an event paints once at most, a key that is shown does something, one that does nothing says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.contract.card import Card
from lessons.course import course
from tests.tui.driving import go, lesson, seen, shown, typed
from tui.screens.lesson import LessonScreen
from tui.widgets.canvas_view import Lines

IDS = [card.id for card in course().values() if isinstance(card, Card)]
STATES: dict[str, tuple[str, ...]] = {
    "stepping": (), "stepped": ("full_stop",), "last": ("end",), "cell": ("full_stop", "tab"), "alone": ("z",),
    "knobs": ("k",), "check": ("g",), "inspect": ("full_stop", "i"), "code": ("c",), "help": ("question_mark",),
    "text": ("t",), "prompt": ("j",),
}  # fmt: skip
TRAINING: dict[str, tuple[str, ...]] = {"curve": (), "open": ("enter",), "fork": ("f",), "playing": ("space",)}
KEYS = (
    "right",
    "down",
    "1",
    "tab",
    "full_stop",
    "i",
    "down",
    "enter",
    "escape",
    "v",
    "j",
    "escape",
    "k",
    "enter",
    "e",
    "escape",
)


def counted(screen: LessonScreen) -> list[int]:
    """Grows by one with every picture that is drawn."""
    painted: list[int] = []
    draw = screen.picture.draw

    def draws(*args: object) -> object:
        painted.append(1)
        return draw(*args)  # type: ignore[arg-type]

    screen.picture.draw = draws  # type: ignore[assignment]
    return painted


@pytest.mark.parametrize("id", ["bptt", "neuron", "lstm", "playground"])
async def test_an_event_paints_at_most_once(id: str, tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), asks=True, id=id) as (pilot, screen):
        painted = counted(screen)
        for key in (*KEYS, *KEYS):
            painted.clear()
            await pilot.press(key)
            await pilot.pause(0)
            assert len(painted) <= 1, key
        for part in ("top", "stage", "foot"):
            lines = screen.query_one(f"#{part}", Lines)
            for hit in lines.canvas.hits[:12]:
                if hit.target == ("key", "quit"):
                    continue
                painted.clear()
                lines.post_message(Lines.Clicked(hit.target, hit.x, hit.y, False))
                await pilot.pause(0)
                assert len(painted) <= 1, hit.target


async def try_line(tmp_path: Path, size: tuple[int, int], id: str, place: str, keys: tuple[str, ...]) -> None:
    """Every key of the line that these keys lead to, each tried in a state of its own."""
    n, count = 0, 1
    while n < count:
        async with lesson(tmp_path / str(n), size, id=id) as (pilot, screen):
            screen.context.store.settings.speed = 1.0
            if place:
                go(screen, place)
            await pilot.press(*keys)
            await pilot.pause(0)
            hints = [hint for hint in screen.key_hints() if not hint.command.startswith("app.")]
            count = len(hints)
            before = seen(screen)
            screen.command(hints[n].command)
            await pilot.pause(0)
            assert screen.look.status != screen.words("say.nothing_here"), hints[n]
            left = pilot.app.screen is not screen
            assert left or seen(screen) != before or screen.prompt.asking, hints[n]
        n += 1


@pytest.mark.representative("*(80, 24)*")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
@pytest.mark.parametrize("state", STATES)
async def test_a_key_that_is_shown_does_something(state: str, size: tuple[int, int], tmp_path: Path) -> None:
    await try_line(tmp_path, size, "neuron", "", STATES[state])


@pytest.mark.representative("open", "fork")
@pytest.mark.parametrize("state", TRAINING)
async def test_a_key_that_is_shown_in_training_does_something(state: str, tmp_path: Path) -> None:
    await try_line(tmp_path, (120, 36), "bptt", "update 3", TRAINING[state])


async def test_a_key_that_does_nothing_here_says_so(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        nothing = screen.words("say.nothing_here")
        for key in ("enter", "backspace"):
            screen.look.status = ""
            screen.paint()
            await pilot.press(key)
            assert nothing in shown(screen, "foot"), key
        await pilot.press("right")
        assert nothing not in shown(screen, "foot")


async def test_what_is_typed_paints_once(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        await pilot.press("j")
        painted = counted(screen)
        await typed(pilot, "dW/t=2/k=1")
        assert len(painted) == 1


async def test_tab_goes_from_kind_to_kind_so_that_weights_are_near(tmp_path: Path) -> None:
    """Of what there is at every timestep tab takes one, the nearest; arrows reach the others."""
    async with lesson(tmp_path, (120, 36)) as (pilot, screen):
        go(screen, "forward/t=2")
        seen = list[str]()
        while "W" not in seen and len(seen) < 20:
            await pilot.press("tab")
            assert screen.look.cursor is not None
            seen.append(screen.look.cursor[0])
        assert len(seen) <= 10
        kinds = [symbol.partition("[")[0] for symbol in seen]
        assert len(kinds) == len(set(kinds)), "none comes twice"
        assert "s[2]" in seen, "of the states that of the column it is in"
        await pilot.press("tab", "shift+tab")
        assert screen.look.cursor is not None
        assert screen.look.cursor[0] == "W", "and back"
