"""Running mutants: what is noticed, by whom, and that no file is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants import run
from tests.mutants.change import Mutant, changed, file_of
from tests.mutants.run import Map, Recorded, Verdict, equivalent, judge

SLOPE = Mutant("engine.maths.losses", "cross_entropy", "y * log_softmax(xp, o)", "y + log_softmax(xp, o)")
BESIDE = "tests/engine/test_losses.py"


def losses(mutant: Mutant) -> Verdict | list[str]:
    return run.pytest([mutant], [f"{BESIDE}::test_values_by_hand[cpu]"], 60)


def test_a_mutant_is_noticed_and_its_file_is_not_touched() -> None:
    before = file_of(SLOPE.module).read_bytes()
    assert losses(SLOPE) == [f"{BESIDE}::test_values_by_hand[cpu]"]
    assert file_of(SLOPE.module).read_bytes() == before


def test_what_changes_nothing_lives() -> None:
    assert (
        losses(Mutant("engine.maths.losses", "cross_entropy", "y * log_softmax(xp, o)", "log_softmax(xp, o) * y")) == []
    )


def test_a_module_that_cannot_be_imported_is_noticed() -> None:
    broken = Mutant("engine.maths.losses", "", "from engine.device import Array", "import engine.none")
    assert losses(broken) == [BESIDE]
    everywhere = Mutant("engine.device", "", "import contextlib", "import engine.none")
    assert losses(everywhere) == Verdict("", "cannot be imported")


@pytest.mark.exhaustive
def test_a_mutant_that_hangs_is_stopped_and_noticed() -> None:
    hangs = Mutant("engine.maths.losses", "cross_entropy", "return -xp.sum(y * log_softmax(xp, o))", "while True: pass")
    assert run.pytest([hangs], [f"{BESIDE}::test_values_by_hand[cpu]"], 5) == Verdict("", "takes too long")


def test_the_tests_of_a_module_come_first_and_the_quickest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    tests, near = Map(1), frozenset({SLOPE.module})
    tests.near = {"a.py": near, "b.py": frozenset()}
    runs = frozenset({"engine.maths.losses:cross_entropy"})
    tests.tests = {
        "a.py::slow": Recorded(2.0, runs),
        "a.py::quick": Recorded(1.0, runs),
        "a.py::other": Recorded(1.0, frozenset({"engine.maths.losses:another"})),
        "b.py::far": Recorded(0.1, runs),
        "a.py::endless": Recorded(1e9, runs),
    }
    assert tests.judges(SLOPE) == (["a.py::quick", "a.py::slow"], ["b.py::far"])
    met: list[list[str]] = []

    def pytest_(mutants: list[Mutant], chosen: list[str], limit: float) -> list[str]:
        met.append(chosen)
        return ["b.py::far"] if chosen == ["b.py::far"] else []

    monkeypatch.setattr(run, "pytest", pytest_)
    assert judge(SLOPE, tests) == Verdict("suite", "b.py::far")
    assert len(met) == 2


def test_the_table_is_matched_whatever_the_layout(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text(
        '[[mutant]]\nmodule = "m"\nfunction = "f"\nbefore = "(a+b)"\nafter = "a-b"\nwhy = "b is 0"\n', encoding="utf-8"
    )
    assert equivalent(table) == {("m", "f", "a + b", "a - b"): "b is 0"}


def test_every_entry_of_the_table_stands_in_the_engine() -> None:
    for (module, function, before, after), why in equivalent().items():
        assert why
        try:
            changed(Mutant(module, function, before, after))
        except LookupError as error:
            assert "occurs 0 times" not in str(error), error  # noqa: PT017 (one of several is meant)


def test_survivors_meet_the_whole_suite_together_and_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once until the suite passes; a test that fails is run against each alone."""
    seen, unseen, later = (Mutant("m", name, "a", "b") for name in ("seen", "unseen", "later"))
    notices = {seen: ["t.py::one"], unseen: [], later: ["t.py::two"]}
    met: list[tuple[list[Mutant], list[str] | None]] = []

    def pytest_(mutants: list[Mutant], chosen: list[str] | None, limit: float, workers: int = 0) -> list[str]:
        met.append((mutants, chosen))
        failed = [test for mutant in mutants for test in notices[mutant]]
        if chosen is None:
            return failed[:1]  # the first failure hides the next one
        return [test for test in failed if test in chosen]

    monkeypatch.setattr(run, "pytest", pytest_)
    found = run.whole_suite([seen, unseen, later], Map(1), 2)
    assert found == {seen: Verdict("suite", "t.py::one"), later: Verdict("suite", "t.py::two")}
    assert [mutants for mutants, chosen in met if chosen is None] == [[seen, unseen, later], [unseen, later], [unseen]]
