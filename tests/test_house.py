"""The house: who imports whom, file by file, whatever way the import is written."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("engine", "lessons", "tui")
TOP = {"engine": {"device", "files"}, "lessons": {"course"}, "tui": {"app", "keys"}}
"""Modules that stand in no folder of their room."""


def modules() -> dict[str, Path]:
    """Every module of the project, by its dotted name."""
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports of the project: at the top, in functions and for types alike."""
    known = modules()
    return {name: set(_imported(ast.parse(file.read_text(encoding="utf-8")), known)) for name, file in known.items()}


def _imported(tree: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            assert node.level == 0, "imports name the whole path"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Nodes of a graph that can be reached from themselves."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += graph.get(node, ())
        return found

    return [node for node in graph if node in reached(node)]


def test_no_circle_of_files() -> None:
    assert circles({name: found - {name} for name, found in imports().items()}) == []


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
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]
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
