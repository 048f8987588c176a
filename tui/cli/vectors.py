"""Word vectors from the command line: train them on text, and ask them for neighbours and analogies."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.threads import allow, suited
from lessons.contract.knobs import Refused
from tui.canvas.visible import visible
from tui.cli.as_json import print_json
from tui.cli.common import above, at_work, open_on, words_of
from tui.cli.running import reading
from tui.cli.speaking import SpokenCommand, SpokenGroup
from tui.cli.train import WordsTraining, find

if TYPE_CHECKING:
    from engine.words.run.files import Words as Held


@click.group(
    "train",
    cls=SpokenGroup,
    elsewhere={
        "charnn": "tui.cli.charnn:charnn_command",
        "music": "tui.cli.music:music_command",
        "translate": "tui.cli.translate:train_command",
    },
)
def train_group() -> None:
    """Train a network on your own data."""


@train_group.command("word2vec")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--model", type=click.Choice(["sg", "cbow"]), default="sg")
@click.option("--loss", type=click.Choice(["ns", "hs"]), default="ns")
@click.option("--dim", type=click.IntRange(1, 2000), default=100, show_default=True)
@click.option("--window", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--negative", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--min-count", type=click.IntRange(1), default=5, show_default=True)
@click.option("--max-size", type=click.IntRange(2), default=None)
@click.option("--sample", type=click.FloatRange(0, 1), default=1e-3, show_default=True)
@click.option("--formula", type=click.Choice(["c", "paper"]), default="c")
@click.option("--mean", type=click.Choice(["c", "exact"]), default="c")
@click.option("--epochs", type=click.IntRange(1, 10_000), default=5, show_default=True)
@click.option("--alpha", type=click.FloatRange(0, min_open=True), default=0.025, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--tokens", type=click.Choice(["words", "spaces"]), default="words")
@click.option("--lower", is_flag=True)
@click.option("--binary", is_flag=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("vectors.txt"), show_default=True)
@click.option("--watch", default="", metavar="WORD,…")
@click.option("--keep-every", type=click.FloatRange(0), default=60.0)
@click.option("--resume", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
def word2vec_command(files: tuple[Path, ...], device: str | None, as_json: bool, **options: Any) -> int:
    """Learn word vectors from text files; a line is a sentence."""
    target = open_on(device or above("device", "cpu"))
    if options["threads"] > 1 and target.name != "cpu":
        raise Refused("threads_device", threads=options["threads"], device=target.name)
    return WordsTraining(files, target, as_json, options).go()


def held_in(path: Path) -> Held:
    """The vectors of a file."""
    from engine.words.run.loading import load

    with reading(path), at_work():
        held = load(path)
    if any(held.found.values()):
        print(words_of()("train.found", **held.found), file=sys.stderr)
    return held


Command = Callable[..., Any]


def asking(command: Command) -> Command:
    """The options of what asks vectors."""
    command = click.option("--json", "as_json", is_flag=True)(command)
    return click.option("--count", type=click.IntRange(1), default=10, show_default=True)(command)


@click.command("neighbours", cls=SpokenCommand)
@click.argument("path", type=click.Path(path_type=Path), metavar="VECTORS")
@click.argument("words", nargs=-1, required=True, metavar="WORD…")
@asking
def neighbours_command(path: Path, words: tuple[str, ...], count: int, as_json: bool) -> None:
    """The words nearest to each WORD by cosine."""
    from engine.words.vectors import neighbours

    held = held_in(path)
    allow(suited(held.vectors.size * len(words)))
    found = neighbours(held.vectors, [find(held.words, word) for word in words], count)
    rows = {w: [(held.words[n.word], n.cosine) for n in row] for w, row in zip(words, found, strict=True)}
    show("neighbours", rows, as_json)


@click.command("analogy", cls=SpokenCommand)
@click.argument("path", type=click.Path(path_type=Path), metavar="VECTORS")
@click.argument("a")
@click.argument("b")
@click.argument("c")
@asking
def analogy_command(path: Path, a: str, b: str, c: str, count: int, as_json: bool) -> None:
    """A is to B as C is to …"""
    from engine.words.vectors import analogies

    held = held_in(path)
    one, two, three = (find(held.words, word) for word in (a, b, c))
    (row,) = analogies(held.vectors, [(one, two, three)], count)
    show("analogy", {f"{a} : {b} = {c} : ?": [(held.words[near.word], near.cosine) for near in row]}, as_json)


def show(name: str, found: dict[str, list[tuple[str, float]]], as_json: bool) -> None:
    """Words and cosines, as columns or JSON."""
    if as_json:
        answer = {k: [{"word": word, "cosine": cosine} for word, cosine in row] for k, row in found.items()}
        print_json({name: answer})
        return
    from rich.cells import cell_len

    for asked, row in found.items():
        click.echo(visible(asked))
        named = [(visible(word), cosine) for word, cosine in row]
        wide = max((cell_len(word) for word, _ in named), default=0)
        for word, cosine in named:
            click.echo(f"  {word}{' ' * (wide - cell_len(word))}  {cosine:.4f}")
