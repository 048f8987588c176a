"""The house: who imports whom, file by file, whatever way the import is written; and what is measured of it."""

from __future__ import annotations

import tomllib
from statistics import median

import pytest

from tests.house import (
    ROOMS,
    ROOT,
    ancestors,
    circles,
    circles_of_files,
    classes,
    imports,
    length,
    lesson_folders,
    lines_of,
    longest_classes,
    modules,
)

TOP = {"engine": {"device", "files"}, "lessons": {"course"}, "tui": {"app", "keys"}}
"""Modules that stand in no folder of their room."""
SEQUENCES = ("shapes", "translate", "caption", "music", "tree")
"""Lessons on sequences and trees at work, which are counted by themselves."""


def test_no_circle_of_files() -> None:
    assert circles_of_files() == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_circle_of_folders(room: str) -> None:
    """At every depth: folders of one folder import each other one way at most."""
    for depth in (2, 3):
        folders: dict[str, set[str]] = {}
        for name, found in imports().items():
            if name.startswith(f"{room}."):
                here = ".".join(name.split(".")[:depth])
                there = {".".join(other.split(".")[:depth]) for other in found if other.startswith(f"{room}.")}
                folders.setdefault(here, set()).update(there - {here})
        assert circles(folders) == []


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [{"b", "c"}]
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a", "d"}, "d": {"c"}}) == [{"a", "b"}, {"c", "d"}]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_the_contracts_see_every_module() -> None:
    """Each folder of a room stands in a contract, so that none is added beside them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    named = {part.strip() for each in contracts for layer in each.get("layers", ()) for part in layer.split("|")}
    named |= {name for each in contracts for name in each.get("source_modules", ())}
    for name in modules():
        room, *rest = name.split(".")
        if rest and not (len(rest) == 1 and rest[0] in TOP[room]):
            assert f"{room}.{rest[0]}" in named, f"no contract says where {name} stands"


def test_lessons_are_measured_where_they_stand() -> None:
    folders = lesson_folders()
    assert all((folder / "__init__.py").exists() for folder in folders.values())
    assert lines_of(folders["neuron"]) > 100


def test_the_house_costs_no_more_than_it_may() -> None:
    lines = {id: lines_of(folder) for id, folder in lesson_folders().items()}
    history = [id for id, folder in lesson_folders().items() if "history" in folder.parts]
    sequences = [id for id in lines if id in SEQUENCES]
    others = [count for id, count in lines.items() if id not in (*history, *SEQUENCES)]
    assert len(others) == 20
    assert max(lines["music"], lines["tree"]) <= 560
    assert sum(others) <= 8_700
    assert median(others) <= 390
    assert lines["neuron"] <= 180
    assert sum(lines[id] for id in history) <= 2_200
    assert sum(lines[id] for id in sequences) <= 2_800
    assert lines["translate"] <= 620
    assert lines["shapes"] <= 600
    assert lines["caption"] <= 560
    assert length(longest_classes()[0]) <= 300


def test_a_class_is_as_long_as_those_it_inherits_from() -> None:
    assert ancestors("engine.words.run.opened:Opened") >= {"engine.words.run.opened:Opened"}
    longer = {key for key in classes() if len(ancestors(key)) > 1}
    assert longer
    assert all(length(key) == sum(classes()[each].lines for each in ancestors(key)) for key in longer)
