"""Sound from notes: a sine with two overtones for each, as samples and as the bytes of a WAV file."""

from __future__ import annotations

from collections.abc import Sequence

from engine.device import HOST, HostArray
from engine.sequences.abc import Sound

xp = HOST.xp
RATE = 22_050
"""Samples a second."""
OVERTONES = (1.0, 0.35, 0.12)
LONGEST = 600.0
"""Seconds of sound at most."""


def samples(sounds: Sequence[Sound], tempo: float = 120.0, rate: int = RATE) -> HostArray:
    """The samples (n,) between −1 and 1; `tempo` in quarter notes a minute. A has 440 Hz, a semitone is 2^(1/12)."""
    second = 240.0 / tempo
    ends = min(max((float(s.start + s.length) * second for s in sounds), default=0.0), LONGEST)
    wave: HostArray = xp.zeros(int(ends * rate) + rate // 5)
    for start, length, pitch in sounds:
        first, count = int(float(start) * second * rate), int(float(length) * second * rate)
        if first + count > len(wave) or not count:
            continue
        t = xp.arange(count) / rate
        hertz = 440.0 * 2 ** ((pitch - 69) / 12)
        tone = sum(share * xp.sin(2 * xp.pi * hertz * (n + 1) * t) for n, share in enumerate(OVERTONES))
        swell = xp.minimum(1.0, xp.minimum(t / 0.01, (count / rate - t) / 0.04))
        wave[first : first + count] += 0.2 * tone * swell * xp.exp(-1.2 * t)
    top = float(xp.max(xp.abs(wave), initial=0.0))
    return wave / max(1.0, top)


def wav(sounds: Sequence[Sound], tempo: float = 120.0) -> bytes:
    """The bytes of a WAV file, 16 bits, one channel."""
    data: bytes = xp.astype(xp.round(samples(sounds, tempo) * 32767), xp.int16).tobytes()
    form = b"fmt " + (16).to_bytes(4, "little") + b"\1\0\1\0" + RATE.to_bytes(4, "little")
    form += (2 * RATE).to_bytes(4, "little") + b"\2\0\x10\0"
    body = b"WAVE" + form + b"data" + len(data).to_bytes(4, "little") + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body
