"""Every file that commands read, mutated byte by byte and line by line: refused in one line, or read."""

from __future__ import annotations

import json
import os
import random
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.junk import mutated
from tui.cli.common import speak
from tui.cli.main import main

JUNK = [
    b"\xff", b"\x00", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"\t", b"\x1b[2J", b"\x1f\x8b", b"BZh",
    b"PK\x03\x04", b"nan", b"-inf", b"1e400", b"9" * 400, b"-1", b"0", b"\"", b"'", b"((((", b"))", b",",
    b",,,", b"[", b"{}", b"#", b"|:", b"K:", b"\xed\xa0\x80", "हि".encode(), "👩\u200d👩\u200d👧".encode(),
    b"--at", b"--set", b"--", b"%s", b"\\", b"\x85", b"\xc2\x85",
]  # fmt: skip


def png(width: int = 8, height: int = 8) -> bytes:
    """A small picture in greys."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\x00" + bytes((x * y * 4) % 256 for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def vectors(binary: bool = False) -> bytes:
    """Vectors of five words."""
    table = np.arange(15, dtype=np.float32).reshape(5, 3) / 10 + 0.1
    words = ["king", "queen", "man", "woman", "你"]
    if binary:
        return b"5 3\n" + b"".join(
            w.encode() + b" " + row.tobytes() + b"\n" for w, row in zip(words, table, strict=True)
        )
    lines = (f"{w} {' '.join(f'{x:.4f}' for x in row)}\n" for w, row in zip(words, table, strict=True))
    return ("5 3\n" + "".join(lines)).encode()


TEXT = "the cat sees the dog . the dog sees a cat . one two three\n" * 12
TUNE = "X:1\nT:a tune\nM:6/8\nL:1/8\nK:D\nDED F2A|BAF d3|DED F2A|B2A F3|]\n\n"
PAIRS = "".join(f"{a} {b}\t{b} {a}\n" for a in "abcd" for b in "efgh")
POINTS = "x1,x2,label\n" + "".join(f"{i / 10},{(i * 7) % 10 / 10},{'ab'[i % 2]}\n" for i in range(30))
OWN = Path(__file__).parents[2] / "docs" / "data"
"""The examples of docs/data.md."""
DECK = "# a lecture\n36\nbptt --at dW/t=3/k=1 --set text=hello\nsrn --at cell/t=3 --notation second --note 'the same'\n"
SMALL = ("--out", "{folder}/made", "--force", "--quiet")


@cache
def trained(folder: Path, kind: str) -> bytes:
    """A net as its command writes it."""
    source = folder / "source"
    source.write_text(PAIRS if kind == "translate" else TEXT, encoding="utf-8")
    size = ("--hidden", "3", "--updates", "2", *(("--held", "0") if kind == "translate" else ()))
    command("train", kind, str(source), *size, "--out", str(folder / "net"), "--force", "--quiet")
    return (folder / "net").read_bytes()


Content = Callable[[Path], bytes]
READ: dict[str, tuple[str, Content, Sequence[str]]] = {
    "vectors": ("f.vec", lambda _: vectors(), ("neighbours", "{file}", "king", "--json")),
    "binary vectors": ("f.bin", lambda _: vectors(True), ("analogy", "{file}", "man", "king", "woman", "--json")),
    "words": ("f.txt", lambda _: TEXT.encode(),
              ("train", "word2vec", "{file}", "--min-count", "1", "--dim", "3", "--epochs", "1", *SMALL)),
    "letters": ("f.txt", lambda _: TEXT.encode(),
                ("train", "charnn", "{file}", "--hidden", "3", "--updates", "1", "--window", "5", *SMALL)),
    "tunes": ("f.abc", lambda _: (TUNE * 3).encode(),
              ("train", "music", "{file}", "--hidden", "3", "--updates", "1", "--window", "5", *SMALL)),
    "pairs": ("f.tsv", lambda _: PAIRS.encode(),
              ("train", "translate", "{file}", "--hidden", "3", "--updates", "1", "--held", "2", *SMALL)),
    "net": ("f.npz", lambda folder: trained(folder, "charnn"), ("generate", "{file}", "--length", "5")),
    "translator": ("f.npz", lambda folder: trained(folder, "translate"), ("translate", "{file}", "a f", "--quiet")),
    "points": ("f.csv", lambda _: POINTS.encode(), ("show", "playground", "--set", "data={file}", "--json")),
    "points of mlp": ("f.csv", lambda _: POINTS.encode(), ("show", "mlp", "--set", "data={file}")),
    "corpus": ("f.txt", lambda _: TEXT.encode(), ("show", "generate", "--set", "corpus={file}", "--set", "hidden=3")),
    "corpus of words": ("f.txt", lambda _: TEXT.encode(), ("show", "word2vec", "--set", "corpus={file}")),
    "tunes shown": ("f.abc", lambda _: (TUNE * 3).encode(), ("show", "music", "--set", "tunes={file}")),
    "pairs shown": ("f.tsv", lambda _: PAIRS.encode(), ("show", "translate", "--set", "data={file}")),
    "sentences": ("f.csv", lambda _: (OWN / "sentences.csv").read_bytes(),
                  ("show", "shapes", "--set", "data={file}", "--json")),
    "trees": ("f.txt", lambda _: (OWN / "trees.txt").read_bytes(), ("show", "tree", "--set", "data={file}")),
    "picture": ("f.png", lambda _: png(), ("show", "convolution", "--set", "picture={file}")),
    "pixmap": ("f.pgm", lambda _: (OWN / "digit.pgm").read_bytes(),
               ("show", "boltzmann", "--set", "picture={file}", "--set", "data=digits")),
    "deck": ("deck.txt", lambda _: DECK.encode(), ("deck", "{file}", "--json")),
    "settings": ("settings.json", lambda _: json.dumps({"language": "en", "speed": 4, "keys": {"quit": "x"}}).encode(),
                 ("doctor", "--clear")),
    "progress": ("progress.json", lambda _: json.dumps({"lessons": {"bptt": {"acts": ["forward"]}}}).encode(),
                 ("doctor", "--clear")),
}  # fmt: skip
"""By kind: the name of the file, what it holds, and the command that reads it."""


def mutated_bytes(draw: random.Random, data: bytes) -> bytes:
    """One to three mutations of bytes, or of lines."""
    for _ in range(draw.choice([1, 1, 2, 3])):
        how, at = draw.randrange(8), draw.randrange(len(data) + 1)
        lines = data.split(b"\n")
        line = draw.randrange(len(lines))
        if how == 0:
            data = data[:at]
        elif how == 1 and data:
            at = draw.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
        elif how == 2:
            data = data[:at] + draw.choice(JUNK) + data[at:]
        elif how == 3:
            data = data[:at] + data[at + draw.choice([1, 2, 5, 20]) :]
        elif how == 4:
            data = b"\n".join([*lines[:line], lines[line], *lines[line:]])
        elif how == 5:
            data = b"\n".join([*lines[:line], *lines[line + 1 :]])
        elif how == 6:
            words = lines[line].split(b" ")
            words[draw.randrange(len(words))] = draw.choice(JUNK)
            data = b"\n".join([*lines[:line], b" ".join(words), *lines[line + 1 :]])
        else:
            data = data * 2 if len(data) < 1 << 16 else data[: len(data) // 2]
    return data


def command(*args: str) -> tuple[int, str]:
    """Run a command in this process: (exit code, standard error). Raises whatever is no exit."""
    kept, code = (sys.argv, sys.stdout, sys.stderr), 0
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as err,
    ):
        sys.argv, sys.stdout, sys.stderr = ["unroll", *args], out, err
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            sys.argv, sys.stdout, sys.stderr = kept
            speak("")
        err.seek(0)
        return code, err.read()


def try_file(draw: random.Random, kind: str, folder: Path) -> str:
    """Let a command read a mutated file. What it said; raises where that is more than a line, or none at an error."""
    name, content, args = READ[kind]
    data = content(folder)
    if name.endswith(".json") and draw.random() < 0.5:
        changed: Any
        changed, _ = mutated(draw, json.loads(data))
        data = json.dumps(changed).encode("utf-8", "surrogatepass")
    else:
        data = mutated_bytes(draw, data)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    for old in home.glob("*.damaged-*"):
        old.unlink()
    file = (home if name.endswith(".json") else folder) / name
    file.write_bytes(data)
    os.environ["UNROLL_HOME"] = str(home)
    code, said = command(*(each.format(file=file, folder=folder) for each in args))
    assert code in (0, 2), (code, said)
    wrong = [line for line in said.splitlines() if line.startswith("unroll: ")]  # what was found in a file comes before
    assert len(wrong) == (code != 0), said
    assert "Traceback" not in said, said
    return f"{code}: {said[:80]}"
