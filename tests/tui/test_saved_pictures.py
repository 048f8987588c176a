"""The picture as it is, saved as an SVG: by a key, and from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.tui.driving import lesson, shown
from tests.tui.test_cli import unroll
from tui.screens.lesson import LessonScreen


def words(svg: Path) -> str:
    """All text of a picture."""
    return "".join(ElementTree.parse(svg).getroot().itertext()).replace("\xa0", " ")


def said(screen: LessonScreen, what: str) -> bool:
    """Whether something is said in full, however many lines it takes."""
    return any(what.replace(" ", "") in re.sub(r"[\s│]", "", part) for part in (shown(screen, "foot"), box(screen)))


def box(screen: LessonScreen) -> str:
    """What stands in the drawer."""
    drawer = screen.look.drawer
    return "" if drawer is None else drawer.draw(screen.picture.desk(), 118, 30).text()


async def test_the_key_saves_the_screen_under_a_free_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "neuron-2.svg").write_text("mine", encoding="utf-8")
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        await pilot.press("right", "S")
        assert said(screen, str(folder / "neuron-1.svg"))
        await pilot.press("S")
        assert said(screen, str(folder / "neuron-3.svg"))
    assert (folder / "neuron-2.svg").read_text(encoding="utf-8") == "mine"
    assert "float64" in words(folder / "neuron-1.svg")


async def test_where_nothing_can_be_written_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.setattr(Path, "cwd", lambda: folder / "not there")
    async with lesson(tmp_path, (120, 36), id="neuron") as (pilot, screen):
        await pilot.press("S")
        assert said(screen, "cannot be written")


def test_show_saves_the_picture_and_says_where_in_full(tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    done = unroll("show", "bptt", "--at", "∂E/∂W › t=3 › k=1", "--svg", str(file))
    assert done.stdout.strip().endswith(str(file))
    assert "∂E/∂W" in words(file)
    unroll("show", "bptt", "--lang", "zh", "--svg", str(file))
    assert "位置" in words(file)
    file.write_text("mine", encoding="utf-8")
    assert "another file" in unroll("show", "bptt", "--svg", str(file), code=2).stderr
    assert file.read_text(encoding="utf-8") == "mine"
    assert "use one" in unroll("show", "bptt", "--json", "--svg", str(file), code=2).stderr
