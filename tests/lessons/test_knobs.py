"""Knobs take what fits, and say in one line why they refuse the rest, in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from lessons.contract.knobs import Refused, read_all
from lessons.contract.phrases import Words
from lessons.course import open_lesson
from lessons.player.player import Player
from lessons.recurrent.bptt import CARD

KNOBS = {knob.id: knob for knob in CARD.knobs}


@pytest.mark.parametrize(
    ("knob", "raw", "value"),
    [
        ("text", "你好吗", "你好吗"),
        ("text", "ab", "ab"),
        ("text", "x" * 500, "x" * 500),
        ("hidden", "64", 64),
        ("hidden", 3.0, 3),
        ("rate", ".5", 0.5),
        ("rate", "1e-3", 0.001),
        ("activation", "relu", "relu"),
        ("start", "random", "random"),
        ("window", "1", 1),
    ],
)
def test_takes(knob: str, raw: Any, value: Any) -> None:
    assert KNOBS[knob].read(raw) == value
    assert type(KNOBS[knob].read(raw)) is type(value)


@pytest.mark.parametrize(
    ("knob", "raw"),
    [
        ("text", ""),
        ("text", "a"),
        ("text", "x" * 501),
        ("text", "a\x00b"),
        ("hidden", "0"),
        ("hidden", "65"),
        ("hidden", "2.5"),
        ("hidden", "two"),
        ("hidden", None),
        ("rate", "nan"),
        ("rate", "inf"),
        ("rate", "0"),
        ("rate", "-1"),
        ("rate", "1,5"),
        ("activation", "gelu"),
        ("activation", ""),
        ("optimiser", "Adam"),
    ],
)
def test_refuses(knob: str, raw: Any) -> None:
    with pytest.raises(Refused) as refused:
        KNOBS[knob].read(raw)
    for lang in ("en", "zh"):
        said = refused.value.say(Words(lang))
        assert knob in said
        assert "\n" not in said


def test_names_that_are_no_knob() -> None:
    with pytest.raises(Refused, match="no knob speed; the knobs are text, hidden"):
        read_all(CARD.knobs, {"speed": 1})
    assert read_all(CARD.knobs, {})["rate"] == 0.1


def test_a_default_given_back_brings_the_lecture_back() -> None:
    """A text of one's own draws weights from seed 0; with the lecture's text the lecture's weights are there again."""
    made = Player(open_lesson(CARD), HOST)
    lecture = made.start.params["W"].copy()
    made.set_knobs({"text": "hallo"})
    assert made.seed == 0
    assert not np.array_equal(made.start.params["W"], lecture)
    made.set_knobs({"text": "hello"})
    assert made.seed is None
    np.testing.assert_array_equal(made.start.params["W"], lecture)
