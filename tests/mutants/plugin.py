"""A pytest plugin that puts mutants in the place of the engine's modules, or records which functions each test runs.

No file is changed: the modules are compiled from changed syntax trees when they are imported. UNROLL_MUTANTS names a
JSON file of a `Plan`; UNROLL_RECORD names a folder where each process leaves what its tests ran.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypedDict

import pytest

from tests.mutants.change import ROOT, Mutant, changed, file_of, tree_of


class Plan(TypedDict):
    """What one run of pytest does: these mutants at once, these tests in this order (all, if None)."""

    mutants: list[Mutant]
    tests: list[str] | None
    result: str
    """Where the names of the tests that failed, and of the modules that no longer import, are written."""


class Mutated(MetaPathFinder, Loader):
    """Finds the modules that mutants change, and runs them so."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.codes: dict[str, CodeType] = {}
        for module in sorted({mutant.module for mutant in mutants}):
            tree = tree_of(module)
            for mutant in mutants:
                if mutant.module == module:
                    changed(mutant, tree)
            self.codes[module] = compile(tree, str(file_of(module)), "exec")

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in self.codes:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self.codes[module.__name__], module.__dict__)


def function_of(code: CodeType) -> str | None:
    """`module:function` of a function of the engine, the enclosing one for lambdas and comprehensions."""
    file = Path(code.co_filename)
    if not file.is_relative_to(ROOT / "engine"):
        return None
    parts = [part for part in code.co_qualname.split(".") if part != "<locals>"]
    named = [part for part in parts if not part.startswith("<")]
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return f"{module}:{'.'.join(named)}" if named else None


class Recorder:
    """Writes for each test that passes: its seconds, and the functions of the engine that it enters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.codes: set[CodeType] = set()
        self.names: dict[CodeType, str | None] = {}
        self.found: dict[str, tuple[float, list[str]]] = {}
        self.seconds: dict[str, float] = {}

    def _trace(self, frame: Any, event: str, arg: Any) -> None:
        self.codes.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.codes.clear()
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            for code in self.codes:
                if code not in self.names:
                    self.names[code] = function_of(code)
            if item.nodeid in self.seconds:
                ran = sorted({name for code in self.codes if (name := self.names[code])})
                self.found[item.nodeid] = (self.seconds[item.nodeid], ran)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration

    def pytest_sessionfinish(self) -> None:
        text = json.dumps(self.found)
        (self.folder / f"{os.getpid()}.json").write_text(text, encoding="utf-8")


class Chosen:
    """Runs the tests of a plan in its order, and writes which failed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if (tests := self.plan["tests"]) is not None:
            wanted = {name: n for n, name in enumerate(tests)}
            config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
            items[:] = sorted((i for i in items if i.nodeid in wanted), key=lambda item: wanted[item.nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._fail(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._fail(report.nodeid)

    def _fail(self, name: str) -> None:
        if name not in self.failed:
            self.failed.append(name)
            if "PYTEST_XDIST_WORKER" not in os.environ:
                Path(self.plan["result"]).write_text(json.dumps(self.failed), encoding="utf-8")


def _plan() -> Plan | None:
    if not (file := os.environ.get("UNROLL_MUTANTS")):
        return None
    plan: Plan = json.loads(Path(file).read_text(encoding="utf-8"))
    return {**plan, "mutants": [Mutant(*fields) for fields in plan["mutants"]]}


PLAN = _plan()
if PLAN is not None:
    sys.meta_path.insert(0, Mutated(PLAN["mutants"]))


def pytest_configure(config: pytest.Config) -> None:
    if PLAN is not None:
        config.pluginmanager.register(Chosen(PLAN))
    folder = os.environ.get("UNROLL_RECORD")
    if folder and (hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None)):
        config.pluginmanager.register(Recorder(Path(folder)))
