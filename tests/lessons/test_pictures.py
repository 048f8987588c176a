"""The pictures that ship: handwritten digits, split and put into a frame; cards and dominoes with captions."""

from __future__ import annotations

from itertools import product

import numpy as np

from lessons.data.pictures import album, cards
from lessons.data.pictures.digits import FRAME, digits, framed, split


def test_the_digits_are_those_of_their_source() -> None:
    """Counts of each class as the repository's own description gives them for the test part."""
    x, y = digits()
    assert x.shape == (1797, 64)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.array_equal(x * 16, np.round(x * 16))
    assert (x.min(), x.max()) == (0, 1)


def test_a_split_has_every_picture_once_and_follows_the_seed() -> None:
    one, again, other = split(3), split(3), split(4)
    assert len(one.x) == 1000
    assert len(one.test_x) == 797
    both = np.concatenate([one.x, one.test_x])
    assert np.array_equal(np.sort(both.sum(axis=1)), np.sort(digits()[0].sum(axis=1)))
    assert np.array_equal(one.x, again.x)
    assert not np.array_equal(one.x, other.x)
    few = split(3, train=100)
    assert np.array_equal(few.x, one.x[:100])
    assert np.array_equal(few.test_x, one.test_x)


def test_a_frame_moves_pictures_and_loses_nothing() -> None:
    x = digits()[0][:50]
    moved = framed(x, seed=1)
    assert moved.shape == (50, FRAME * FRAME)
    assert np.allclose(moved.sum(axis=1), x.sum(axis=1))
    middle = framed(x, seed=1, most=0).reshape(-1, FRAME, FRAME)
    assert np.array_equal(middle[:, 2:10, 2:10].reshape(50, -1), x)
    assert not np.array_equal(moved, middle.reshape(50, -1))


def test_cards_and_dominoes_are_what_their_captions_say() -> None:
    x, (english, chinese) = cards.pictures(), map(cards.captions, ("en", "zh"))
    assert x.shape == (256, 154)
    assert set(np.unique(x)) == {0, 1}
    assert len(np.unique(x, axis=1).T) == 154  # no two are alike
    assert len(set(english)) == len(set(chinese)) == 154
    seven = cards.SEVEN_OF_HEARTS
    assert (album.said(english[seven]), album.said(chinese[seven])) == ("seven of hearts", "红桃七")
    assert ["".join("#" if ink else "." for ink in row) for row in x[:, seven].reshape(16, 16)][:6] == [
        "...#########....", "..#.........#...", "..#..####...#...", "..#.....#...#...", "..#....#....#...",
        "..#...#.....#...",
    ]  # fmt: skip
    at = english.index(("vertical", "domino", "one", "and", "three"))
    assert album.said(chinese[at]) == "竖放的骨牌一和三"
    spots = x[:, at].reshape(16, 16)[:15, 1:8] == 0
    assert (spots[:8].sum(), spots[8:].sum()) == (1 + 5, 3)  # five pixels of the line between the halves


def test_what_is_held_out_has_every_part_elsewhere() -> None:
    some = album.album("cards", "en")
    whole = {(len(words), t, w) for words in some.captions for t, w in enumerate(words)}
    for held, seed in product(("few", "half"), range(6)):
        out = album.held_out(some, held, "", seed)
        assert cards.SEVEN_OF_HEARTS in out
        counts = (11, 20) if held == "few" else (28, 49)
        assert (sum(n < 56 for n in out), sum(n >= 56 for n in out)) == counts
        kept = [words for n, words in enumerate(some.captions) if n not in out]
        assert {(len(words), t, w) for words in kept for t, w in enumerate(words)} == whole
        assert out == album.held_out(some, held, "", seed)
    assert album.held_out(some, "few", "", 0) != album.held_out(some, "few", "", 1)
    sevens = album.held_out(some, "word", "seven", 3)
    assert [album.said(some.captions[n]) for n in sevens] == [
        f"seven of {suit}" for suit in ("spades", "hearts", "diamonds", "clubs")
    ]
