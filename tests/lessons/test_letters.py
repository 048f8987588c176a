"""Texts in any script: each letter is one symbol, shown in one cell of text; states by code points still open."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from engine.device import HOST
from lessons.contract.knobs import Refused
from lessons.course import find, open_lesson
from lessons.explaining.figures import cells, cut, ending
from lessons.player.bookmark import bring_back, keep
from lessons.player.player import Player
from lessons.player.show import everything
from lessons.player.state import restore
from lessons.recurrent.in_time import letter
from tests.engine.test_letters import WHOLE, drawn
from tests.lessons.playing import played

SHELF = ("srn", "bptt", "lstm", "gru")


@pytest.mark.parametrize("lesson", SHELF)
@pytest.mark.parametrize("seed", range(3))
def test_every_letter_has_its_timestep(lesson: str, seed: int) -> None:
    typed = drawn(seed, 9)
    player = played(find(lesson), text="".join(typed))
    inputs = player.start.inputs
    assert inputs["vocabulary"] == list(dict.fromkeys(typed))
    assert [inputs["vocabulary"][code] for code in (*inputs["x"], *inputs["y"][-1:])] == typed
    assert player.start.params["V"].shape[0] == len(set(typed))
    if lesson in ("lstm", "gru"):  # letters cannot be put in by hand there
        return
    player.edit("x[2]", (0,), typed[0])
    now = player.start.inputs
    assert [now["vocabulary"][code] for code in now["x"]] == [*typed[:2], typed[0], *typed[3:-1]]
    assert now["text"] == "".join([*typed[:2], typed[0], *typed[3:]])


def state_of(player: Player, path: Path, **inputs: Any) -> Path:
    state = everything(player, all_steps=False)
    path.write_text(json.dumps({**state, "inputs": {**state["inputs"], **inputs}}), encoding="utf-8")
    return path


@pytest.mark.parametrize("lesson", SHELF)
def test_a_state_comes_back(lesson: str, tmp_path: Path) -> None:
    player = played(find(lesson), text="".join(drawn(1, 7)))
    file = state_of(player, tmp_path / "state.json")
    opened = open_lesson(find(lesson))
    knobs, start, seed = restore(opened, str(file), {})
    again = Player(opened, HOST, knobs, seed, start)
    assert again.start.inputs == player.start.inputs
    assert everything(again, False)["result"]["loss"] == everything(player, False)["result"]["loss"]


def test_a_state_by_code_points_still_opens(tmp_path: Path) -> None:
    """As they were exported before letters were graphemes: the vocabulary has code points, and so have the codes."""
    text = "हिन्दी है"
    letters = list(dict.fromkeys(text))
    codes = [letters.index(char) for char in text]
    old = played(find("bptt"), text="".join(chr(ord("a") + code) for code in codes))  # as many letters, as they come
    file = state_of(old, tmp_path / "state.json", text=text, vocabulary=letters)
    state = json.loads(file.read_text(encoding="utf-8"))
    state["knobs"]["text"] = text
    file.write_text(json.dumps({**state, "schema": 1}), encoding="utf-8")
    opened = open_lesson(find("bptt"))
    knobs, start, seed = restore(opened, str(file), {})
    player = Player(opened, HOST, knobs, seed, start)
    assert (start.inputs["vocabulary"], start.inputs["x"]) == (letters, codes[:-1])
    assert everything(player, False)["result"]["loss"] == everything(old, False)["result"]["loss"]
    again = Player(open_lesson(find("bptt")), HOST)
    assert bring_back(again, json.loads(json.dumps(keep(player))))
    assert again.start.inputs["vocabulary"] == letters


SMALL = "हिन्दी है भाषा है " * 6


def test_generate_reads_graphemes_and_old_states_by_code_points(tmp_path: Path) -> None:
    new = played(find("generate"), 1, text=SMALL, hidden=4, window=5)
    assert set(new.start.inputs["letters"]) == {"हि", "न्दी", " ", "है", "भा", "षा"}
    old = played(find("generate"), 1, text=SMALL, hidden=4, window=5, letter="code-point")
    assert set(old.start.inputs["letters"]) == set(SMALL)
    for player in (new, old):
        player.to_act("train")
        player.history.grow(2)
        file = state_of(player, tmp_path / "state.json")
        state = json.loads(file.read_text(encoding="utf-8"))
        del state["knobs"]["letter"]  # there was no such knob
        file.write_text(json.dumps(state), encoding="utf-8")
        opened = open_lesson(find("generate"))
        knobs, start, seed = restore(opened, str(file), {})
        assert knobs["letter"] == player.knobs["letter"]
        again = Player(opened, HOST, knobs, seed, start)
        assert everything(again, False)["result"] == everything(player, False)["result"]


@pytest.mark.exhaustive
def test_a_place_by_code_points_is_come_back_to() -> None:
    player = played(find("generate"), 1, text=SMALL, hidden=4, window=5, letter="code-point")
    player.edit("V", (0, 0), "0.5")
    place = json.loads(json.dumps(keep(player)))
    del place["given"]["letter"]
    again = Player(open_lesson(find("generate")), HOST)
    assert bring_back(again, place)
    assert again.knobs["letter"] == "code-point"
    assert again.start.inputs == player.start.inputs


@pytest.mark.parametrize("lesson", SHELF)
@pytest.mark.parametrize("text", ["e\u0301", "👩\u200d👩\u200d👧", "🇩🇪"])
def test_one_letter_is_no_text(lesson: str, text: str) -> None:
    with pytest.raises(Refused, match="one letter"):
        played(find(lesson), text=text)


@pytest.mark.parametrize("text", ["a\x1bb", "a\u202eb", "a\x00b", "a\ud800b", "a\u2028b"])
def test_what_a_terminal_acts_on_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="control"):
        played(find("bptt"), text=text)


def test_what_stands_on_another_letter_is_shown_on_a_circle() -> None:
    for each in ("\u0301", "ि", "\u200d", "\u200c", "🏽", "\u1161", "\u00ad"):
        assert letter(each) == f"◌{each}"
        assert cell_len(letter(each)) >= 1
    for each in WHOLE:
        assert cell_len(letter(each)) >= 1


@pytest.mark.parametrize("seed", range(100))
def test_widths_are_those_of_the_terminals_library(seed: int) -> None:
    draw = random.Random(seed)
    odd = [*WHOLE, "\u200d", "\u200c", "\u0301", "🏽", "\ufe0f", "\u1161", "☀\ufe0f", "♥", "─", "\u00ad", "ि"]
    for _ in range(50):
        parts = [draw.choice(odd) for _ in range(draw.randint(1, 6))]
        text = "".join(parts).replace("\n", "")
        assert cells(text) == cell_len(text), text
        for width in range(1, 8):
            for short in (cut(text, width), ending(text, width)):
                assert cells(short) <= max(width, 1) or cells(text) <= width, (text, width)
