"""`unroll train music`: a net that learns tunes in ABC, letter by letter, and writes one as ABC and as MIDI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.files import write_whole
from engine.maths.optimisers import OPTIMISERS
from lessons.contract.knobs import Refused
from lessons.contract.phrases import Words
from tui.cli.charnn import KINDS, Begun, LettersTraining, written
from tui.cli.common import above, open_on
from tui.cli.net_training import on_host
from tui.cli.running import Output, reading, writing
from tui.cli.speaking import SpokenCommand

if TYPE_CHECKING:
    from engine.gated.run.files import Model
    from engine.walks.history import State
    from lessons.data.tunes.read import TuneSet

JUDGED, SHOWN = 2400, 60
"""Letters that the bars are judged on at the end, and that are shown while it learns."""
TUNE = 600
"""Letters that a tune may have which is written to a file."""
SAID = 3
"""Tunes that were left out, as many as are named."""
TEMPO = 165.0
"""Quarter notes a minute of a MIDI file: 110 beats in 6/8."""


class Tunes:
    """The tunes of some files, and what a net writes that has learned them."""

    def __init__(
        self, files: Sequence[Path], options: Mapping[str, Any], words: Words, say: Callable[[str], None]
    ) -> None:
        self.files, self.options, self.words, self.say = files, options, words, say

    @cached_property
    def found(self) -> TuneSet:
        """All of them. Raises Refused."""
        from lessons.data.tunes.read import as_text, gathered

        texts = []
        for path in self.files:
            with reading(path):
                texts.append((as_text(path), path))
        return gathered(texts)

    @property
    def samples(self) -> list[Path]:
        """The files that a tune is to be written to."""
        return [path for path in (self.options["abc"], self.options["midi"]) if path is not None]

    def look(self) -> None:
        """Refuse what cannot be written; a tune is written over no other file."""
        for path in self.samples:
            Output(path, self.options["force"]).look(self.files)

    def text(self) -> str:
        """What is learned; how much there is, and what was left out, is said."""
        found = self.found
        self.say(self.words("train.tunes", tunes=len(found.tunes), bars=len(found.bars), left=found.left))
        for file, line, what in found.missed[:SAID]:
            self.say(self.words("train.tune_left", file=file, line=line, found=what))
        return found.text

    def wrote(self, model: Model, n: int, length: int) -> str:
        """What a net writes after n updates, from the header of the first tune on."""
        text = self.found.text
        start = text[: text.index("\n", text.index("K:")) + 1]
        return start + "".join(written(model, start, length, self.options["temperature"], 0, n))

    def judged(self, model: Model, n: int) -> dict[str, Any]:
        """How the bars of a net are judged, for --json; a tune is written to the files that were asked for."""
        from engine.sequences import abc, midi
        from engine.sequences.judging import tally

        found, text = self.found, self.wrote(model, n, JUDGED)
        of = tally([text], found.bars, found.state)
        tune = abc.as_file(abc.first_tune(text[:TUNE]), found.state, self.words("train.tune_title", done=n))
        if self.samples and not tune:
            raise Refused("tune_none", file=self.samples[0])
        made = {"abc": tune.encode()}
        if tune:
            bars = abc.tunes(tune)[0].bars
            made["midi"] = midi.file(abc.played(bars), bars[0].metre or Fraction(1), TEMPO)
        for kind, data in made.items():
            path = self.options[kind]
            if path is not None:
                with writing(path):
                    write_whole(path, data)
                self.say(self.words("train.written", out=path))
        self.say(self.words("train.bars", **of._asdict()))
        return {"tunes": len(found.tunes), "left_out": found.left, "bars": of._asdict(), "sample": tune}


class MusicTraining(LettersTraining):
    """One run of `unroll train music`."""

    @cached_property
    def tunes(self) -> Tunes:
        return Tunes(self.files, self.options, self.words, self.say)

    def look(self) -> None:
        super().look()
        self.tunes.look()

    def text(self) -> str:
        return self.tunes.text()

    def wrote(self, model: Model, n: int) -> str:
        return self.tunes.wrote(model, n, SHOWN)

    def done(self, begun: Begun, state: State, seconds: float) -> dict[str, Any]:
        model = begun.model._replace(theta=on_host(self.device, state.data.theta))
        return {**super().done(begun, state, seconds), **self.tunes.judged(model, state.n)}


@click.command("music", cls=SpokenCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--cell", type=click.Choice(KINDS), default="gru", show_default=True)
@click.option("--layers", type=click.IntRange(1, 4), default=1, show_default=True)
@click.option("--hidden", type=click.IntRange(1, 4096), default=128, show_default=True)
@click.option("--window", type=click.IntRange(1, 10_000), default=64, show_default=True)
@click.option("--batch", type=click.IntRange(1, 4096), default=16, show_default=True)
@click.option("--updates", type=click.IntRange(1), default=300, show_default=True)
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=0.004, show_default=True)
@click.option("--optimiser", type=click.Choice(list(OPTIMISERS)), default="adam", show_default=True)
@click.option("--clip", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--temperature", type=click.FloatRange(0.01, 100), default=0.8, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--out", type=click.Path(path_type=Path), default=Path("music.npz"), show_default=True)
@click.option("--abc", type=click.Path(path_type=Path), default=None)
@click.option("--midi", type=click.Path(path_type=Path), default=None)
@click.option("--keep-every", type=click.FloatRange(0), default=60.0)
@click.option("--resume", is_flag=True)
@click.option("--force", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--quiet", is_flag=True)
def music_command(files: tuple[Path, ...], device: str | None, as_json: bool, **options: Any) -> int:
    """Learn to write tunes, letter by letter, from files in ABC."""
    options |= {"lower": False, "symbols": 500}
    return MusicTraining(files, open_on(device or above("device", "cpu")), as_json, options).go()
