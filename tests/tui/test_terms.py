"""Terms of the field stand in bold, wherever a text is wrapped, and cost no column."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.contract.text import MARK, fill
from tests.tui.driving import lesson
from tui.canvas.canvas import Canvas, wrap
from tui.canvas.theme import style
from tui.widgets.canvas_view import Lines

SAID = "By the **chain rule** a derivative is a product; 由**链式法则**，导数是乘积。"


def bold(said: str, width: int) -> str:
    canvas = Canvas(width)
    lines = wrap(said, width)
    for y, line in enumerate(lines):
        canvas.put(0, y, line)
    cells = (
        (char, ink) for y in range(canvas.height) for char, ink in zip(canvas.chars[y], canvas.inks[y], strict=True)
    )
    return "".join(char for char, ink in cells if ink == "term")


@pytest.mark.parametrize("width", range(6, 60))
def test_terms_keep_their_ink_at_every_width(width: int) -> None:
    said = fill(SAID, {})
    lines = wrap(said, width)
    assert tuple(line.replace(MARK, "") for line in lines) == wrap(SAID.replace("**", ""), width)
    assert bold(said, width).replace(" ", "") == "chainrule链式法则"
    assert all(line.count(MARK) % 2 == 0 for line in lines)


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "mono"])
def test_terms_are_bold_in_every_theme(theme: str) -> None:
    assert style(theme, "term").bold
    assert not style(theme, "").bold


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_term_is_bold_on_the_screen(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lesson(tmp_path, size, id="neuron") as (pilot, screen):
        section = screen.text["act.weigh"]
        marked = section._replace(before=("A **synapse** of a **nerve cell**.", *section.before))
        monkeypatch.setitem(screen.text.sections, "act.weigh", marked)
        if size[0] < 100:
            await pilot.press("t")
        screen.paint()
        canvas = screen.query_one("#text" if size[0] >= 116 else "#stage", Lines).canvas
        assert "A synapse of a nerve cell." in canvas.text()
        found = [run.text for y in range(canvas.height) for run in canvas.runs(y) if run.ink == "term"]
        assert found[:2] == ["synapse", "nerve cell"]
