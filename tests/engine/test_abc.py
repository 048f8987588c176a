"""Tunes in ABC: what is read, what is not, what it sounds like, and the way back; MIDI, WAV, and counted letters."""

from __future__ import annotations

import io
import struct
import wave
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.device import HOST, Device, rng
from engine.gated.cell import Cell
from engine.gated.run.files import CELLS
from engine.gated.run.streams import one_hot
from engine.gated.run.training import drawn
from engine.gated.run.writing import write, write_many
from engine.sequences import abc, midi, tone
from engine.sequences.abc import ABCError, Bar, Sound, State, bars, played, signature, tunes, units
from engine.sequences.counting import Counts
from engine.sequences.judging import Tally, inner, known, tally
from engine.walks.step import drain

JIG = State(F(3, 4), F(1, 8), "G")
"""6/8, eighths, G major."""


def eighths(text: str, state: State = JIG) -> list[list[F]]:
    """The lengths of the notes of every bar, in eighths."""
    return [[note.length * 8 for note in bar.notes] for bar in bars(text, state)]


def pitches(text: str, key: str = "C") -> list[int]:
    return [p for bar in bars(text, State(key=key)) for note in bar.notes for p in note.pitches]


# reading


def test_lengths() -> None:
    assert eighths("A2B/c/d3/2e/4f//g3|") == [[2, F(1, 2), F(1, 2), F(3, 2), F(1, 4), F(1, 4), 3]]
    assert eighths("z2 x z/|") == [[2, 1, F(1, 2)]]
    parts = [("", "", ""), ("3", "/", "2"), ("", "//", ""), ("0", "", ""), ("1", "/", "0")]
    assert [units(*each) for each in parts] == [1, F(3, 2), F(1, 4), None, None]


def test_tuplets_and_broken_rhythm() -> None:
    assert eighths("(3ABC D|") == [[F(2, 3)] * 3 + [1]]
    assert eighths("(2AB (4ABCD (3:2:2A2B (6ABCDEF|") == [
        [F(3, 2)] * 2 + [F(3, 4)] * 4 + [F(4, 3), F(2, 3)] + [F(1, 3)] * 6
    ]
    assert eighths("(5ABCDE|") == [[F(3, 5)] * 5], "five in the time of three in a metre of threes"
    assert eighths("(5ABCDE|", State(F(1), F(1, 8), "C")) == [[F(2, 5)] * 5]
    assert eighths("A>B c<d e>>f A2>B2|") == [[F(3, 2), F(1, 2), F(1, 2), F(3, 2), F(7, 4), F(1, 4), 3, 1]]


def test_pitches() -> None:
    assert pitches("C,C c c'|") == [48, 60, 72, 84]
    assert pitches("^F=F_B^^C__D|") == [66, 65, 70, 62, 60]
    assert pitches("F ^F F|F f|") == [65, 66, 66, 65, 77], "an accidental lasts until the bar ends, in its octave"
    assert pitches("FCG|", "D") == [66, 61, 67]
    assert pitches("[CEg]2 z|") == [60, 64, 79]


@pytest.mark.parametrize(
    ("key", "sharps", "flats"),
    [("C", "", ""), ("G", "F", ""), ("D", "FC", ""), ("Edor", "FC", ""), ("Ador", "F", ""), ("Am", "", ""),
     ("Amin", "", ""), ("Dmix", "F", ""), ("F", "", "B"), ("Bb", "", "BE"), ("F#m", "FCG", ""), ("Gm", "", "BE"),
     ("Dphr", "", "BE"), ("Flyd", "", ""), ("Bloc", "", ""), ("A major", "FCG", ""), ("E Dorian", "FC", ""),
     ("Cb", "", "BEADGCF"), ("C#", "FCGDAEB", ""), ("Hp", "FC", ""), ("none", "", "")],
)  # fmt: skip
def test_keys_and_modes(key: str, sharps: str, flats: str) -> None:
    assert signature(key) == dict.fromkeys(sharps, 1) | dict.fromkeys(flats, -1)


def test_accidentals_of_a_key() -> None:
    assert signature("D Phr ^f") == {"B": -1, "E": -1, "F": 1}


def test_what_is_passed_over() -> None:
    noisy = '"Gm"G!trill!A{bc}B ~d(ef) .G uA|% words\nw: la la\n|'
    assert eighths(noisy) == [[1] * 8]
    assert [bar.fault for bar in bars(noisy, JIG)] == [None]


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [("GAB?dBA|", 3, "letter"), ("GAB d0BA|", 4, "length"), ("GAB (3dB|", 8, "unfinished"),
     ("GAB d>|", 6, "unfinished"),
     (">GAB|", 0, "broken"), ("G<>AB|", 1, "broken"), ("G(1AB|", 1, "tuplet"), ("[GB|", 0, "letter"),
     ("G3/0|", 0, "length"),
     ("GAB&dBA|", 3, "letter"), ("Gå|", 1, "letter")],
)  # fmt: skip
def test_what_cannot_be_read(text: str, at: int, reason: str) -> None:
    fault = bars(text, JIG)[0].fault
    assert fault is not None
    assert (fault.at, fault.reason) == (at, reason)
    assert not bars(text, JIG)[0].adds_up
    good, *_ = bars("|GABdBA|", JIG)
    assert good.adds_up


def test_bars_that_add_up_and_the_note_that_breaks_one() -> None:
    whole, short, long, upbeat = bars("GAB d2B|GAB d2|GAB d2cBA|A", JIG)
    assert [bar.length * 8 for bar in (whole, short, long, upbeat)] == [6, 5, 8, 1]
    assert [bar.adds_up for bar in (whole, short, long)] == [True, False, False]
    assert [bar.breaks for bar in (whole, short, long)] == [None, None, 5], "its sixth note is the seventh eighth"
    note = long.notes[5]
    assert "GAB d2B|GAB d2|GAB d2cBA|A"[note.start : note.end] == "B"
    assert bars("GGGGG|", State(None, F(1, 8), "C"))[0].adds_up, "a free metre has no bar that is too long"


def test_inner_bars_are_between_two_bar_lines_of_a_strain() -> None:
    found = bars("D|GAB|ABc|d3:|\n|:efg|gfe|d3||g3|a3|]", JIG)
    assert [bar.inner for bar in found] == [False, True, True, False, False, True, False, False, False]
    assert [bar.inner for bar in bars("|:GAB|ABc|1 d3|e3:|2 f3|g3|]", JIG)] == [False, True, True, False, False, False]
    assert [bar.inner for bar in bars("K:G\n|A3|B3|\nK:D\n|A3|B3|c3", JIG)] == [False, True, False, True, False]


def test_fields_change_what_is_in_force() -> None:
    first, second, third = bars("M:2/4\nL:1/4\nK:D\nFF|[K:F]BB|[M:3/4][L:1/8]B2B2B2|", JIG)
    assert [p for note in (*first.notes, *second.notes) for p in note.pitches] == [66, 66, 70, 70]
    assert [bar.adds_up for bar in (first, second, third)] == [True, True, True]
    assert third.metre == F(3, 4)


FILE = """X:1
T:One % a comment
M:6/8
K:G
|:GAB d2B|G3 G3:|
w:la la

X:2
T:Two
M:2/4
K:Am
A>B cd|e2 z2|]
"""


def test_a_file_of_tunes() -> None:
    one, two = tunes(FILE)
    assert one.header == {"X": "1", "T": "One", "M": "6/8", "K": "G", "L": "1/8"}
    assert (one.line, two.line) == (5, 12)
    assert two.header["L"] == "1/16", "the unit of a metre below 3/4"
    assert [bar.length for bar in two.bars] == [F(4, 16)] * 2
    assert len(tunes(FILE.replace("\n\n", "\n"))) == 2, "X: begins a tune without a blank line too"
    assert tunes(FILE.replace("\n", "\r\n"))[0].body.startswith("|:GAB")


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [("", "abc_empty", None), ("  \n\n", "abc_empty", None), ("X:1\nT:words\nK:G\n", "abc_no_bars", None),
     ("X:1\nK:G\n\nX:2\nK:G\n?!;|\n", "abc_letter", 6), ("Dear reader,\nthis is no music.\n", "abc_letter", 1),
     ("X:1\nK:G\nGABc", "abc_no_bars", None), ("X:1\nM:6/8\nK:G\nG0A|\n", "abc_length", 4)],
)  # fmt: skip
def test_a_file_without_a_bar_that_can_be_read(text: str, key: str, line: int | None) -> None:
    with pytest.raises(ABCError) as refused:
        tunes(text, "f.abc")
    assert (refused.value.key, refused.value.about.get("line")) == (key, line)


def test_one_fault_leaves_the_other_bars() -> None:
    (tune,) = tunes("K:G\nGAB?|GAB c3|\n")
    assert [fault.reason for fault in tune.faults] == ["letter"]


@given(st.text(alphabet="ABCGabcz234/|:[]()<>-'^_=, \nKMLX&?\"!~{}%", max_size=60))
def test_anything_is_read_without_an_error(text: str) -> None:
    """What a net writes in its first updates."""
    found = bars(text, JIG)
    assert all(0 <= bar.start <= bar.end <= len(text) for bar in found)
    assert all(note.length > 0 for bar in found for note in bar.notes)
    played(found)
    abc.written({"K": "G"}, found)


# sound


def test_times_and_ties() -> None:
    assert played(bars("G2A-A B|", State(F(1), F(1, 8), "C"))) == [
        Sound(F(0), F(1, 4), 67), Sound(F(1, 4), F(1, 4), 69), Sound(F(1, 2), F(1, 8), 71)
    ]  # fmt: skip
    tied = played(bars("c3-|c3|c3|", JIG))
    assert [(int(s.start * 8), int(s.length * 8)) for s in tied] == [(0, 6), (6, 3)], (
        "over the bar line; without a tie it sounds anew"
    )


def test_repeats_and_endings() -> None:
    def order(text: str) -> str:
        return "".join("CDEFGAB"[[0, 2, 4, 5, 7, 9, 11].index(s.pitch % 12)] for s in played(bars(text, State())))

    assert order("C|D:|E|F|") == "CDCDEF"
    assert order("C|:D|E:|F|") == "CDEDEF"
    assert order("|:C|D:|:E|F:|") == "CDCDEFEF"
    assert order("|:C|1 D:|2 E|]F|") == "CDCEF"
    assert order("|:C|[1 D:|[2 E:|F|G:|") == "CDCEFGFG"


@given(
    st.lists(
        st.tuples(st.integers(36, 96), st.sampled_from([F(n, 48) for n in (6, 12, 9, 3, 4)]), st.booleans()),
        min_size=1, max_size=12,
    ),
    st.sampled_from(["C", "G", "Edor", "Bb", "F#m", "Gm", "Dmix", "Ab"]),
)  # fmt: skip
def test_what_is_written_is_read_as_the_same_notes(notes: list[tuple[int, F, bool]], key: str) -> None:
    made = tuple(abc.Note((pitch,), length, 0, 0, tied) for pitch, length, tied in notes)
    whole = sum((length for _, length, _ in notes), F(0))
    bar = Bar(made, whole, F(1, 8), key, 0, 0, True, "|")
    (tune,) = tunes(abc.written({"X": "1", "L": "1/8", "K": key}, [bar]))
    assert [(n.pitches, n.length, n.tied) for n in tune.bars[0].notes] == [(n.pitches, n.length, n.tied) for n in made]


def read_midi(data: bytes) -> tuple[list[tuple[int, int, bool]], dict[int, bytes]]:
    """A file of format 0 read back: (tick, pitch, on or off), and the last meta event of every kind."""
    kind, size, form, tracks, _ticks = struct.unpack(">4sIHHH", data[:14])
    assert (kind, size, form, tracks) == (b"MThd", 6, 0, 1)
    kind, size = struct.unpack(">4sI", data[14:22])
    assert (kind, size) == (b"MTrk", len(data) - 22)
    at, now, events, metas = 22, 0, [], {}

    def varied() -> int:
        nonlocal at
        n = 0
        while True:
            byte = data[at]
            at += 1
            n = n << 7 | byte & 127
            if byte < 128:
                return n

    while at < len(data):
        now += varied()
        status = data[at]
        if status == 0xFF:
            meta = data[at + 1]
            at += 2
            count = varied()
            metas[meta] = data[at : at + count]
            at += count
        elif status == 0xC0:
            at += 2
        else:
            assert status in (0x80, 0x90)
            events.append((now, data[at + 1], status == 0x90))
            at += 3
    return events, metas


def test_a_midi_file_read_back() -> None:
    sounds = played(bars("G2AB3-|B3c2c|d40e|", JIG))
    events, metas = read_midi(midi.file(sounds, F(3, 4), 150.0))
    assert events == [
        (0, 67, True), (480, 67, False), (480, 69, True), (720, 69, False), (720, 71, True), (2160, 71, False),
        (2160, 72, True), (2640, 72, False), (2640, 72, True), (2880, 72, False), (2880, 74, True), (12480, 74, False),
        (12480, 76, True), (12720, 76, False),
    ]  # fmt: skip
    assert int.from_bytes(metas[0x51], "big") == 400_000, "microseconds of a quarter"
    assert metas[0x58][:2] == bytes([6, 3]), "6/8"
    assert metas[0x2F] == b""
    assert read_midi(midi.file([], F(1)))[1][0x58][:2] == bytes([4, 2])


@pytest.mark.parametrize(
    ("n", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8100"), (0x3FFF, "ff7f"), (0x4000, "818000"), (0xFFFFFFF, "ffffff7f")],
)
def test_numbers_in_seven_bits(n: int, encoded: str) -> None:
    """The examples of the standard."""
    assert midi.varied(n).hex() == encoded


def test_a_wav_file_has_the_pitches() -> None:
    with wave.open(io.BytesIO(tone.wav([Sound(F(0), F(1, 4), 69), Sound(F(1, 4), F(1, 4), 81)], 60))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, tone.RATE)
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(float)
    for second, hertz in ((0, 440), (1, 880)):
        part = data[second * tone.RATE : (second + 1) * tone.RATE]
        assert abs(np.abs(np.fft.rfft(part)).argmax() - hertz) <= 1
    assert np.abs(tone.samples([Sound(F(0), F(1), 60)] * 20)).max() <= 1


# judging and counting


def test_what_is_counted_of_bars() -> None:
    of = known("A|GABd2B|G6|GAB|", JIG)
    assert of == {"GABd2B", "G6", "GAB"}
    assert tally(["A|GAB d2B|G3G3|GABGAB|ABc|A", "G|G6|GAB"], of, JIG) == Tally(5, 4, 3, 2)
    assert Tally(4, 3, 2, 1).share() == 0.75
    assert Tally(4, 3, 2, 1).share("new_right", "new") == 0.5
    assert np.isnan(Tally().share())
    assert [letters for letters, _ in inner("A|G A B\nd2B|c", JIG)] == ["GABd2B"]


def test_counts_by_hand() -> None:
    counts = Counts("abacab", 1)
    assert dict(counts.following("a")) == {"b": 2, "c": 1}
    assert counts.likelihood("a", "b") == 2 / 3
    assert counts.write("a", [0.1, 0.5, 0.9]) == "bac", "after a: b up to 2/3; after b only a; after a, .9 is c"
    assert Counts("abab", 3).write("zzb", [0.99]) == "a", "a context that is new is shortened"
    with pytest.raises(ValueError, match="no letter"):
        Counts("", 2).write("a", [0.5])


def test_a_table_of_long_contexts_copies() -> None:
    text = "the quick brown fox jumps over the lazy dog. "
    assert Counts(text, 12).write(text[:12], [0.5] * (len(text) - 12)) == text[12:]


# many at once


@pytest.mark.parametrize("top", [0, 3])
@pytest.mark.parametrize("cell", [CELLS["gru"], CELLS["lstm"]._replace(layers=2)], ids=["gru", "lstm2"])
def test_many_texts_at_once_are_what_the_walk_writes(device: Device, cell: Cell, top: int) -> None:
    K, H, B, count = 7, 5, 3, 12
    theta = {name: device.put(v if v.ndim == 2 else v[:, None]) for name, v in drawn(cell, H, K, rng(3)).items()}
    theta = {**theta, "V": theta["V"] * 6.0}
    u, first = rng(4).random((count, B)), [1, 4, 6]

    def zero(B: int) -> dict[str, object]:
        return dict.fromkeys(cell.carry, device.put(np.zeros((H, B))))

    made = write_many(device, cell, theta, zero(B), one_hot(device, first, K), device.put(u), 0.7, top)
    for b in range(B):
        chances = [device.put([[each]]) for each in u[:, b]]
        alone, _ = drain(write(device, cell, theta, zero(1), one_hot(device, first[b : b + 1], K), chances, 0.7, top))
        assert [int(device.get(each).item()) for each in alone] == [int(device.get(each)[b]) for each in made]
    assert len({tuple(int(device.get(each)[b]) for each in made) for b in range(B)}) == B


def test_the_host_has_the_samples() -> None:
    assert HOST.get(tone.samples([])).shape == (tone.RATE // 5,)
