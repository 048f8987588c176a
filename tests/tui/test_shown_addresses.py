"""An address is taken as the screen shows it, in either language: over all lessons."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.device import open_device
from lessons.contract.phrases import LANGUAGES, Words
from lessons.course import course, find, open_lesson
from lessons.player.player import Player
from lessons.player.shown import readings
from tui.picture.lesson_picture import LessonPicture, Manner
from tui.picture.look import Look

MARK = {"en": "at", "zh": "位置"}


def address(player: Player, lang: str, ascii_only: bool = False) -> str:
    """The address on the screen, its mark and what was written aside."""
    picture = LessonPicture(player, Look(), Manner(Words(lang, "tui"), ascii_only))
    line = picture.foot("", ()).line(1) if picture.draw(200, 40, "", list) else ""
    return re.split(r" {3,}", line.strip().removeprefix(MARK[lang]).strip())[0]


def positions(player: Player, most: int) -> Iterator[int]:
    """Positions all over the reel; the first step of sections among them."""
    reel = player.reel
    firsts = [start + 1 for start in reel.starts if start < reel.total]
    yield from firsts[:: max(1, len(firsts) // most)]
    yield from range(1, reel.total + 1, max(1, reel.total // most))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("lesson", course())
def test_a_shown_address_leads_to_what_it_names(lesson: str, lang: str) -> None:
    player = Player(open_lesson(find(lesson)), open_device("cpu"))
    for p in sorted(set(positions(player, 12))):
        player.move(player.reel, p)
        path, said = player.path, address(player, lang)
        player.home()
        player.jump(said)
        assert player.path == path, said


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("∂E/∂W › t=3 › k=1", "dW/t=3/k=1"),
        ("1 ∂E/∂W › 2 t=3 ›[3 k=1]› 4 项", "dW/t=3/k=1"),
        ("∂E/∂W/t=3/k=1", "dW/t=3/k=1"),
        ("∂W/t=3", "dW/t=3"),
        ("∂E/∂W: why s₂ is no constant", "dW"),
        ("∂E/∂W：为什么 s₂ 不是常数", "dW"),
        ("训练 › 更新 1,7 B › 前向 › t=3", "train/update=17/forward/t=3"),
        ("update 1,7", "update=17"),
        *((same, same) for same in ("57", "act 3", "t=3 k=1", "dW/t=3/k=1", "train/update=57/t=3")),
    ],
)
def test_an_address_as_it_is_shown(shown: str, typed: str) -> None:
    player = Player(open_lesson(find("bptt")), open_device("cpu"))
    assert typed in [reading.typed for reading in readings(player.lesson, shown)]
    player.jump(typed)
    wanted = player.path
    player.home()
    player.jump(shown)
    assert player.path == wanted
