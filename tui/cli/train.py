"""One run of `unroll train word2vec`: its corpus, its checkpoints, what it shows while it learns."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.contract.knobs import Refused
from tui.canvas.visible import visible
from tui.cli.common import words_of
from tui.cli.running import OFTEN, TrainingRun, growing, reading, writing

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.words.corpus.reading import Corpus
    from engine.words.kernel.fast import Vectors
    from engine.words.run.training import Settings, WordRun

GROWN = 3
"""A loss so many times what it was before training has diverged: a bound on moves may keep the numbers finite."""


class WordsTraining(TrainingRun):
    """One run of `unroll train word2vec`."""

    def ours(self, path: Path) -> bool:
        from engine.words.run.loading import are_vectors

        return are_vectors(path)

    def go(self) -> int:
        """Read, train, write. The exit code: 0, or 128 + the signal that ended it."""
        from engine.words.run.files import Words, resume, save
        from engine.words.run.training import WordRun, chunks

        self.look()
        if self.options["resume"] and not self.checkpoint.exists():
            raise Refused("checkpoint_missing", path=self.checkpoint)
        corpus = self.read()
        watched = [find(corpus.vocabulary.words, word) for word in self.options["watch"].split(",") if word]
        school = WordRun(self.device, self.settings(), corpus.vocabulary)
        vectors, done, whole = school.start(), 0, chunks(corpus.text) * school.settings.epochs
        self.output.room(len(corpus.vocabulary.words) * (4 if self.options["binary"] else 10) * self.options["dim"])
        about = self.about(corpus)
        if self.options["resume"]:
            with reading(self.checkpoint):
                held = resume(self.checkpoint)
            for what, was in held.about.items():
                if about.get(what) != was:
                    raise Refused("checkpoint_other", path=self.checkpoint, what=what, was=was, now=about.get(what))
            shapes = [[None if each is None else each.shape for each in some] for some in (held.vectors, vectors)]
            if shapes[0] != shapes[1] or held.done > whole:
                raise Refused("vectors_checkpoint", path=self.checkpoint)
            sent = (None if each is None else self.device.send(each) for each in held.vectors)
            vectors, done = type(vectors)(*sent), held.done
        from concurrent.futures.process import BrokenProcessPool

        try:
            with self.caught():
                result = self.train(school, corpus, vectors, range(done, whole), watched, about)
                if result is None:
                    return 128 + self.stopped
                with self.ending(lambda: self.keep(whole, vectors, about)):
                    table = self.device.get(vectors.table)[:-1, 0]
                    save(self.out, Words(corpus.vocabulary.words, table), self.options["binary"])
        except BrokenProcessPool:
            raise Refused("worker_gone", checkpoint=self.checkpoint) from None
        return self.finish(result)

    def read(self) -> Corpus:
        """The corpus, with a line that says how it goes."""
        from engine.words.corpus.reading import read, segmenter

        o = self.options
        with reading(self.files[0]):
            corpus = read(self.files, o["min_count"], o["max_size"], o["tokens"] == "spaces", o["lower"], segmenter())
        known = corpus.vocabulary
        counts = {"total": f"{known.total:,}", "kept": f"{len(known.words):,}", "lines": f"{corpus.sentences:,}"}
        bad = self.words("train.bad", bad=f"{corpus.bad:,}") if corpus.bad else ""
        self.say(self.words("train.read", **counts) + bad)
        return corpus

    def settings(self) -> Settings:
        """What the engine is told."""
        from engine.words.run.training import Settings

        names = ("model", "loss", "dim", "window", "negative", "sample", "formula", "epochs", "alpha", "seed")
        return Settings(**{name: self.options[name] for name in names}, exact=self.options["mean"] == "exact")

    def about(self, corpus: Corpus) -> dict[str, Any]:
        """What a checkpoint must have been made with."""
        import zlib

        words = zlib.crc32("\n".join(corpus.vocabulary.words).encode())
        return self.settings()._asdict() | {
            "words": words,
            "text": len(corpus.text),
            "threads": self.options["threads"],
        }

    def keep(self, done: int, vectors: Vectors, about: dict[str, Any]) -> None:
        """Write a checkpoint."""
        from engine.words.kernel.fast import Vectors as Made
        from engine.words.run.files import Checkpoint, keep

        host = Made(*(None if each is None else self.device.get(each) for each in vectors))
        with writing(self.checkpoint):
            keep(self.checkpoint, Checkpoint(done, host, about))

    def train(
        self, school: WordRun, corpus: Corpus, vectors: Vectors, left: range, watched: list[int], about: dict[str, Any]
    ) -> dict[str, Any] | None:
        """All chunks `left`, with progress and checkpoints. What was done, for --json; None where it was stopped."""
        from rich.console import Group
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from engine.words.run.training import learn, loss

        done, whole = left.start, left.stop
        bar = Progress(
            TextColumn(self.words("train.bar")),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %  {task.fields[rate]:,.0f} " + self.words("train.rate")),
            TextColumn(self.words("train.loss") + " {task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        task = bar.add_task("", total=whole, completed=done, rate=0.0, loss="–")
        began = looked = kept = time.monotonic()
        seen, value = None, float("nan")

        def picture() -> RenderableType:
            return Group(*([watching(self.device, corpus, vectors, watched)] if watched else []), bar)

        laid = school.lay(corpus.text, 0, 0)
        first = loss(school, school.start(), laid, 0)
        with growing(picture(), transient=not watched, quiet=self.options["quiet"]) as live:
            for seen in learn(school, corpus.text, vectors, done, self.options["threads"]):
                now, last, stops = time.monotonic(), seen.chunks == whole, bool(self.stopped)
                if now - looked >= OFTEN or last or stops:
                    looked = now
                    value = loss(school, vectors, laid, 0)
                    if not value <= GROWN * first or not sound(school, vectors):
                        raise Refused(
                            "diverged", chunk=seen.chunks, alpha=school.settings.alpha, first=f"{first:.3g}", loss=value
                        )
                    rate = seen.tokens / max(now - began, 1e-9)
                    bar.update(task, completed=seen.chunks, rate=rate, loss=f"{value:.3f}")
                    live.update(picture(), refresh=True)
                    if not last and (stops or now - kept >= self.options["keep_every"]):
                        self.hold(partial(self.keep, seen.chunks, vectors, about))
                        kept = now
                if stops:
                    break
        if seen is not None and seen.chunks < whole:
            self.say(self.words("train.stopped", done=seen.chunks, whole=whole))
            return None
        seconds, tokens = time.monotonic() - began, seen.tokens if seen else 0
        return {
            "out": str(self.out),
            "words": len(corpus.vocabulary.words),
            "dim": school.settings.dim,
            "tokens": tokens,
            "seconds": round(seconds, 3),
            "words_per_second": round(tokens / max(seconds, 1e-9)),
            "loss": None if value != value else value,
            "bad_bytes": corpus.bad,
            "settings": school.settings._asdict(),
        }


def sound(school: WordRun, vectors: Vectors) -> bool:
    """Whether every number is finite."""
    from engine.device import finite

    return all(each is None or finite(school.device.get(each)) for each in vectors)


def watching(device: Any, corpus: Corpus, vectors: Vectors, watched: list[int]) -> RenderableType:
    """The neighbours of the watched words, as a table."""
    from rich.table import Table
    from rich.text import Text

    from engine.words.vectors import neighbours

    words = corpus.vocabulary.words
    table = Table(box=None, padding=(0, 2))
    found = neighbours(device.get(vectors.table)[:-1, 0], watched, 10)
    for word in watched:
        table.add_column(Text(visible(words[word])))
    for row in zip(*found, strict=True):
        table.add_row(*(Text(f"{visible(words[near.word])} {near.cosine:.3f}") for near in row))
    return table


def find(words: tuple[str, ...], word: str) -> int:
    """The number of a word, as typed or composed (NFC). Refused with the nearest spellings where there is none."""
    from engine.words.corpus.splitting import normal

    for form in (word, normal(word)):
        if form in words:
            return words.index(form)
    from difflib import get_close_matches

    close = get_close_matches(word, words, 3, 0.6)
    hint = words_of()("refused.word_near", words=", ".join(close)) if close else ""
    raise Refused("word_missing", word=word, count=len(words), near=hint)
