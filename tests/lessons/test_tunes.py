"""The tunes that ship: every bar adds up, each says what it is and where it comes from; and files of one's own."""

from __future__ import annotations

from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest

from engine.sequences.abc import bars, tunes
from engine.sequences.judging import inner, known, tally
from lessons.contract.knobs import Refused
from lessons.data.tunes import JIGS, TUNES
from lessons.data.tunes.read import gathered, read

each = pytest.mark.parametrize("name", TUNES)


@each
def test_every_bar_adds_up(name: str) -> None:
    for tune in read(name).tunes:
        title, whole = tune.header["T"], tune.bars[0].metre
        assert not tune.faults, title
        assert whole is not None
        for before, bar in zip((None, *tune.bars), tune.bars, strict=False):
            first = before is None or before.sign not in ("|",)
            assert bar.length <= whole, (title, bar)
            assert bar.adds_up or first or bar.sign != "|", (title, bar, "only a strain's first and last may be short")
        upbeat = 0 if tune.bars[0].adds_up else tune.bars[0].length
        assert tune.bars[-1].length in (whole, whole - upbeat), title


@each
def test_each_says_what_it_is(name: str) -> None:
    headers = [tune.header for tune in read(name).tunes]
    assert all(header["T"] and header["O"] and header["M"] and header["K"] for header in headers)
    assert len({header["T"] for header in headers}) == len(headers)
    assert [header["X"] for header in headers] == [str(n) for n in range(1, len(headers) + 1)]
    origin = (files("lessons.data.tunes") / "ORIGIN.md").read_text(encoding="utf-8")
    assert f"{name}.abc" in origin


def test_how_many_there_are() -> None:
    found = read(JIGS)
    studies = [tune for tune in found.tunes if tune.header["T"].startswith("Study")]
    assert all(tune.header["O"] == "study, made for unroll" for tune in studies)
    assert (len(found.tunes) - len(studies), len(studies), found.left) == (29, 38, 0)
    assert {bar.metre for tune in found.tunes for bar in tune.bars} == {Fraction(3, 4)}
    songs = read("songs")
    assert (len(songs.tunes), songs.left) == (32, 0)
    assert {bar.metre for tune in songs.tunes for bar in tune.bars} == {Fraction(1), Fraction(3, 4), Fraction(1, 2)}
    assert "M:2/4\nK:C\nccde|cedG|" in songs.text, "the metre is learned where tunes differ in it"


@each
def test_the_text_has_the_same_bars(name: str) -> None:
    found = read(name)
    assert found.text.endswith("\n")
    assert " " not in found.text
    again = bars(found.text, found.state)
    assert [note.pitches for bar in again for note in bar.notes] == [
        note.pitches for tune in found.tunes for bar in tune.bars for note in bar.notes
    ]
    assert len(inner(found.text, found.state)) == sum(bar.inner for tune in found.tunes for bar in tune.bars)
    judged = tally([found.text], known(found.text, found.state), found.state)
    assert (judged.right, judged.new) == (judged.bars, 0)


def test_fields_that_differ_are_learned() -> None:
    both = gathered([("X:1\nM:6/8\nK:G\nG6|G6|A6|B6|\n\nX:2\nM:2/4\nL:1/8\nK:F\nF4|A2B2|c4|\n", "f")])
    assert both.text == "M:6/8\nK:G\nG6|G6|A6|B6|\nM:2/4\nK:F\nF4|A2B2|c4|\n"
    assert all(bar.adds_up for bar in bars(both.text, both.state))
    noisy = 'X:1\nM:6/8\nK:G\n"G"GAB !f!dBA | {a}G6|\nw:la\n(GAB) dBA|\n[M:3/4]G6|G6|\n'
    assert gathered([(noisy, "f")]).text.startswith("K:G\nGABdBA|G6|")


def test_a_tune_that_cannot_be_read_is_left_out() -> None:
    found = gathered([("X:1\nK:G\n|G8|G8|G8|G8|\n\nX:2\nK:G\n|G8|?;|\n", "f")])
    assert (len(found.tunes), found.left) == (1, 1)


@pytest.mark.parametrize(
    ("data", "key"),
    [(b"", "abc_empty"), (b"\0\1\2", "abc_binary"), (b"K:G\n", "abc_no_bars"), (b"?????", "abc_letter"),
     (b"X:1\nM:6/8\nK:G\nGAB dBA|G6|\n", "abc_short")],
)  # fmt: skip
def test_files_that_do_not_do(tmp_path: Path, data: bytes, key: str) -> None:
    path = tmp_path / "own.abc"
    path.write_bytes(data)
    with pytest.raises(Refused) as refused:
        read(str(path))
    assert refused.value.key == key
    assert str(path) in str(refused.value)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.abc"
    path.write_bytes("X:1\nT:für Elise\nK:C\n|C8|D8|E8|F8|\n".encode("latin-1"))
    assert read(str(path)).text == "K:C\n|C8|D8|E8|F8|\n"
    path.write_text("X:1\nK:C\n|C8|D8|E8|F8|G8|\n")
    assert read(str(path), look=True).text.endswith("G8|\n")
    with pytest.raises(Refused, match=r"none\.abc"):
        read(str(tmp_path / "none.abc"))


def test_a_file_has_the_form_of_a_text() -> None:
    assert len(tunes((files("lessons.data.tunes") / "jigs.abc").read_text(encoding="utf-8"))) == 67
