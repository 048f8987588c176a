"""Nets that translate, from the command line: train one on pairs of sentences, and let it translate."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from engine.maths.optimisers import OPTIMISERS
from lessons.contract.knobs import Refused
from tui.canvas.visible import visible
from tui.cli.as_json import print_json
from tui.cli.common import above, open_on, words_of
from tui.cli.net_training import NetTraining, columns, of_this_run, on_host, placed, told
from tui.cli.running import writing
from tui.cli.speaking import SpokenCommand

if TYPE_CHECKING:
    from engine.sequences.files import Model
    from engine.sequences.training import PairsRun
    from engine.walks.history import State

CELLS = ("gru", "gru-before", "lstm", "srn", "relu")
ATTENTION = ("general", "dot", "additive", "none")
SETTINGS = ("cell", "attention", "hidden", "batch", "rate", "optimiser", "clip")
"""Options that a checkpoint must have been made with."""
SHOWN, LONGEST = 3, 40
"""Sentences that are shown with their translations, and words that a translation may have."""


class Begun(NamedTuple):
    """A run that is set up: how it learns, a net still without weights, where it stands, its updates and settings."""

    run: PairsRun
    model: Model
    state: State
    whole: int
    started: Mapping[str, Any]
    watched: Sequence[tuple[str, ...]]


class PairsTraining(NetTraining):
    """One run of `unroll train translate`."""

    def ours(self, path: Path) -> bool:
        from engine.sequences.files import is_translator

        return is_translator(path)

    def save(self, model: Model) -> None:
        from engine.sequences.files import save

        save(self.out, model)

    def done(self, begun: Begun, state: State, seconds: float) -> dict[str, Any]:
        found = begun.run.measured(state.data.theta)._asdict()
        right = {name: found[name] if begun.run.tests else None for name in ("exact", "forced", "free")}
        learned = begun.model._replace(theta=on_host(self.device, state.data.theta))
        return {
            "out": str(self.out), "pairs": len(begun.run.train), "held_out": len(begun.run.tests), "updates": state.n,
            "loss": float(state.data.loss), "right": right,
            "source_words": len(begun.model.source), "target_words": len(begun.model.target) - 1,
            "translations": self.translations(learned, begun.watched), "seconds": round(seconds, 3),
            "settings": begun.started,
        }  # fmt: skip

    def begin(self) -> Begun:
        """The pairs in codes, some of them held out, a net with weights drawn from the seed."""
        import zlib

        import numpy as np

        from engine.device import HOST, rng
        from engine.feedforward.mlp_training import Batches
        from engine.sequences import net as nets
        from engine.sequences.files import Model
        from engine.sequences.training import PairsRun
        from engine.walks.training import Recipe
        from lessons.data.translations.read import cut, gathered, read_pairs, shuffled

        o, kind = self.options, np.float32 if self.device is HOST else np.float64
        found = read_pairs(self.files)
        held = min(o["held"], len(found) // 5)
        drawn = shuffled(found, o["seed"])
        data = gathered(drawn[held:], drawn[:held])
        model = Model(o["cell"], o["attention"], data.source, data.target, {})
        net, recipe = model.net(o["hidden"]), Recipe(OPTIMISERS[o["optimiser"]], o["rate"], o["clip"])
        train, tests = data.coded(data.train), data.coded(data.test)
        run = PairsRun(self.device, net, recipe, Batches(o["batch"], o["seed"]), train, tests, every=1 << 60, kind=kind)
        theta = columns(self.device, nets.drawn(net, rng(o["seed"])), kind)
        started = {name: o[name] for name in SETTINGS}
        text = "\n".join(" ".join(a) + "\t" + " ".join(b) for a, b in found)
        started |= {"seed": o["seed"], "pairs": len(found), "held": held, "text": zlib.crc32(text.encode())}
        counts = {"pairs": f"{len(train):,}", "held": held, "source": len(data.source), "target": len(data.target) - 1}
        self.say(self.words("train.pairs", **counts))
        self.output.room(4 * sum(value.size for value in theta.values()))
        watched = [cut(sentence) for sentence in o["watch"]] or [a for a, _ in (data.test or data.train)[:SHOWN]]
        for sentence in watched:
            self.unknown(model, sentence)
        whole = o["updates"] or o["epochs"] * run.per
        return Begun(run, model, run.start(theta), whole, started, watched)

    def unknown(self, model: Model, sentence: Sequence[str]) -> None:
        """Say which words a net does not know, and how they are read."""
        if said := not_known(model, sentence):
            self.say(self.words("train.unknown", words=said))

    def taken_up(self, begun: Begun) -> Begun:
        """The same run where its checkpoint left it. Raises Refused for another run's."""
        from engine.sequences.files import resume
        from engine.walks.history import State
        from engine.walks.training import Learning

        with told(self.checkpoint):
            held = resume(self.checkpoint)
        of_this_run(self.checkpoint, held, begun)
        theta, memory = (placed(self.device, each) for each in (held.model.theta, held.memory))
        data = Learning(theta, memory, 0.0, 0, None, begun.state.data.reading)
        return begun._replace(state=State(held.done, data))

    def translations(self, model: Model, sentences: Sequence[tuple[str, ...]]) -> list[dict[str, str]]:
        """Sentences and what the net makes of them."""
        return [
            {"source": " ".join(sentence), "translation": each[0][0]}
            for sentence, each in zip(sentences, translated(model, sentences, 1), strict=True)
        ]

    def waiting(self) -> str:
        return self.words("train.loss") + " –"

    def looked(self, begun: Begun, model: Model, state: State) -> tuple[str, str]:
        made = self.translations(model, begun.watched)
        lines = [f"{each['source']}  →  {each['translation']}" for each in made]
        return f"{self.words('train.loss')} {float(state.data.loss):.3f}", visible("\n".join(lines), "\n")

    def keep_net(self, model: Model, state: State, started: Mapping[str, Any]) -> None:
        from engine.sequences.files import Kept, keep

        with writing(self.checkpoint):
            keep(self.checkpoint, Kept(model, state.n, on_host(self.device, state.data.memory), started))


def not_known(model: Model, sentence: Sequence[str]) -> str:
    """The words of a sentence that a net does not know."""
    return " ".join(dict.fromkeys(word for word in sentence if word not in model.source))


def translated(model: Model, sentences: Sequence[Sequence[str]], k: int) -> list[list[tuple[str, float]]]:
    """For each sentence the k best translations of a beam, (words, Σ ln ŷ); with k = 1 that of greedy choice."""
    from engine.device import HOST
    from engine.sequences import writing as write
    from engine.sequences.pairs import END, Pair, batch, padded
    from engine.sequences.translating import Translating
    from engine.walks.step import drain

    net, codes = model.net(), {word: i for i, word in enumerate(model.source)}
    theta, found = {name: HOST.put(value) for name, value in model.theta.items()}, []
    for sentence in sentences:
        pair = Pair(tuple(codes.get(word, len(codes)) for word in sentence), ())
        whole = Translating(HOST, net, theta, batch(HOST, net, padded([pair], 1)))
        start = write.begun(HOST, net, theta, whole.batch, whole.read)
        best = drain(write.beam(HOST, net, theta, start, k, LONGEST))
        found.append([(" ".join(model.target[i] for i in each if i != END), value) for each, value in best])
    return found


@click.command("train-translate", cls=SpokenCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--cell", type=click.Choice(CELLS), default="gru", show_default=True)
@click.option("--attention", type=click.Choice(ATTENTION), default="general", show_default=True)
@click.option("--hidden", type=click.IntRange(1, 2048), default=64, show_default=True)
@click.option("--batch", type=click.IntRange(1, 1024), default=32, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--updates", type=click.IntRange(1), default=None)
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=0.005, show_default=True)
@click.option("--optimiser", type=click.Choice(list(OPTIMISERS)), default="adam", show_default=True)
@click.option("--clip", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--held", type=click.IntRange(0, 10_000), default=200, show_default=True)
@click.option("--watch", multiple=True, metavar="SENTENCE")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--out", type=click.Path(path_type=Path), default=Path("translate.npz"), show_default=True)
@click.option("--keep-every", type=click.FloatRange(0), default=60.0)
@click.option("--resume", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
def train_command(files: tuple[Path, ...], device: str | None, as_json: bool, **options: Any) -> int:
    """Learn to translate, from files with a sentence, a tab and its translation in each line."""
    return PairsTraining(files, open_on(device or above("device", "cpu")), as_json, options).go()


@click.command("translate", cls=SpokenCommand)
@click.argument("path", type=click.Path(path_type=Path), metavar="MODEL")
@click.argument("sentences", nargs=-1, metavar="[SENTENCE…]")
@click.option("--beam", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
def translate_command(path: Path, sentences: tuple[str, ...], beam: int, as_json: bool, quiet: bool) -> None:
    """Translate sentences, or the lines of standard input, with a net that was trained by `train translate`."""
    from engine.sequences.files import load
    from lessons.data.translations.read import cut

    with told(path):
        model = load(path)
    words, safe = words_of(), visible if sys.stdout.isatty() else str
    for sentence in sentences or (line.rstrip("\n") for line in sys.stdin):
        source = cut(sentence)
        if not source:
            raise Refused("pairs_sentence", words=0, most=LONGEST)
        if (said := not_known(model, source)) and not quiet:
            print(visible(words("train.unknown", words=said)), file=sys.stderr)
        (found,) = translated(model, [source], beam)
        if as_json:
            best = [{"translation": each, "score": value} for each, value in found]
            print_json({"source": sentence, "unknown": said.split(), "translations": best})
            continue
        for each, value in found:
            click.echo(safe(each if beam == 1 else f"{value:8.3f}  {each}"))
