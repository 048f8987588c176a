"""Nets and checkpoints, their headers and arrays mutated: refused with a reason of ours, or sound."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import rng
from engine.gated.run import files as nets
from engine.gated.run.files import ModelError
from engine.sequences import files as translators
from engine.sequences import net as seq2seq
from engine.walks import packing
from engine.walks.packing import PackingError
from engine.words.kernel.fast import Vectors
from engine.words.run import files as vectors
from engine.words.run.files import VectorsError
from tests.fuzz.junk import mutated
from tests.tui.test_cli import unroll

SEED = int(os.environ.get("UNROLL_FUZZ_SEED", "1"))
TEXT = "one two three one two three four\n" * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A net and checkpoints of both commands, as they are written."""
    folder = tmp_path_factory.mktemp("archives")
    text = folder / "a.txt"
    text.write_text(TEXT, encoding="utf-8")
    net = folder / "net.npz"
    unroll("train", "charnn", str(text), "--updates", "2", "--hidden", "3", "--window", "5", "--out", str(net))
    kept, run = folder / "kept.npz", folder / "run.npz"
    model = nets.load(net)
    memory = {f"{slot}_{name}": np.zeros_like(value) for slot in ("m", "v") for name, value in model.theta.items()}
    carried = {name: np.zeros((3, 4)) for name in model.cell.carry}
    nets.keep(kept, nets.Kept(model, 1, memory, carried, {"optimiser": "adam", "bits": 2.0}))
    table = np.zeros((5, 2, 3), dtype=np.float32)
    vectors.keep(run, vectors.Checkpoint(2, Vectors(table, None), {"dim": 3}))
    translator, paired = folder / "translator.npz", folder / "paired.npz"
    words = translators.Model("gru", "general", ("a", "b"), ("⏎", "x", "y"), {})
    shapes = seq2seq.drawn(words.net(3), rng(0))
    whole = words._replace(theta={name: v if v.ndim == 2 else v[:, None] for name, v in shapes.items()})
    translators.save(translator, whole)
    translators.keep(paired, translators.Kept(whole, 1, {}, {"optimiser": "adam"}))
    return {"net": net, "kept": kept, "run": run, "translator": translator, "paired": paired}


READ: dict[str, tuple[Callable[[Path], Any], type[Exception]]] = {
    "net": (nets.load, ModelError), "kept": (nets.resume, ModelError), "run": (vectors.resume, VectorsError),
    "translator": (translators.load, ModelError), "paired": (translators.resume, ModelError),
}  # fmt: skip


def written_anew(draw: random.Random, source: Path, target: Path) -> str:
    """The archive with its header mutated, or an array dropped, reshaped, of another type, not finite, doubled."""
    with np.load(source) as held:
        arrays = {name: held[name] for name in held.files}
    how = "header"
    if draw.random() < 0.5:
        header, how = mutated(draw, json.loads(arrays["about"].tobytes()))
        arrays["about"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    else:
        name = draw.choice(sorted(set(arrays) - {"about"}))
        value = arrays[name]
        change: dict[str, Callable[[], Any]] = {
            "none": lambda: None, "flat": lambda: value.reshape(-1), "short": lambda: value[:-1],
            "int": lambda: value.astype(int), "text": lambda: value.astype(str), "nan": lambda: value * np.nan,
            "complex": lambda: value * 1j, "bool": lambda: value > 0, "deep": lambda: value[None],
            "0d": lambda: value.sum(),
        }  # fmt: skip
        what = draw.choice(list(change))
        new, how = change[what](), f"{name}: {what}"
        arrays.pop(name)
        if new is not None:
            arrays[name] = new
    np.savez(target, **arrays)
    return how


@pytest.mark.parametrize("kind", READ)
@pytest.mark.filterwarnings("ignore")
def test_mutated_archives(kind: str, made: dict[str, Path], tmp_path: Path) -> None:
    read, refusal = READ[kind]
    assert read(made[kind])
    for n in range(150):
        draw = random.Random(f"{SEED}.{n}")
        how = written_anew(draw, made[kind], tmp_path / "x.npz")
        try:
            found = read(tmp_path / "x.npz")
        except refusal:
            continue
        except Exception as error:
            raise AssertionError(f"UNROLL_FUZZ_SEED={SEED}, number {n}: {how}") from error
        if kind != "run":
            model = found if kind in ("net", "translator") else found.model
            assert all(np.isfinite(value).all() for value in model.theta.values()), how


@pytest.mark.parametrize("kind", READ)
def test_flipped_and_cut_archives(kind: str, made: dict[str, Path], tmp_path: Path) -> None:
    read, refusal = READ[kind]
    whole, path = made[kind].read_bytes(), tmp_path / "x.npz"
    draw = random.Random(SEED)
    for _ in range(150):
        data = bytearray(whole[: draw.randrange(len(whole))] if draw.random() < 0.3 else whole)
        for _ in range(draw.choice([0, 1, 3])):
            if data:
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        with contextlib.suppress(refusal):
            read(path)


def bomb(path: Path, shape: tuple[int, ...], body: int) -> None:
    """An archive with one array that says what it likes of itself, and so many zeros behind that, packed."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("about.npy", head.getvalue())
        with packed.open("V.npy", "w", force_zip64=True) as member:
            member.write(head.getvalue())
            for _ in range(body >> 20):
                member.write(bytes(1 << 20))


@pytest.mark.parametrize(("shape", "body"), [((10**12,), 0), ((10**6, 10**6), 1 << 20), ((150 << 18,), 150 << 20)])
def test_what_an_archive_says_of_itself_takes_no_memory(tmp_path: Path, shape: tuple[int, ...], body: int) -> None:
    path = tmp_path / "x.npz"
    bomb(path, shape, body)
    tracemalloc.start()
    for read, refusal in ((nets.load, ModelError), (vectors.resume, VectorsError), (packing.read, PackingError)):
        with pytest.raises(refusal):
            read(path)
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()


@pytest.mark.skipif(os.name == "nt", reason="devices in folders are POSIX's")
def test_no_file_at_all() -> None:
    for path in ("/dev/zero", "/dev/null"):
        with pytest.raises(ModelError):
            nets.load(Path(path))
