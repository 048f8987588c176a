"""Sentences with a label: two small grammars with negation, English and Chinese, and the learner's own from a CSV file.

Subject, verb, modifier, adjective, tail. An adjective is positive or negative, a negation turns the label round. A
third of the pairs (negation, adjective) stand in no sentence to learn from.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engine.device import Rng, rng
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason

LEARN, TEST = 1000, 600
"""Sentences of the grammar to learn from, and to be tested with."""
WORDS, SENTENCES, CLASSES = 24, 2000, 10
"""Words that a sentence of one's own may have at most, sentences that a file may hold, and classes."""
DRAWN, PARTED = 33, 34
"""Sections of the seed that draw sentences, and that part the learner's own into those to learn from and the others."""
HELD = 0.2
"""The share of the learner's own sentences that is kept for the test."""
CHINESE, LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[^\u3400-\u9fff]+")
GROUPS = ("plain", "seen", "unseen")
"""Kinds of test sentences: without negation; with one, in a pair that was learned from; in a pair that was not."""


class Grammar(NamedTuple):
    """The words of each place of a sentence; a place of several words is one string with blanks."""

    subjects: tuple[str, ...]
    verbs: tuple[str, ...]
    plain: tuple[str, ...]
    negations: tuple[str, ...]
    negative: tuple[str, ...]
    positive: tuple[str, ...]
    tails: tuple[str, ...]
    labels: tuple[str, str]


def words(text: str) -> tuple[str, ...]:
    """A line of words."""
    return tuple(text.split())


GRAMMARS = {
    "en": Grammar(
        ("the film", "the book", "this song", "the food", "the hotel", "this game", "the service", "the story"),
        ("is", "was", "seems"),
        ("", "very", "really", "quite", "so"),
        ("not", "never", "hardly", "not very", "not really", "not so"),
        words("bad boring awful poor terrible dull weak horrible ugly slow stupid annoying"),
        words("good great lovely funny brilliant exciting clever beautiful charming strong fresh moving"),
        ("", "today", "to me", "i think", "in the end"),
        ("negative", "positive"),
    ),
    "zh": Grammar(
        ("这部 电影", "这 本 书", "这 首 歌", "这家 饭店", "这个 故事", "这 款 游戏", "他们的 服务", "那 场 演出"),
        ("", "一直", "其实"),
        ("", "很", "真", "非常", "相当"),
        ("不", "不太", "从不", "并不", "毫不", "不 怎么"),
        words("糟糕 无聊 难看 乏味 粗糙 沉闷 差劲 难受 丑陋 拖沓 愚蠢 讨厌"),
        words("精彩 好看 有趣 可爱 出色 动人 聪明 美丽 舒服 新鲜 感人 难忘"),
        ("", "啊", "我 觉得", "说 实话", "到 最后"),
        ("负面", "正面"),
    ),
}  # fmt: skip


class Sentence(NamedTuple):
    """Words, the label, and which of `GROUPS` it belongs to (0 where there are none)."""

    words: tuple[str, ...]
    label: str
    group: int = 0


class Sentences(NamedTuple):
    """Those to learn from and those to be tested with, and all labels in order."""

    learn: Sequence[Sentence]
    test: Sequence[Sentence]
    labels: tuple[str, ...]
    groups: tuple[str, ...]


def sentences(source: str, language: str, seed: int) -> Sentences:
    """Those of the grammar of a language, or of a CSV file. Raises Refused."""
    return grammar(language, seed) if source == "grammar" else parted(source, seed)


@lru_cache(maxsize=4)
def grammar(language: str, seed: int) -> Sentences:
    """Sentences drawn from the grammar: half of them negated, the two labels about as frequent."""
    of, draw = GRAMMARS[language], rng(seed, DRAWN)
    adjectives = (*of.negative, *of.positive)
    pairs = [(n, a) for n in of.negations for a in adjectives]
    hidden = {pairs[i] for i in draw.permutation(len(pairs))[: len(pairs) // 3]}
    learn = [made(of, draw, hidden, False) for _ in range(LEARN)]
    test = [made(of, draw, hidden, True) for _ in range(TEST)]
    return Sentences(learn, test, of.labels, GROUPS)


def made(of: Grammar, draw: Rng, hidden: set[tuple[str, str]], all_pairs: bool) -> Sentence:
    """One sentence, drawn; a hidden pair only if `all_pairs` may occur."""

    def one(of: Sequence[str]) -> str:
        return of[int(draw.integers(len(of)))]

    while True:
        adjective, negated = one((*of.negative, *of.positive)), bool(draw.integers(2))
        modifier = one(of.negations if negated else of.plain)
        unseen = (modifier, adjective) in hidden
        if unseen and not all_pairs:
            continue
        said = words(" ".join((one(of.subjects), one(of.verbs), modifier, adjective, one(of.tails))))
        positive = (adjective in of.positive) != negated
        return Sentence(said, of.labels[positive], negated + unseen)


# the learner's own


def words_of(text: str, vocabulary: Collection[str] = ()) -> tuple[str, ...]:
    """The words of a text, lower case, without punctuation: split at blanks.

    Chinese characters without blanks are the longest words of the vocabulary from the left, else words of their own.
    """
    longest = max(map(len, vocabulary), default=1)
    found: list[str] = []
    for part in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower()):
        if part in vocabulary or not CHINESE.search(part) or " " in text.strip():
            found.append(part)
            continue
        while part:
            sizes = (size for size in range(min(longest, len(part)), 1, -1) if part[:size] in vocabulary)
            size = next(sizes, 1 if CHINESE.match(part) else len(LATIN.match(part)[0]))  # type: ignore[index]
            found.append(part[:size])
            part = part[size:]
    return tuple(found)


def typed(line: str, vocabulary: Collection[str], labels: Collection[str]) -> Sentence:
    """A sentence as it is typed, like a line of the file: label, text. Raises Refused."""
    label, _, text = (part.strip() for part in line.partition(","))
    found = words_of(text, vocabulary)
    if label not in labels:
        raise Refused("sentence_label", value=label[:20] or "–", classes=", ".join(labels))
    if not 1 <= len(found) <= WORDS:
        raise Refused("sentence_words", count=len(found), most=WORDS)
    return Sentence(found, label)


@lru_cache(maxsize=4)
def parted(file: str, seed: int) -> Sentences:
    """The sentences of a file, a fifth of them kept for the test; each label is among those to learn from."""
    found = read_sentences(file)
    order = rng(seed, PARTED).permutation(len(found))
    first = {found[i].label: int(i) for i in order}
    kept = [int(i) for i in order if int(i) not in first.values()][: int(HELD * len(found))]
    learn = [found[i] for i in order if int(i) not in kept]
    test = [found[i] for i in kept] or learn
    return Sentences(learn, test, tuple(sorted(first)), ("all",))


def read_sentences(file: str) -> list[Sentence]:
    """Sentences of a CSV file with the columns label and text. Raises Refused."""
    try:
        if Path(file).is_dir():
            raise Refused("file_folder", file=file)
        with open(file, encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            heads = [name.strip().lower() for name in next(reader, [])]
            for name in ("label", "text"):
                if name not in heads:
                    raise Refused("sentences_column", file=file, column=name)
            found: list[Sentence] = []
            for row in reader:
                if any(cell.strip() for cell in row):
                    found.append(_sentence(file, reader.line_num, dict(zip(heads, row, strict=False))))
                if len(found) > SENTENCES:
                    raise Refused("sentences_many", file=file, most=SENTENCES)
    except Refused:  # which is a ValueError too
        raise
    except FileNotFoundError:
        raise Refused("file_missing", file=file) from None
    except (ValueError, csv.Error) as error:
        raise Refused("csv_text", file=file, error=str(error).splitlines()[0]) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None
    labels = sorted({each.label for each in found})
    if not 2 <= len(labels) <= CLASSES:
        raise Refused("sentences_classes", file=file, count=len(labels), labels=", ".join(labels[:4]), most=CLASSES)
    return found


def _sentence(file: str, line: int, row: dict[str, str]) -> Sentence:
    label, found = row.get("label", "").strip(), words_of(row.get("text", ""))
    if not label:
        raise Refused("sentences_label", file=file, line=line)
    if not found:
        raise Refused("sentences_empty", file=file, line=line)
    if len(found) > WORDS:
        raise Refused("sentences_long", file=file, line=line, count=len(found), most=WORDS)
    return Sentence(found, label)
