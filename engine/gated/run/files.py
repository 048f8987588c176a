"""Files of letter-level nets: `.npz` archives of plain arrays, read without pickle, and checked on reading.

Every parameter stands under its key (Wi, Uf2, V, …; vectors flat), as float32; `about` holds JSON: the kind of cell,
its layers, the letters in their order, a text, or a list where one of them is several code points. Keys are those of
the first version, W (H, I) and U (H, H), the letters of Cho et al. 2014. In memory it is U (H, I) and W (H, H), and
`key` turns one into the other. PyTorch's modules take the arrays as they are: weight_ih_l0 is Wi, Wf, Wg, Wo of an
LSTM (Wr, Wz, Wn of a GRU, Wh of an RNN) on top of one another, weight_hh_l0 the U, bias_ih_l0 the b; bias_hh_l0 is 0,
but in a GRU bm stands there in n's place. A checkpoint also has the optimiser's memory and the states that are carried
on, so that training can be resumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from engine.device import HOST, HostArray
from engine.gated.cell import Cell
from engine.gated.gru import AFTER, BEFORE
from engine.gated.lstm import LSTM
from engine.gated.plain import RELU, SRN
from engine.gated.run.letters import Letters
from engine.walks.archive import ArchiveError, is_of, read_archive, write_archive

xp = HOST.xp
FORMAT = "unroll charnn 1"
CELLS: dict[str, Cell] = {"srn": SRN, "relu": RELU, "lstm": LSTM, "gru": AFTER, "gru-before": BEFORE}
"""Kinds of cell by their name on the command line and in files."""
MOST_LAYERS = 4
MATRIX = re.compile(r"(?P<slot>([A-Za-z]+_)?)(?P<letter>[UW])(?P<of>[a-z]\d*)")
"""A matrix of a gate, Wi or Uf2, or what an optimiser remembers of it, G_Wi."""


class ModelError(ValueError):
    """A file that cannot be read as a net: `key` is the reason (a phrase), `about` its fields."""

    def __init__(self, key: str, **about: Any) -> None:
        super().__init__(key, about)
        self.key, self.about = key, about


class Model(NamedTuple):
    """A net over `letters`: parameters by symbol, vectors as columns. `lower`: its text was made lower case."""

    kind: str
    layers: int
    theta: Mapping[str, HostArray]
    letters: Letters
    lower: bool = False

    @property
    def cell(self) -> Cell:
        """The cell, in its layers."""
        return CELLS[self.kind]._replace(layers=self.layers)


class Kept(NamedTuple):
    """A checkpoint: the net, the updates made, the optimiser's memory, and the states (H, B) that are carried on.

    `about` are the settings that the run was started with.
    """

    model: Model
    done: int
    memory: Mapping[str, HostArray]
    carried: Mapping[str, HostArray] | None
    about: Mapping[str, Any]


def key(symbol: str) -> str:
    """The key in a file of a symbol in memory, and the symbol of a key: U and W have each other's places there."""
    found = MATRIX.fullmatch(symbol)
    return f"{found['slot']}{'W' if found['letter'] == 'U' else 'U'}{found['of']}" if found else symbol


def _about(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT, "cell": model.kind, "layers": model.layers, "letters": model.letters, "lower": model.lower
    }  # fmt: skip


def save(path: Path, model: Model) -> None:
    """Write a net. Raises OSError."""
    arrays = {key(name): _vector(name, value).astype(xp.float32) for name, value in model.theta.items()}
    write_archive(path, _about(model), arrays)


def _vector(name: str, value: HostArray) -> HostArray:
    """Biases are written flat, matrices as they are, though they may have one column."""
    return value[:, 0] if name[0] == "b" else value


def is_net(path: Path) -> bool:
    """Whether a file is a net or a checkpoint of one, sound or not. Raises OSError."""
    return is_of(path, FORMAT)


def load(path: Path) -> Model:
    """Read a net. Raises ModelError where the file is no net's or is broken, and OSError."""
    about, arrays = _read(path)
    return _model(path, about, arrays)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, HostArray]]:
    """(`about`, arrays) of an archive. Raises ModelError, and OSError where the file cannot be opened."""
    try:
        about, arrays = read_archive(path)
    except ArchiveError as error:
        raise ModelError("archive", path=str(path)) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ModelError("archive", path=str(path))
    return about, arrays


def _model(path: Path, about: Mapping[str, Any], arrays: Mapping[str, HostArray]) -> Model:
    kind, layers, letters = about.get("cell"), about.get("layers"), about.get("letters")
    if not isinstance(kind, str) or kind not in CELLS or not is_count(layers) or not 1 <= layers <= MOST_LAYERS:
        raise ModelError("kind", path=str(path), kind=kind, layers=layers, kinds=", ".join(CELLS))
    if isinstance(letters, list) and all(isinstance(letter, str) and letter for letter in letters):
        letters = tuple(letters)
    if not isinstance(letters, str | tuple) or len(letters) < 2 or len({*letters}) < len(letters):
        raise ModelError("letters", path=str(path))
    V = arrays.get("V")
    if V is None:
        raise ModelError("missing", path=str(path), symbol="V")
    H = V.shape[1] if V.ndim == 2 else 1
    model = Model(kind, layers, {}, letters, bool(about.get("lower")))
    shapes = model.cell.shapes(H, len(letters))
    theta = {name: read_parameter(path, arrays, key(name), shape) for name, shape in shapes.items()}
    return model._replace(theta=theta)


def read_parameter(path: Path, arrays: Mapping[str, HostArray], name: str, shape: tuple[int, ...]) -> HostArray:
    """A parameter of this name and shape, a vector as a column. Raises ModelError where it is none."""
    value = arrays.get(name)
    if value is None:
        raise ModelError("missing", path=str(path), symbol=name)
    check(path, name, value, shape)
    if not xp.isfinite(value).all():
        raise ModelError("finite", path=str(path), symbol=name)
    return value if value.ndim == 2 else value[:, None]


def keep(path: Path, kept: Kept) -> None:
    """Write a checkpoint, in the precision that the run has. Raises OSError."""
    arrays = {key(name): _vector(name, value) for name, value in kept.model.theta.items()}
    arrays |= {f"memory.{key(name)}": value for name, value in kept.memory.items()}
    arrays |= {f"carried.{name}": value for name, value in (kept.carried or {}).items()}
    write_archive(path, {**_about(kept.model), "done": kept.done, "started": dict(kept.about)}, arrays)


def resume(path: Path) -> Kept:
    """Read a checkpoint. Raises ModelError, and OSError."""
    about, arrays = _read(path)
    parts: dict[str, dict[str, HostArray]] = {"memory": {}, "carried": {}}
    for name in [name for name in arrays if "." in name]:
        part, _, symbol = name.partition(".")
        parts.setdefault(part, {})[key(symbol)] = arrays.pop(name)
    done, started = about.get("done"), about.get("started")
    if not is_count(done) or not isinstance(started, dict):
        raise ModelError("archive", path=str(path))
    model, H = _model(path, about, arrays), len(arrays["V"][0])
    wanted = {name: model.theta.get(name.partition("_")[2]) for name in parts["memory"]}
    for name, value in parts["memory"].items():
        like = wanted[name]
        check(path, f"memory.{key(name)}", value, None if like is None else like.shape)
    for name, value in parts["carried"].items():
        known = name in model.cell.carry and value.ndim == 2
        check(path, f"carried.{name}", value, (H, value.shape[1]) if known else None)
    return Kept(model, done, parts["memory"], parts["carried"] or None, started)


def check(path: Path, name: str, value: HostArray, shape: tuple[int, ...] | None) -> None:
    """Raises ModelError where an array has not this shape, or is not one of real numbers."""
    if shape is None or value.shape != shape:
        raise ModelError("shape", path=str(path), symbol=name, found=value.shape, wanted=shape or "no such array")
    if value.dtype.kind != "f":
        raise ModelError("kind_of", path=str(path), symbol=name, found=value.dtype.name)


def is_count(value: object) -> TypeGuard[int]:
    """Whether it is a whole number of 0 or more, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
