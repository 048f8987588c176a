"""`python -m tests.house`: what the house costs, in lines of Python, circles of imports and the longest class."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = ("engine", "lessons", "tui")
Graph = dict[str, set[str]]


@cache
def modules() -> dict[str, Path]:
    """Every module of the project, by its dotted name."""
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports() -> Graph:
    """What each module imports of the project: at the top, in functions and for types alike."""
    known = modules()
    return {name: set(_imported(tree(file), known)) for name, file in known.items()}


def _imported(module: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            assert node.level == 0, "imports name the whole path"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def reached(graph: Graph, start: str) -> set[str]:
    """The nodes of a graph that can be reached from one, itself only by a way back."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph.get(node, ())
    return found


def circles(graph: Graph) -> list[set[str]]:
    """Groups of nodes that can all be reached from each other, in the order in which the graph names them."""
    ways = {node: reached(graph, node) for node in graph}
    found: list[set[str]] = []
    for node, there in ways.items():
        if node in there and not any(node in circle for circle in found):
            found.append({node} | {other for other in there if node in ways.get(other, ())})
    return found


def circles_of_files() -> list[set[str]]:
    return circles({name: found - {name} for name, found in imports().items()})


def lesson_folders() -> dict[str, Path]:
    """The folder of each lesson, by its id: where its entry point stands."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    places = points["unroll.lessons"].items()
    return {id: ROOT.joinpath(*place.partition(":")[0].split(".")) for id, place in places}


def lines_of(folder: Path) -> int:
    """Lines of Python in a folder, comments and empty lines among them."""
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in folder.rglob("*.py"))


class Class(NamedTuple):
    """A class of the project: its module, its own lines, and its bases as they are written."""

    module: str
    name: str
    lines: int
    bases: tuple[str, ...]


@cache
def classes() -> dict[str, Class]:
    """The classes of the project by `module:name`, those within others and within functions too."""
    found = {}
    for module, file in modules().items():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                lines = (node.end_lineno or node.lineno) - first + 1
                bases = tuple(ast.unparse(_plain(base)) for base in node.bases)
                found[f"{module}:{node.name}"] = Class(module, node.name, lines, bases)
    return found


def _plain(base: ast.expr) -> ast.expr:
    """A base without its type parameters: Screen of Screen[None]."""
    return base.value if isinstance(base, ast.Subscript) else base


@cache
def _names(module: str) -> dict[str, str]:
    """What each name in a module stands for, where it is a module or a class of the project."""
    found = {c.name: key for key, c in classes().items() if c.module == module}
    for node in ast.walk(tree(modules()[module])):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found[alias.asname or alias.name] = whole if whole in modules() else f"{node.module}:{alias.name}"
        elif isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: alias.name for alias in node.names}
    return found


def ancestors(key: str) -> set[str]:
    """A class and those of the project that it inherits from, at any distance."""
    found, waiting = {key}, [key]
    while waiting:
        one = classes()[waiting.pop()]
        for base in one.bases:
            first, _, rest = base.rpartition(".")
            known = _names(one.module)
            there = f"{known.get(first, first)}:{rest}" if first else known.get(rest, "")
            if there in classes() and there not in found:
                found.add(there)
                waiting.append(there)
    return found


def length(key: str) -> int:
    """Lines of a class together with those of the project that it inherits from."""
    return sum(classes()[each].lines for each in ancestors(key))


def longest_classes(count: int = 1) -> list[str]:
    return sorted(classes(), key=length, reverse=True)[:count]


def main() -> None:
    lessons = {id: lines_of(folder) for id, folder in lesson_folders().items()}
    for id, lines in sorted(lessons.items(), key=lambda pair: pair[1]):
        print(f"{id:24}{lines:6,}")
    history = {id for id, folder in lesson_folders().items() if "history" in folder.parts}
    others = [lines for id, lines in lessons.items() if id not in history]
    print(f"{'other lessons together':24}{sum(others):6,}   ({len(others)}; median {median(others):g})")
    print(f"{'history together':24}{sum(lessons[id] for id in history):6,}   ({len(history)})")
    found = circles_of_files()
    print(f"{'circles of imports':24}{len(found):6}")
    for circle in found:
        print(f"    {', '.join(sorted(circle))}")
    print("longest classes, with those of the project that they inherit from")
    for key in longest_classes(5):
        bases = ", ".join(classes()[each].name for each in sorted(ancestors(key) - {key}))
        print(
            f"    {classes()[key].name:20}{length(key):6,}   {classes()[key].module}" + (f" ({bases})" if bases else "")
        )


if __name__ == "__main__":
    main()
