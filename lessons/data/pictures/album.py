"""Pictures with captions: the cards and dominoes that ship, or a folder of the learner's; and which are held out.

In a folder `captions.tsv` has a line for each picture: its file's name, a tab, the caption. Pictures are 16 × 16 pixels
or a whole multiple of that, as `own` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.device import HostArray, rng
from engine.sequences.caption_training import Described
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
from lessons.data.pictures import cards
from lessons.data.pictures.own import read_picture

NAME = "captions.tsv"
SUFFIXES = (".png", ".pbm", ".pgm", ".ppm", ".txt")
"""Files in a folder that are pictures."""
FEWEST, MOST, LONGEST, KINDS = 4, 400, 12, 200
"""Pictures of an album, words of a caption, and different words."""
SHARES = {"few": 0.2, "half": 0.5}
DRAW, TRIES = 14, 200
"""The section of the seed that draws what is held out, and how many draws are tried."""
IDEOGRAPHS = "\u2e80"
"""From here on characters are words by themselves where a caption has no blanks."""

Words = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures (256, N), ink from 0 to 1, and their captions word by word; picture `always` is held out, if any."""

    image: HostArray
    captions: tuple[Words, ...]
    always: int = -1

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """The code of every word, in order of first appearance, from 2: 0 is the start word and 1 the end mark."""
        return {word: code for code, word in enumerate(dict.fromkeys(w for words in self.captions for w in words), 2)}

    @property
    def longest(self) -> int:
        """Timesteps of the longest caption, its end mark included."""
        return max(map(len, self.captions)) + 1

    def codes(self, words: Sequence[str]) -> tuple[int, ...]:
        """The codes of words. Raises Refused for one that no caption has."""
        known = self.vocabulary
        unknown = next((word for word in words if word not in known), None)
        if unknown is not None:
            raise Refused("album_word", word=unknown, words=" ".join(list(known)[:20]), count=0)
        return tuple(known[word] for word in words)


class Sets(NamedTuple):
    """All pictures, which of them are held out, and the two sets as a net is trained and measured on them."""

    album: Album
    out: list[int]
    train: Described
    held: Described


@lru_cache(maxsize=4)
def sets(some: Album, held: str, word: str, seed: int) -> Sets:
    """The pictures to train on and those held out, see `held_out`. Raises Refused."""
    out = held_out(some, held, word, seed)
    both = [[n for n in range(len(some.captions)) if (n in out) == apart] for apart in (False, True)]
    return Sets(some, out, *(Described(some.image[:, ns], [some.codes(some.captions[n]) for n in ns]) for ns in both))


@lru_cache(maxsize=4)
def album(name: str, language: str) -> Album:
    """The cards and dominoes with captions in a language, or the pictures of a folder. Raises Refused."""
    if name == "cards":
        return Album(cards.pictures(), cards.captions(language), cards.SEVEN_OF_HEARTS)
    folder = Path(name)
    listed = _listed(folder if folder.name != NAME else folder.parent)
    pictures = [read_picture(str(path), (cards.SIDE,)).reshape(-1) for path in listed]
    return Album(np.array(pictures).T, tuple(listed.values()))


def said(words: Sequence[str]) -> str:
    """A caption as it is written: Chinese without blanks."""
    return ("" if all(word[:1] >= IDEOGRAPHS for word in words[:1]) else " ").join(words)


def _listed(folder: Path) -> dict[Path, Words]:
    """The pictures of a folder and their captions. Raises Refused."""
    file = str(folder / NAME)
    try:
        there = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        lines = (folder / NAME).read_text(encoding="utf-8-sig").splitlines()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise Refused("album_none", folder=str(folder), name=NAME) from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None
    found: dict[Path, Words] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, caption = (part.strip() for part in ([*line.split("\t", 1), ""])[:2])
        words = tuple(caption.split()) if " " in caption or caption < IDEOGRAPHS else tuple(caption)
        if not name or not 1 <= len(words) <= LONGEST:
            raise Refused("album_line", file=file, line=number, most=LONGEST)
        found[folder / name] = words
    lacking = next((name for name in there if folder / name not in found), None)
    if lacking is not None:
        raise Refused("album_caption", file=file, picture=lacking)
    kinds = len({word for words in found.values() for word in words})
    if not FEWEST <= len(found) <= MOST or kinds > KINDS:
        raise Refused("album_size", file=file, count=len(found), words=kinds, least=FEWEST, most=MOST, kinds=KINDS)
    return found


def held_out(some: Album, held: str, word: str, seed: int) -> list[int]:
    """The pictures that are held out, at random or by a word. Raises Refused where no caption has it, or all have.

    Of captions of one length the same share is held out, `always` among them. Each word that is held out stands at its
    place in another caption that is not, or as many as the best of the draws has.
    """
    captions, every = some.captions, range(len(some.captions))
    if held == "word":
        found = [n for n in every if word in captions[n]]
        if not 0 < len(found) < len(captions):
            raise Refused("album_word", word=word, words=" ".join(list(some.vocabulary)[:20]), count=len(found))
        return found
    draw, lengths = rng(seed, DRAW), sorted({len(words) for words in captions})
    best, most = list[int](), -1
    for _ in range(TRIES):
        found = []
        for length in lengths:
            alike = [n for n in every if len(captions[n]) == length]
            count = round(SHARES[held] * len(alike))
            order = [alike[i] for i in draw.permutation(len(alike)) if alike[i] != some.always]
            first = [some.always] if some.always in alike and count else []
            found += [*first, *order][:count]
        kept = set(every) - set(found)
        parts = len({(len(captions[n]), t, w) for n in kept for t, w in enumerate(captions[n])})
        if parts > most:
            best, most = sorted(found), parts
        if parts == len({(len(words), t, w) for words in captions for t, w in enumerate(words)}):
            break
    return best
