"""Bracketed trees: formulas of logic and short phrases with their labels, made exactly; typed ones, and files of them.

A tree is a word, or a bracket around two trees or three; (a b c) is (a (b c)). A whole number right after an opening
bracket is the label of that node, so (1 good) is a word with a label: the format of sentiment treebanks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engine.device import Rng, rng
from engine.trees.tree import Branch, Leaf, Pair
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason

DEEP, WIDE = 40, 64
"""Levels and words that a tree may have here."""
MOST, BYTES = 20_000, 8 << 20
"""Trees and bytes that a file may have."""
CLASSES = 20
"""Classes that labels may name."""


class Language(NamedTuple):
    """Words with their values; what turns a value, by word, and what makes one of two; the classes in order.

    `values` are those of the words that are whole expressions; class number = value − `least`.
    """

    values: Mapping[str, int]
    one: Mapping[str, Callable[[int], int]]
    two: Mapping[str, Callable[[int, int], int]]
    classes: tuple[str, ...]
    least: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary, in order."""
        return (*self.values, *self.one, *self.two)


def sign(v: int) -> int:
    return (v > 0) - (v < 0)


def opposite(v: int) -> int:
    """What is not good is bad, what is not very good is bad, not very bad."""
    return -sign(v)


def twice(v: int) -> int:
    """Very: 2 or −2."""
    return 2 * sign(v)


def second(a: int, b: int) -> int:
    """a but b: what comes after "but" counts."""
    return b


LOGIC = Language({"T": 1, "F": 0}, {"not": lambda v: 1 - v}, {"and": min, "or": max}, ("F", "T"))
GRADES = ("−2", "−1", "0", "1", "2")
ENGLISH = Language(
    {"good": 1, "bad": -1, "fine": 1, "dull": -1, "plain": 0}, {"not": opposite, "very": twice}, {"but": second},
    GRADES, -2,
)  # fmt: skip
CHINESE = Language(
    {"好": 1, "差": -1, "精彩": 1, "无聊": -1, "普通": 0}, {"不": opposite, "太": twice}, {"但": second}, GRADES, -2
)
LANGUAGES = {"formulas": LOGIC, "phrases": ENGLISH, "短语": CHINESE}


class Parsed(NamedTuple):
    """A tree as it was typed: words in order, which leaf each is, a label or −1; `text` is the word of a leaf."""

    parts: tuple[Parsed, ...] = ()
    text: str = ""
    label: int = -1


def tokens(text: str) -> list[tuple[str, int]]:
    """Brackets and words, each with its column, from 1."""
    found: list[tuple[str, int]] = []
    word = ""
    for at, sign in enumerate(text + " ", 1):
        if sign in "()（）" or sign.isspace():
            found += [(word, at - len(word))] if word else []
            word = ""
            if not sign.isspace():
                found.append(({"（": "(", "）": ")"}.get(sign, sign), at))
        else:
            word += sign
    return found


def parsed(text: str, line: int = 0) -> Parsed:
    """A bracketed tree. Raises Refused with the column, and of a file the line, where it is none."""

    def refuse(key: str, at: int, **fields: object) -> Refused:
        return Refused(f"tree_{key}", at=f"{line}:{at}" if line else str(at), **fields)

    open_at: list[tuple[int, int, list[Parsed]]] = []  # column, label, parts
    whole: Parsed | None = None
    given = tokens(text)
    for k, (token, at) in enumerate(given):
        if whole is not None:
            raise refuse("after" if token != ")" else "closed", at, value=token)
        if token == "(":
            if len(open_at) >= DEEP:
                raise refuse("deep", at, most=DEEP)
            open_at.append((at, -1, []))
            continue
        if token == ")":
            if not open_at:
                raise refuse("closed", at)
            begun, label, parts = open_at.pop()
            if not parts:
                raise refuse("empty", begun)
            if len(parts) > 3:
                raise refuse("many", begun, count=len(parts))
            made = Parsed(tuple(parts), "", label)
            if len(parts) == 1:  # brackets around one thing: its label, if they have one
                made = parts[0] if label < 0 else parts[0]._replace(label=label)
        elif (
            token.lstrip("-−").isdecimal()
            and open_at
            and given[k - 1][0] == "("
            and given[k + 1 : k + 2] != [(")", at + len(token))]
        ):
            begun, _, parts = open_at.pop()
            if not token.isdecimal() or int(token) >= CLASSES:
                raise refuse("label", at, value=token, most=CLASSES - 1)
            open_at.append((begun, int(token), parts))
            continue
        else:
            made = Parsed((), token)
        if open_at:
            open_at[-1][2].append(made)
        else:
            whole = made
    if open_at:
        raise refuse("open", open_at[-1][0])
    if whole is None:
        raise refuse("none", 1)
    if not whole.parts:
        raise refuse("leaf", 1, value=whole.text)
    if (count := len(leaves(whole))) > WIDE:
        raise refuse("wide", 1, count=count, most=WIDE)
    return whole


def branch(tree: Parsed, words: Sequence[str]) -> Branch:
    """The tree over numbers of words; −1 for a word that is none of these. (a b c) is (a (b c))."""
    if not tree.parts:
        return Leaf(words.index(tree.text) if tree.text in words else -1, tree.label)
    parts = [branch(each, words) for each in tree.parts]
    right = parts[1] if len(parts) == 2 else Pair(parts[1], parts[2])
    return Pair(parts[0], right, tree.label)


def valued(tree: Parsed, language: Language) -> tuple[Parsed, int | None]:
    """The tree with the classes of all expressions as labels where it has none, and its value; None for no expression.

    Words and orders that the language does not have stay without a label.
    """
    made = [valued(each, language) for each in tree.parts]
    values, value = [each for _, each in made], None
    texts = [each.text for each in tree.parts]
    if not tree.parts:
        value = language.values.get(tree.text)
    elif len(made) == 2 and texts[0] in language.one and values[1] is not None:
        value = language.one[texts[0]](values[1])
    elif len(made) == 3 and texts[1] in language.two and values[0] is not None and values[2] is not None:
        value = language.two[texts[1]](values[0], values[2])
    label = value - language.least if value is not None and tree.label < 0 else tree.label
    return Parsed(tuple(each for each, _ in made), tree.text, label), value


def drawn(language: Language, depth: int, draw: Rng) -> Parsed:
    """A random expression of exactly this depth: an operation, one operand a level lower, another anywhere below."""
    if depth == 0:
        return Parsed((), str(draw.choice(list(language.values))))
    operation = str(draw.choice([*language.one, *language.two]))
    first = drawn(language, depth - 1, draw)
    if operation in language.one:
        return Parsed((Parsed((), operation), first))
    other = drawn(language, int(draw.integers(depth)), draw)
    pair = (first, other) if draw.random() < 0.5 else (other, first)
    return Parsed((pair[0], Parsed((), operation), pair[1]))


@lru_cache(maxsize=64)
def made(name: str, depths: tuple[int, ...], count: int, seed: int) -> tuple[Parsed, ...]:
    """So many labelled expressions of a language, of these depths in turn."""
    language, draw = LANGUAGES[name], rng(seed, 50)
    return tuple(valued(drawn(language, depths[i % len(depths)], draw), language)[0] for i in range(count))


def said(tree: Parsed, labels: bool = False) -> str:
    """The tree in brackets, its labels where they are asked for."""
    inside = " ".join(said(each, labels) for each in tree.parts) or tree.text
    if labels and tree.label >= 0:
        return f"({tree.label} {inside})"
    return f"({inside})" if tree.parts else inside


def leaves(tree: Parsed) -> list[str]:
    """All words of a tree, in order."""
    return [word for each in tree.parts for word in leaves(each)] if tree.parts else [tree.text]


def labels(tree: Parsed) -> list[int]:
    """All labels of a tree, the root's last."""
    own = [tree.label] if tree.label >= 0 else []
    return [label for each in tree.parts for label in labels(each)] + own


def read_trees(file: str) -> tuple[Parsed, ...]:
    """A tree a line; lines that are blank or begin with # are left out. Raises Refused with the line and the column."""
    try:
        if Path(file).is_dir():
            raise Refused("file_folder", file=file)
        if Path(file).exists() and not Path(file).is_file():
            raise Refused("file_kind", file=file)
        if Path(file).stat().st_size > BYTES:
            raise Refused("trees_large", file=file, most=BYTES >> 20)
        text = Path(file).read_text(encoding="utf-8-sig")
    except Refused:  # which is a ValueError too
        raise
    except (FileNotFoundError, ValueError) as error:
        key = "csv_text" if isinstance(error, UnicodeDecodeError) else "file_missing"
        raise Refused(key, file=file, error=str(error)) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if len(lines) > MOST:
        raise Refused("trees_many", file=file, most=MOST)
    found = []
    for n, line in lines:
        try:
            found.append(parsed(line, n))
        except Refused as refused:
            raise Refused("trees_line", file=file, why=refused.say) from None
    labelled = sum(tree.label >= 0 for tree in found)
    if labelled < 2:
        raise Refused("trees_labels", file=file, count=labelled)
    return tuple(found)
