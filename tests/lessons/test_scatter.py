"""The sets of two classes that classifiers are compared on, and a file of one's own, to learn from and to test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lessons.data.scatter import FOUR, SETS, TEST, labelled, scatter, taught_and_tested


@pytest.mark.parametrize("data", SETS)
def test_two_classes_and_other_points_that_test(data: str) -> None:
    found = taught_and_tested(data, 3, 60, 5)
    assert found["x"].shape == (4 if data == "four" else 60, 2)
    assert found["x_test"].shape == (4 if data == "four" else TEST, 2)
    assert set(found["y"]) == set(found["y_test"]) == {-1.0, 1.0}
    if data not in ("four", "spiral"):  # a spiral is the same curve, with more points on it
        assert not set(map(tuple, found["x"])) & set(map(tuple, found["x_test"]))


def test_turned_is_xor_by_an_eighth_of_a_turn() -> None:
    (x, y), (turned, same) = labelled("xor", 1, 50, 0), labelled("turned", 1, 50, 0)
    np.testing.assert_array_equal(y, same)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), np.linalg.norm(turned, axis=1), atol=2e-3)
    angles = np.arctan2(turned[:, 1], turned[:, 0]) - np.arctan2(x[:, 1], x[:, 0])
    np.testing.assert_allclose((angles + np.pi) % (2 * np.pi) - np.pi, np.pi / 4, atol=2e-2)
    np.testing.assert_array_equal(scatter("xor", 1, 50, 0)[1], (y + 1) / 2)
    assert labelled("four", 9, 50, 20)[0] is FOUR[0]


def test_a_third_of_a_file_is_kept_for_the_test(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("x1,x2,label\n" + "".join(f"{i},{-i},{'ab'[i % 2]}\n" for i in range(30)), encoding="utf-8")
    found = taught_and_tested(str(file), 0, 0, 0)
    assert len(found["x"]) == 20
    assert len(found["x_test"]) == 10
    assert sorted([*found["x"][:, 0], *found["x_test"][:, 0]]) == list(range(30))
    assert all(y == (1 if x % 2 else -1) for x, y in zip(found["x"][:, 0], found["y"], strict=True))
    other = taught_and_tested(str(file), 1, 0, 0)
    assert set(other["x_test"][:, 0]) != set(found["x_test"][:, 0])
