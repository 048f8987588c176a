"""`music`: tunes read and written letter by letter, bars judged, beside another net and counted letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.sequences import abc
from engine.sequences.judging import tally
from lessons.contract.knobs import Refused
from lessons.contract.panels import Curve, Panel, Stave, Table
from lessons.contract.text import load
from lessons.course import course, open_lesson
from lessons.data.tunes import JIGS
from lessons.player.player import Player
from lessons.recurrent.music import learning, score
from tests.lessons.playing import result

CARD = course()["music"]
SMALL = {"hidden": 12, "window": 16, "batch": 4}


def player(seed: int = 0, **knobs: Any) -> Player:
    made = Player(open_lesson(CARD), HOST, knobs, seed)
    made.record = {ask.id: "skipped" for ask in made.lesson.asks}
    return made


def panels(made: Player, lang: str = "en") -> dict[str, Panel]:
    found = made.lesson.panels(made.view(), load("lessons.recurrent.music", lang))
    return {panel.id: panel for panel in found}


# reading and writing


def test_a_tune_is_read_onto_the_stave() -> None:
    made = player()
    made.jump("read/t=40")
    stave = panels(made)["stave"]
    assert isinstance(stave, Stave)
    text = learning.tunes(made.knobs).text[:41]
    assert [[note.text for note in bar.notes] for bar in stave.bars] == [
        [text[n.start : n.end] for n in bar.notes] for bar in abc.bars(text, learning.tunes(made.knobs).state)
    ]
    assert [bar.said for bar in stave.bars[:-1]] == ["6"] * (len(stave.bars) - 1)
    assert [bar.state for bar in stave.bars] == ["right"] * (len(stave.bars) - 1) + [""], "the last is not finished"
    assert not any(bar.new for bar in stave.bars)
    note = stave.bars[1].notes[0]
    assert made.view().get(note.symbol)[note.index[0]] == 1, "the cell under a note is the letter that was read"  # type: ignore[index]
    made.jump("read/t=0")
    assert panels(made)["stave"].bars == []  # type: ignore[attr-defined]


def test_what_breaks_a_bar_is_marked() -> None:
    state = learning.tunes({"tunes": JIGS}).state
    whole, long, short, bad, unfinished = score.measures("A|GABd2B|GABd3cB|GABd|GA?B|GA", state, {"GABd2B"})[1:]
    assert (whole.said, whole.state, whole.new) == ("6", "right", False)
    assert (long.said, long.state, long.new) == ("8 > 6", "wrong", True)
    assert [note.wrong for note in long.notes] == [False, False, False, False, True, True]
    assert (short.said, short.state) == ("4 < 6", "wrong")
    assert not any(note.wrong for note in short.notes)
    assert (bad.said, bad.state) == ("'?'?", "wrong")
    assert (unfinished.said, unfinished.state, unfinished.new) == ("2", "", False)
    assert score.measures("A|GABd2B|", state, ())[0].state == "", "an upbeat is not judged"


def test_notes_on_the_stave_and_in_numbers() -> None:
    (bar,) = score.measures("K:G\n|G^cD,z/b/|", learning.tunes({"tunes": JIGS}).state, ())
    assert [(n.step, n.sign, n.number, n.octave, n.start, n.length) for n in bar.notes] == [
        (4, "", "1", 0, 0, 1), (7, "#", "#4", 0, 1, 1), (-6, "", "5", -2, 2, 1), (None, "", "0", 0, 3, 0.5),
        (13, "", "3", 1, 3.5, 0.5),
    ]  # fmt: skip
    assert [abc.numbered(pitch, key) for key, pitch in (("F", 65), ("Edor", 64), ("C", 59), ("Bb", 70))] == [
        ("1", 0), ("2", 0), ("7", -1), ("1", 0)
    ]  # fmt: skip


def test_numbered_notation_stands_there_in_chinese() -> None:
    made = player()
    made.jump("read/t=30")
    assert [panels(made, lang)["stave"].numbered for lang in ("en", "zh")] == [False, True]  # type: ignore[attr-defined]


def test_the_tune_on_the_stage_is_a_file() -> None:
    made = player()
    made.jump("read/t=40")
    stave = panels(made)["stave"]
    assert isinstance(stave, Stave)
    (tune,) = abc.tunes(stave.abc)
    assert tune.header["M"] == "6/8"
    assert [note.text for bar in stave.bars for note in bar.notes] == [
        "".join(tune.body[n.start : n.end]) for bar in tune.bars for n in bar.notes
    ]


# training


def test_both_nets_learn_and_are_judged() -> None:
    made = player(1, **SMALL)
    made.to_act("train")
    data = made.branch.history.grow(50).data
    tunes = learning.tunes(made.knobs)
    for run, knobs in zip(data, (made.knobs, learning.beside(made.knobs)), strict=True):
        wrote = learning.texts(HOST, learning.net_of(knobs), run.theta, 1, 50)
        assert run.reading.written == tuple(wrote)
        assert run.reading.tally == tally(wrote, tunes.bars, tunes.state)
        assert (run.reading.n, run.reading.tau) == (50, 0.8)
    assert set(data.net.theta) > {"Uz", "Wr"}
    assert set(data.beside.theta) > {"Uh", "Wh"}
    made.land(50, is_open=False)
    found = panels(made)
    judged, curve = found["judged"], found["curve"]
    assert isinstance(judged, Table)
    assert isinstance(curve, Curve)
    assert [row[0] for row in judged.rows] == ["GRU", "SRN", "Markov chain, order 4", "Markov chain, order 6"]
    assert [row[1] for row in judged.rows[:2]] == [str(run.reading.tally.bars) for run in data]


def test_an_srn_has_a_gru_beside_it() -> None:
    made = player(cell="srn", **SMALL)
    made.to_act("train")
    data = made.branch.history.grow(2).data
    assert set(data.net.theta) > {"Uh"}
    assert set(data.beside.theta) > {"Uz"}


def test_an_update_opens_down_to_what_it_writes() -> None:
    made = player(**SMALL)
    made.to_act("train")
    made.branch.history.grow(3)
    made.land(3, is_open=True)
    reel = made.inside()
    phases = list(dict.fromkeys(reel.step(p).path[1][0] for p in range(1, reel.total + 1, 7)))  # type: ignore[union-attr]
    assert phases == ["forward", "backward", "step", "write"] or phases == [
        "forward", "backward", "clip", "step", "write"
    ]  # fmt: skip


def test_a_fork_goes_on_with_both() -> None:
    made = player(**SMALL)
    made.to_act("train")
    made.branch.history.grow(6)
    made.land(4, is_open=False)
    before = made.branch.history.state(4).data
    made.fork("temperature", "0.5")
    after = made.branch.history.state(4).data
    for one, other in zip(before, after, strict=True):
        assert all(np.array_equal(one.theta[name], other.theta[name]) for name in one.theta)
    later = made.branch.history.grow(50).data
    assert later.net.reading.tau == later.beside.reading.tau == 0.5


def test_json_has_the_same_numbers() -> None:
    made = player(2)
    said = result(made)
    tables = learning.counted(JIGS, 2)
    assert said["bars"]["order 6"] == tables[1].tally._asdict()
    assert said["sample"][0] == "K"
    assert abs(said["bits"] - np.log2(33)) < 0.1, "weights just drawn hold all letters for nearly as likely"


@pytest.mark.parametrize(
    ("text", "key"),
    [("", "abc_empty"), ("no tune at all;\n", "abc_letter"),
     ("K:G\nGAB|c3|\n", "abc_short")],
)  # fmt: skip
def test_a_file_that_does_not_do(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "own.abc"
    path.write_text(text)
    with pytest.raises(Refused) as refused:
        player(tunes=str(path))
    assert refused.value.key == key


def test_tunes_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.abc"
    path.write_text("X:1\nT:Mine\nM:2/4\nL:1/8\nK:F\n|F2A2|c4|A2F2|G4|F4|]\n" * 3)
    made = player(tunes=str(path), **SMALL)
    made.to_act("train")
    assert made.branch.history.grow(2).data.net.loss > 0
    assert made.start.inputs["letters"].startswith("|")


# the claims


def of(made: tuple[float, ...]) -> str:
    return " ".join(f"{each:.2f}" for each in made)


@pytest.mark.exhaustive
def test_the_net_composes_where_the_table_copies() -> None:
    """Of the new bars after 300 updates so many add up, with seeds 0 to 4: GRU .86 to .94, SRN .80 to .89 (in
    the mean .89 and .84).

    Order 4 .16 to .19; order 6 .00 to .03, of whose bars 4 to 6 in 100 are new, while 93 to 96 in 100 of all add up. At
    temperature .5 .91 to .98 of all bars of the GRU add up, at 1 .78 to .88.
    """
    nets, others, cold, warm = list[float](), list[float](), list[float](), list[float]()
    for seed in range(5):
        made = player(seed)
        made.to_act("train")
        data = made.branch.history.grow(300).data
        tunes, (four, six) = learning.tunes(made.knobs), learning.counted(JIGS, seed)
        nets.append(data.net.reading.tally.share("new_right", "new"))
        others.append(data.beside.reading.tally.share("new_right", "new"))
        assert data.net.reading.tally.share("new", "bars") > 0.85, "it does not copy"
        assert six.tally.share() > 0.88, "by all its bars the table looks as good as the net"
        assert six.tally.share("new", "bars") < 0.15
        assert six.tally.share("new_right", "new") < 0.25
        assert four.tally.share("new_right", "new") < 0.3
        for tau, shares in ((0.5, cold), (1.0, warm)):
            net = learning.net_of({**made.knobs, "temperature": tau})
            shares.append(tally(learning.texts(HOST, net, data.net.theta, seed, 300), tunes.bars, tunes.state).share())
    assert min(nets) > 0.8, of(tuple(nets))
    assert np.mean(nets) > 0.85
    assert np.mean(nets) > np.mean(others) + 0.04, of(tuple(others))
    assert all(one > other + 0.03 for one, other in zip(cold, warm, strict=True)), of((*cold, *warm))


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(3))
def test_what_the_questions_say(seed: int) -> None:
    made = player(seed)
    truths = {}
    for ask, place in zip(made.lesson.asks, ("write/t=0", "update=0"), strict=True):
        made.jump(place)
        truths[ask.id] = ask.answer(made.view())
    assert truths == {"new": "few", "colder": "cold"}
