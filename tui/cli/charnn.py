"""Nets that write, from the command line: train one on text, letter by letter, and let it write."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from engine.maths.optimisers import OPTIMISERS
from engine.threads import allow, suited
from lessons.contract.knobs import Refused
from tui.canvas.visible import visible
from tui.cli.as_json import print_json
from tui.cli.common import above, open_on
from tui.cli.net_training import NetTraining, columns, of_this_run, on_host, placed, told
from tui.cli.running import reading, writing
from tui.cli.speaking import SpokenCommand

if TYPE_CHECKING:
    from engine.gated.cell import Made
    from engine.gated.run.files import Model
    from engine.gated.run.training import GatedRun
    from engine.walks.history import State

KINDS = ("srn", "relu", "lstm", "gru", "gru-before")
SETTINGS = ("cell", "layers", "hidden", "window", "batch", "rate", "optimiser", "clip")
"""Options that a checkpoint must have been made with."""
SHOWN, PART = 60, 100
"""Letters of a sample, and letters that are written between two flushes."""


def texts_of(files: Iterable[Path]) -> tuple[str, int]:
    """All files, one after the other, and how many of their bytes are no UTF-8. Raises Refused."""
    from engine.words.corpus.reading import blocks

    parts, count = [], 0
    for path in files:
        with reading(path):
            found = list(blocks(path))
        parts.append("".join(text for text, _ in found))
        count += sum(bad for _, bad in found)
    return "\n".join(parts), count


class Begun(NamedTuple):
    """A run that is set up: how it learns, a net still without weights, where it stands, its updates and settings."""

    run: GatedRun[float]
    model: Model
    state: State
    whole: int
    started: Mapping[str, Any]


class LettersTraining(NetTraining):
    """One run of `unroll train charnn`."""

    bad = dropped = 0
    """Bytes of the text that are no UTF-8, and were replaced; letters beyond the most frequent, which were left out."""

    def ours(self, path: Path) -> bool:
        from engine.gated.run.files import is_net

        return is_net(path)

    def save(self, model: Model) -> None:
        from engine.gated.run.files import save

        save(self.out, model)

    def begin(self) -> Begun:
        """The text as codes in streams, a net with weights drawn from the seed."""
        import zlib

        import numpy as np

        from engine.device import HOST, rng
        from engine.gated.run.files import CELLS, Model
        from engine.gated.run.streams import Streams
        from engine.gated.run.training import GatedRun, drawn
        from engine.walks.training import Recipe
        from lessons.recurrent.letter_net import spelled

        o, kind = self.options, np.float32 if self.device is HOST else np.float64
        letters, codes, dropped = spelled(self.text(), o["symbols"])
        source = Streams(codes, len(letters), o["window"], min(o["batch"], len(codes) - 1))
        cell = CELLS[o["cell"]]._replace(layers=o["layers"])

        def look(n: int, before: float, learning: Any, seen: Any) -> float:
            bits: float = seen.loss / source.T / float(np.log(2))
            return before + (bits - before) / min(n, 100)

        recipe = Recipe(OPTIMISERS[o["optimiser"]], o["rate"], o["clip"])
        school: GatedRun[float] = GatedRun(self.device, cell, recipe, source, o["hidden"], look, kind)
        theta = columns(self.device, drawn(cell, o["hidden"], len(letters), rng(o["seed"])), kind)
        started = {name: o[name] for name in SETTINGS}
        started |= {"seed": o["seed"], "text": zlib.crc32(codes.tobytes()), "letters": len(letters)}
        counts = {"length": f"{len(codes):,}", "letters": len(letters), "dropped": f"{dropped:,}"}
        self.say(self.words("train.letters", **counts) + (self.words("train.bad", bad=self.bad) if self.bad else ""))
        self.dropped = dropped
        self.output.room(4 * sum(value.size for value in theta.values()))
        state = school.start(theta, float(np.log2(len(letters))))
        whole = o["updates"] or o["epochs"] * source.windows
        allow(o.get("threads") or suited(source.B * o["hidden"] ** 2 * max(1, len(cell.gates))))
        return Begun(school, Model(o["cell"], o["layers"], {}, letters, o["lower"]), state, whole, started)

    def taken_up(self, begun: Begun) -> Begun:
        """The same run where its checkpoint left it. Raises Refused for another run's."""
        from engine.gated.run.files import resume
        from engine.walks.history import State
        from engine.walks.training import Learning

        with told(self.checkpoint):
            held = resume(self.checkpoint)
        of_this_run(self.checkpoint, held, begun)
        bits, B = held.about.get("bits"), begun.run.source.B
        carried_well = held.carried is None or {each.shape[1] for each in held.carried.values()} == {B}
        if not isinstance(bits, float) or bits - bits or not carried_well:
            raise Refused("model_archive", path=self.checkpoint)
        carried = None if held.carried is None else placed(self.device, held.carried)
        theta, memory = (placed(self.device, each) for each in (held.model.theta, held.memory))
        data = Learning(theta, memory, 0.0, 0, carried, bits)
        return begun._replace(state=State(held.done, data))

    def done(self, begun: Begun, state: State, seconds: float) -> dict[str, Any]:
        source, letters = begun.run.source, begun.model.letters
        learned = (state.n - begun.state.n) * source.T * source.B
        return {
            "out": str(self.out), "letters": letters, "updates": state.n, "bits": state.data.reading,
            "even": math.log2(len(letters)), "seconds": round(seconds, 3),
            "letters_per_second": round(learned / max(seconds, 1e-9)), "bad_bytes": self.bad, "dropped": self.dropped,
            "settings": begun.started,
        }  # fmt: skip

    def text(self) -> str:
        """All files, one after the other."""
        text, self.bad = texts_of(self.files)
        return text.lower() if self.options["lower"] else text

    def wrote(self, model: Model, n: int) -> str:
        """What the net writes after n updates, to be shown."""
        return "".join(written(model, "", SHOWN, self.options["temperature"], 0, n))

    def looked(self, begun: Begun, model: Model, state: State) -> tuple[str, str]:
        return self.words("train.bits", bits=f"{state.data.reading:.2f}"), visible(self.wrote(model, state.n))

    def keep_net(self, model: Model, state: State, started: Mapping[str, Any]) -> None:
        from engine.gated.run.files import Kept, keep

        data = state.data
        carried = None if data.carried is None else on_host(self.device, data.carried)
        about = {**started, "bits": data.reading}
        with writing(self.checkpoint):
            keep(self.checkpoint, Kept(model, state.n, on_host(self.device, data.memory), carried, about))


def written(model: Model, start: str, length: int, temperature: float, top: int, seed: int) -> Iterator[str]:
    """What a net writes after `start`, a part at a time."""
    import numpy as np

    from engine.device import HOST, rng
    from engine.gated.cell import timestep
    from engine.gated.run.letters import encode
    from engine.gated.run.streams import one_hot
    from engine.gated.run.writing import write
    from engine.walks.step import drain

    theta = {name: HOST.put(value) for name, value in model.theta.items()}
    H, K = theta["V"].shape[1], len(model.letters)
    codes = encode(start or ("\n" if "\n" in model.letters else model.letters[0]), model.letters)
    states: Made = dict.fromkeys(model.cell.carry, np.zeros((H, 1)))
    for code in codes[:-1]:
        states = drain(timestep(HOST.xp, model.cell, theta, one_hot(HOST, [code], K), states, 0))
    x, draw = one_hot(HOST, codes[-1:], K), rng(seed)
    for first in range(0, length, PART):
        u = [HOST.put([[each]]) for each in draw.random(min(PART, length - first))]
        picked, states = drain(write(HOST, model.cell, theta, states, x, u, temperature, top))
        found = [int(pick.item()) for pick in picked]
        x = one_hot(HOST, found[-1:], K)
        yield "".join(model.letters[code] for code in found)


@click.command("charnn", cls=SpokenCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--cell", type=click.Choice(KINDS), default="lstm", show_default=True)
@click.option("--layers", type=click.IntRange(1, 4), default=1, show_default=True)
@click.option("--hidden", type=click.IntRange(1, 4096), default=128, show_default=True)
@click.option("--window", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--batch", type=click.IntRange(1, 4096), default=16, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100_000), default=5, show_default=True)
@click.option("--updates", type=click.IntRange(1), default=None)
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=0.003, show_default=True)
@click.option("--optimiser", type=click.Choice(list(OPTIMISERS)), default="adam", show_default=True)
@click.option("--clip", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True)
@click.option("--symbols", type=click.IntRange(2), default=500, show_default=True)
@click.option("--lower", is_flag=True)
@click.option("--temperature", type=click.FloatRange(0.01, 100), default=0.7, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=None)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--out", type=click.Path(path_type=Path), default=Path("charnn.npz"), show_default=True)
@click.option("--keep-every", type=click.FloatRange(0), default=60.0)
@click.option("--resume", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
def charnn_command(files: tuple[Path, ...], device: str | None, as_json: bool, **options: Any) -> int:
    """Learn to write, letter by letter, from text files."""
    return LettersTraining(files, open_on(device or above("device", "cpu")), as_json, options).go()


@click.command("generate", cls=SpokenCommand)
@click.argument("path", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--length", type=click.IntRange(1, 10_000_000), default=500, show_default=True)
@click.option("--start", default="")
@click.option("--temperature", type=click.FloatRange(0.01, 100), default=0.7, show_default=True)
@click.option("--top", type=click.IntRange(0), default=0)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def generate_command(
    path: Path, length: int, start: str, temperature: float, top: int, seed: int, as_json: bool
) -> None:
    """Let a net that was trained by `train charnn` write."""
    from engine.gated.run.files import load
    from engine.gated.run.letters import graphemes
    from lessons.recurrent.in_time import letter

    with told(path):
        model = load(path)
    start = start.lower() if model.lower else start
    read = start if isinstance(model.letters, str) else graphemes(start)  # old nets know code points
    unknown = next((each for each in read if each not in model.letters), None)
    if unknown is not None:
        raise Refused("letter_unknown", letter=letter(unknown), letters="".join(map(letter, model.letters[:40])))
    parts = written(model, start, length, temperature, top, seed)
    if as_json:
        print_json({"start": start, "text": "".join(parts), "seed": seed})
        return
    safe = partial(visible, keep="\n\t") if sys.stdout.isatty() else str  # a file gets the text as it is
    click.echo(safe(start), nl=False)
    for part in parts:
        click.echo(safe(part), nl=False)
    click.echo()
