"""Files of nets that translate: `.npz` archives of plain arrays, read without pickle, and checked on reading.

Every parameter stands under its symbol (Uz_e, Wz_d, V, …; vectors flat), as float32; `about` holds JSON: the kinds of
cell and attention, the words of both languages in their order. A checkpoint also has the optimiser's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.device import HOST, HostArray
from engine.gated.run.files import CELLS, ModelError, is_count, read_parameter
from engine.sequences import net as nets
from engine.sequences.attention import KINDS
from engine.sequences.net import Seq2seq
from engine.walks.archive import ArchiveError, is_of, read_archive, write_archive

xp = HOST.xp
FORMAT = "unroll translate 1"


class Model(NamedTuple):
    """A net from words `source` to `target`, the end first: parameters by symbol, vectors as columns."""

    cell: str
    attention: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    theta: Mapping[str, HostArray]

    def net(self, H: int = 0) -> Seq2seq:
        """The net; with as many units as its parameters have, where no number is given."""
        cell, units = CELLS[self.cell], H or int(self.theta["V"].shape[1])
        return Seq2seq(cell, cell, self.attention, units, len(self.source), len(self.target))


class Kept(NamedTuple):
    """A checkpoint: the net, the updates made, the optimiser's memory, the settings that the run was started with."""

    model: Model
    done: int
    memory: Mapping[str, HostArray]
    about: Mapping[str, Any]


def _archive(path: Path, model: Model, kind: Any, memory: Mapping[str, HostArray], **more: Any) -> None:
    flat = {name: value[:, 0] if vector(name) else value for name, value in model.theta.items()}
    arrays = {name: value if kind is None else value.astype(kind) for name, value in flat.items()}
    arrays |= {f"memory.{name}": value for name, value in memory.items()}
    about = {"format": FORMAT, **{name: each for name, each in model._asdict().items() if name != "theta"}, **more}
    write_archive(path, about, arrays)


def vector(name: str) -> bool:
    """Whether a parameter is a vector."""
    return name[0] == "b" or name == "va"


def save(path: Path, model: Model) -> None:
    """Write a net. Raises OSError."""
    _archive(path, model, xp.float32, {})


def keep(path: Path, kept: Kept) -> None:
    """Write a checkpoint, in the precision that the run has. Raises OSError."""
    _archive(path, kept.model, None, kept.memory, done=kept.done, started=dict(kept.about))


def is_translator(path: Path) -> bool:
    """Whether a file is such a net or a checkpoint of one, sound or not. Raises OSError."""
    return is_of(path, FORMAT)


def load(path: Path) -> Model:
    """Read a net. Raises ModelError where the file is no net's or is broken, and OSError."""
    return _read(path)[0]


def resume(path: Path) -> Kept:
    """Read a checkpoint. Raises ModelError, and OSError."""
    model, about, arrays = _read(path)
    memory = {name.removeprefix("memory."): value for name, value in arrays.items() if name.startswith("memory.")}
    if not is_count(about.get("done")) or not isinstance(about.get("started"), dict):
        raise ModelError("translation", path=str(path))
    return Kept(model, about["done"], memory, about["started"])


def _read(path: Path) -> tuple[Model, dict[str, Any], dict[str, HostArray]]:
    try:
        about, arrays = read_archive(path)
    except ArchiveError as error:
        raise ModelError("translation", path=str(path)) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ModelError("translation", path=str(path))
    cell, kind, sides = about.get("cell"), about.get("attention"), [about.get("source"), about.get("target")]
    words = [tuple(side) for side in sides if isinstance(side, list) and all(isinstance(word, str) for word in side)]
    if not (isinstance(cell, str) and cell in CELLS and isinstance(kind, str) and kind in KINDS):
        raise ModelError("translation", path=str(path))
    if len(words) < 2 or any(len({*w}) < len(w) for w in words):
        raise ModelError("translation", path=str(path))
    V = arrays.get("V")
    if V is None or V.ndim != 2:
        raise ModelError("missing", path=str(path), symbol="V")
    model = Model(cell, kind, words[0], words[1], {})
    shapes = nets.shapes(model.net(V.shape[1]))
    theta = {name: read_parameter(path, arrays, name, shape) for name, shape in shapes.items()}
    return model._replace(theta=theta), about, arrays
