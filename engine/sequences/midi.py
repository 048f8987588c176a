"""Standard MIDI files, format 0: one track of notes, with its tempo and metre."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from engine.sequences.abc import Sound

TICKS = 480
"""Ticks of a quarter note."""
LOUD = 88


def varied(n: int) -> bytes:
    """A number from 0 to 2²⁸ − 1 in seven bits a byte, the highest first; all bytes but the last have bit 8 set."""
    parts = [n & 127]
    while n := n >> 7:
        parts.append(128 | n & 127)
    return bytes(reversed(parts))


def file(sounds: Sequence[Sound], bar: Fraction = Fraction(1), tempo: float = 120.0, program: int = 73) -> bytes:
    """The bytes of a file: `bar` is the metre, a fraction of a whole note, `tempo` in quarter notes a minute.

    `program` is the instrument of General MIDI from 0, by default a flute. Pitches beyond 0…127 are left out.
    """
    events = [(0, 0, b"\xff\x51\x03" + round(60e6 / tempo).to_bytes(3, "big")), (0, 1, _metre(bar))]
    events.append((0, 2, bytes([0xC0, program])))
    for start, length, pitch in sounds:
        if 0 <= pitch < 128:
            events.append((_ticks(start), 4, bytes([0x90, pitch, LOUD])))
            events.append((_ticks(start + length), 3, bytes([0x80, pitch, 0])))
    track, now = b"", 0
    for at, _, event in sorted(events):  # at one time a note ends before the next begins
        track += varied(at - now) + event
        now = at
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4, "big") + (0).to_bytes(2, "big") + (1).to_bytes(2, "big") + TICKS.to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def _ticks(time: Fraction) -> int:
    return round(time * 4 * TICKS)


def _metre(bar: Fraction) -> bytes:
    """3/4 of a whole note is written 6/8, as in a jig; other metres in quarters or, where they are none, smaller."""
    over, under = bar.numerator, bar.denominator
    while under < (8 if bar == Fraction(3, 4) else 4):
        over, under = 2 * over, 2 * under
    return bytes([0xFF, 0x58, 4, over & 255, under.bit_length() - 1, 24, 8])
