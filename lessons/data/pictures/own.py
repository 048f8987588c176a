"""A picture of the learner's own: PNG (by Pillow, where it is installed), portable pixmap P1–P6, or text.

What counts is ink on paper, from 0 to 1. Whichever of dark and bright most of the border has is taken for paper, so
that black on white and white on black are the same picture. In text every sign is a pixel: a digit n is n/9, and of
` .:-=+*#%@` the blank is 0 and @ is 1.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from engine.device import HostArray
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason

RAMP = " .:-=+*#%@"
"""Signs of a text from no ink to most."""
MOST = 1_000_000
"""Pixels that a picture may have; more are refused by the head of the file, before anything is decoded."""
BYTES = 8 << 20
"""Bytes that a file may have."""
PNG = b"\x89PNG\r\n\x1a\n"
PIXMAP = re.compile(rb"P[1-6]\s")
TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*(\d{1,18})(?!\d)")
"""A number in the head of a pixmap, comments before it left out."""
GREY = 1 / 64
"""Channels that differ by less than this are one grey."""


def read_picture(file: str, sides: Sequence[int]) -> HostArray:
    """Ink (s, s) from 0 to 1, s one of `sides`: a square of that side, or of a whole multiple, averaged by blocks.

    Raises Refused: no such file, no picture, truncated, in colour, too large, of another size.
    """
    raw = _bytes(file)
    if raw.startswith(PNG):
        ink = _ink(_png(file, raw))
    elif PIXMAP.match(raw):
        ink = _ink(_pixmap(file, raw))
    else:
        ink = _text(file, raw)
    return _fitted(file, ink, sides)


def _bytes(file: str) -> bytes:
    try:
        folder, size = Path(file).is_dir(), 0 if Path(file).is_dir() else Path(file).stat().st_size
        plain = folder or Path(file).is_file()
        raw = b"" if folder or not plain or size > BYTES else Path(file).read_bytes()
    except (FileNotFoundError, ValueError):  # ValueError: a name that no file can have
        raise Refused("file_missing", file=file) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None
    if folder:
        raise Refused("file_folder", file=file)
    if not plain:
        raise Refused("file_kind", file=file)
    if size > BYTES:
        raise Refused("picture_file", file=file, size=size >> 20, most=BYTES >> 20)
    return raw


def _within(file: str, width: int, height: int) -> None:
    """Raises Refused where a picture has no pixels, or too many."""
    if width < 1 or height < 1:
        raise Refused("picture_none", file=file)
    if width * height > MOST:
        raise Refused("picture_large", file=file, width=width, height=height, most=MOST)


def _png(file: str, raw: bytes) -> HostArray:
    """Brightness (H, W) of a PNG file."""
    if len(raw) < 24 or raw[12:16] != b"IHDR":
        raise Refused("picture_short", file=file)
    width, height = (int.from_bytes(raw[at : at + 4], "big") for at in (16, 20))
    _within(file, width, height)
    try:
        image, io = import_module("PIL.Image"), import_module("io")
    except ImportError:
        raise Refused("picture_pillow", file=file) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = image.open(io.BytesIO(raw))
            deep = picture.mode.startswith("I")  # 16 bits, which converting to RGB would cut
            bright = np.asarray(picture if deep else _on_white(image, picture), dtype=float)
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises where data are missing or broken
        raise Refused("picture_short", file=file) from error
    return bright / 65535 if deep else _one_grey(file, bright / 255)


def _on_white(image: ModuleType, picture: Any) -> Any:
    """A picture of any mode in RGB; what is transparent is white."""
    alpha = picture.convert("RGBA")
    paper = image.new("RGBA", alpha.size, "white")
    return image.alpha_composite(paper, alpha).convert("RGB")


def _one_grey(file: str, channels: HostArray) -> HostArray:
    """Brightness (H, W) of (H, W, 3) whose channels agree. Raises Refused for colours."""
    if float(np.ptp(channels, axis=2).max()) > GREY:
        raise Refused("picture_colour", file=file)
    bright: HostArray = channels.mean(axis=2)
    return bright


def _pixmap(file: str, raw: bytes) -> HostArray:
    """Brightness (H, W) of a portable bitmap, greymap or pixmap, plain or binary."""
    kind, at = int(raw[1:2]), 2
    head: list[int] = []
    for _ in range(2 if kind in (1, 4) else 3):
        token = TOKEN.match(raw, at)
        if token is None:
            raise Refused("picture_none" if len(raw) > at + 1 else "picture_short", file=file)
        head.append(int(token[1]))
        at = token.end()
    width, height, top = (*head, 1)[:3]
    _within(file, width, height)
    if not 1 <= top <= 65535:
        raise Refused("picture_none", file=file)
    channels = 3 if kind in (3, 6) else 1
    count = width * height * channels
    values = _plain(raw[at:], count, kind == 1) if kind < 4 else _binary(raw[at + 1 :], width, count, kind == 4, top)
    if values is None:
        raise Refused("picture_none", file=file)
    if len(values) < count:
        raise Refused("picture_short", file=file)
    bright = values.reshape(height, width, channels) / top
    if channels == 3:
        return _one_grey(file, bright)
    return 1 - bright[:, :, 0] if kind in (1, 4) else bright[:, :, 0]


def _plain(body: bytes, count: int, bits: bool) -> HostArray | None:
    """The first `count` numbers of a plain pixmap; None where it has something else."""
    parts = re.sub(rb"#[^\n]*", b"", body).split()
    parts = [parts_of[n : n + 1] for parts_of in parts for n in range(len(parts_of))] if bits else parts
    parts = parts[:count]
    return np.array([float(part) for part in parts]) if all(part.isdigit() for part in parts) else None


def _binary(body: bytes, width: int, count: int, bits: bool, top: int) -> HostArray:
    """The numbers of a binary pixmap, fewer than `count` where it is cut off; of bits a row begins with a byte."""
    if bits:
        line = -(-width // 8)
        whole = np.frombuffer(body[: len(body) // line * line], dtype=np.uint8).reshape(-1, line)
        found: HostArray = np.unpackbits(whole, axis=1)[:, :width].reshape(-1)[:count]
        return found
    size = 2 if top > 255 else 1
    return np.frombuffer(body[: len(body) // size * size], dtype=">u2" if size == 2 else np.uint8)[:count]


def _ink(bright: HostArray) -> HostArray:
    """Ink from brightness: what differs from the paper, which most of the border is."""
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    bright = np.clip(bright, 0.0, 1.0)
    return 1 - bright if border.mean() > 0.5 else bright


def _text(file: str, raw: bytes) -> HostArray:
    """Ink of a text, a sign a pixel; lines that are shorter go on with blanks."""
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Refused("picture_none", file=file) from None
    while lines and not lines[-1]:
        lines.pop()
    width = max(map(len, lines), default=0)
    _within(file, width, len(lines))
    signs = {**{sign: n / 9 for n, sign in enumerate(RAMP)}, **{str(n): n / 9 for n in range(10)}}
    for number, line in enumerate(lines, 1):
        wrong = next((sign for sign in line if sign not in signs), None)
        if wrong is not None:
            if not wrong.isprintable():
                raise Refused("picture_none", file=file)
            raise Refused("picture_sign", file=file, line=number, sign=wrong)
    return np.array([[signs[sign] for sign in line.ljust(width)] for line in lines])


def _fitted(file: str, ink: HostArray, sides: Sequence[int]) -> HostArray:
    """A square of one of the sides, or of a multiple of one, reduced to it."""
    height, width = ink.shape
    for side in sorted(sides, reverse=True):
        times = height // side
        if height == width == side * times:
            reduced: HostArray = ink.reshape(side, times, side, times).mean(axis=(1, 3))
            return reduced
    shown = ", ".join(f"{side}×{side}" for side in sorted(sides))
    raise Refused("picture_size", file=file, width=width, height=height, sizes=shown)
