"""Pictures of one's own: every format gives the same ink, and what cannot be read is refused with its reason."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from engine.device import HostArray, rng
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from lessons.data.pictures.own import RAMP, read_picture

SIDES = (8, 12)


def ink(side: int = 8, seed: int = 0) -> HostArray:
    """An asymmetric picture in ninths, its border blank."""
    found = np.zeros((side, side))
    found[1:-1, 1:-1] = rng(seed, 2).integers(0, 10, (side - 2, side - 2)) / 9
    return found


def plain(kind: int, values: HostArray, top: int = 0) -> bytes:
    """A plain pixmap; `values` has a number for each channel."""
    head = f"P{kind}\n# made by a test\n{values.shape[1]} {values.shape[0]}\n" + (f"{top}\n" if top else "")
    return (head + " ".join(map(str, values.astype(int).reshape(-1)))).encode()


def formats(picture: HostArray) -> dict[str, bytes]:
    """The picture as each format has it: dark on white paper, in bits only what is at least half dark."""
    bright = np.round(255 * (1 - picture))
    three, head = np.repeat(bright[:, :, None], 3, axis=2), f"{picture.shape[1]} {picture.shape[0]}\n255\n"
    signs = np.round(9 * picture).astype(int)
    return {
        "P2": plain(2, bright, 255),
        "P3": plain(3, three, 255),
        "P5": f"P5\n{head}".encode() + bright.astype(np.uint8).tobytes(),
        "P5 of 16 bits": f"P5\n{head.replace('255', '65535')}".encode() + (bright * 257).astype(">u2").tobytes(),
        "P6": f"P6\n# a comment\n{head}".encode() + three.astype(np.uint8).tobytes(),
        "white on black": plain(2, 255 - bright, 255),
        "digits": "\n".join("".join(map(str, row)) for row in signs).encode(),
        "signs": "\n".join("".join(RAMP[n] for n in row).rstrip() for row in signs).encode() + b"\n",
    }


def saved(folder: Path, raw: bytes) -> str:
    file = folder / "own.picture"
    file.write_bytes(raw)
    return str(file)


@pytest.mark.parametrize("side", [8, 12])
@pytest.mark.parametrize("name", formats(ink()))
def test_every_format_gives_the_same_ink(name: str, side: int, tmp_path: Path) -> None:
    wanted = ink(side)
    if name == "signs":
        wanted[-2, -2] = wanted[1, -2] = 1  # blanks at the end of all lines cannot be told
        wanted[0, -1] = wanted[-1, -1] = 1
    found = read_picture(saved(tmp_path, formats(wanted)[name]), SIDES)
    assert found.shape == (side, side)
    assert np.abs(found - wanted).max() < 1 / 255


@pytest.mark.parametrize("kind", [1, 4])
def test_bits(kind: int, tmp_path: Path) -> None:
    bits = (ink() > 0.5).astype(np.uint8)
    raw = plain(1, bits) if kind == 1 else b"P4 8 8\n" + np.packbits(bits, axis=1).tobytes()
    assert np.array_equal(read_picture(saved(tmp_path, raw), SIDES), bits)
    close = ("P1\n8 8\n" + "".join(map(str, bits.reshape(-1)))).encode()
    assert np.array_equal(read_picture(saved(tmp_path, close), SIDES), bits)


def test_a_larger_square_is_reduced(tmp_path: Path) -> None:
    wanted = ink()
    large = np.kron(wanted, np.ones((5, 5)))
    assert np.abs(read_picture(saved(tmp_path, formats(large)["P5"]), SIDES) - wanted).max() < 1 / 255
    assert read_picture(saved(tmp_path, formats(np.kron(wanted, np.ones((3, 3))))["P5"]), SIDES).shape == (12, 12)


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(picture: HostArray, width: int = 0, height: int = 0, colour: bool = False) -> bytes:
    """A PNG of 8 bits, written by hand; its head may claim another size."""
    bright = np.round(255 * (1 - picture)).astype(np.uint8)
    rows = np.repeat(bright[:, :, None], 3, axis=2) if colour else bright[:, :, None]
    if colour:
        rows[2, 2] = (255, 0, 0)
    sizes = (width or picture.shape[1]).to_bytes(4, "big") + (height or picture.shape[0]).to_bytes(4, "big")
    head = sizes + bytes([8, 2 if colour else 0, 0, 0, 0])
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_png(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    assert np.abs(read_picture(saved(tmp_path, png(ink())), SIDES) - ink()).max() < 1 / 255
    for raw, key in ((png(ink(), colour=True), "picture_colour"), (png(ink())[:60], "picture_short")):
        with pytest.raises(Refused) as refused:
            read_picture(saved(tmp_path, raw), SIDES)
        assert refused.value.key == key


def test_png_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(Refused) as refused:
        read_picture(saved(tmp_path, png(ink())), SIDES)
    assert refused.value.key == "picture_pillow"


SOUND = formats(ink())
BAD: dict[str, tuple[bytes, str]] = {
    "another size": (formats(ink(10))["P5"], "picture_size"),
    "not a square": (plain(2, np.zeros((8, 16)), 255), "picture_size"),
    "colour": (plain(3, np.tile([255, 0, 0], (8, 8, 1)), 255), "picture_colour"),
    "10⁸ pixels": (b"P5 10000 10000 255\n", "picture_large"),
    "10⁸ pixels of PNG": (png(ink(), 10_000, 10_000), "picture_large"),
    "one long line": (b"P1 100000000 1\n", "picture_large"),
    "no pixels": (b"P2 0 8 255\n", "picture_none"),
    "cut off": (SOUND["P5"][:40], "picture_short"),
    "cut off in plain": (SOUND["P2"][:60], "picture_short"),
    "cut off in its head": (b"P5 8", "picture_short"),
    "cut off in PNG's head": (png(ink())[:20], "picture_short"),
    "a head of words": (b"P5 eight eight 255\n", "picture_none"),
    "words for pixels": (b"P2 8 8 255\nblack " + b"0 " * 63, "picture_none"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "picture_none"),
    "binary data": (bytes(range(256)), "picture_none"),
    "control characters": (b"\x00\x01\x02", "picture_none"),
    "nothing": (b"", "picture_none"),
    "a text": (b"The quick brown fox\njumps over\n", "picture_sign"),
    "a text of another size": (b"0123\n4567\n", "picture_size"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused(name: str, tmp_path: Path) -> None:
    raw, key = BAD[name]
    file = saved(tmp_path, raw)
    with pytest.raises(Refused) as refused:
        read_picture(file, SIDES)
    assert refused.value.key == key
    for lang in ("en", "zh"):
        said = refused.value.say(Words(lang))
        assert said.startswith(file)
        assert "\n" not in said


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[tuple[str, str]] = [
        (str(tmp_path / "none.png"), "file_missing"),
        (str(tmp_path), "file_folder"),
        ("a\0b.png", "file_missing"),
    ]
    for file, key in wrong:
        with pytest.raises(Refused) as refused:
            read_picture(file, SIDES)
        assert refused.value.key == key
    large = tmp_path / "large.txt"
    with large.open("wb") as handle:
        handle.truncate(9 << 20)
    monkeypatch.delattr(Path, "read_bytes")  # refused by its size, unread
    with pytest.raises(Refused) as refused:
        read_picture(str(large), SIDES)
    assert refused.value.key == "picture_file"
