"""Which tests notice a mutant: those that run its function, the nearest first, and at last the whole suite."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate, count
from pathlib import Path
from typing import NamedTuple

from tests.mutants.change import FUNCTION, ROOT, Mutant, NotFound, file_of, tree_of
from tests.mutants.change import functions as scopes
from tests.mutants.draw import engine_modules

ALL = "not peer and not events and not mutation"
"""The marks of all tests that a mutant is shown to. Those that change the engine themselves are no judges."""
NEAR = FAR = 60.0
"""Seconds of tests (when recorded) that are tried as those of the mutant's module, and of others that run it."""
TABLE = Path(__file__).with_name("equivalent.toml")


class Verdict(NamedTuple):
    """What became of a mutant: "module", "suite" (which tests noticed it), "lived", "equivalent" or "unbuilt"."""

    fate: str
    noticed: str = ""
    """The test that failed, or why it was noticed without one; the reason of the table where nothing changes."""


class Recorded(NamedTuple):
    """Seconds that a test took, and the functions of the engine that it ran."""

    seconds: float
    functions: frozenset[str]


def equivalent(table: Path = TABLE) -> dict[tuple[str, str, str, str], str]:
    """Mutants that change nothing, by module, function, before and after, with the reason."""
    entries = tomllib.loads(table.read_text(encoding="utf-8")).get("mutant", []) if table.exists() else []
    return {_key(Mutant(e["module"], e["function"], e["before"], e["after"])): e["why"] for e in entries}


def _key(mutant: Mutant) -> tuple[str, str, str, str]:
    before, after = (ast.unparse(ast.parse(code)) for code in (mutant.before, mutant.after))
    return mutant.module, mutant.function, before, after


@cache
def _table() -> dict[tuple[str, str, str, str], str]:
    return equivalent()


def why_equivalent(mutant: Mutant) -> str | None:
    return _table().get(_key(mutant))


def stamp(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


class Map:
    """Which functions each test runs, recorded once for a state of the sources and kept in a temporary folder.

    After a change of a test file only that file is recorded again; after any other change, everything is.
    """

    def __init__(self, workers: int, folder: Path | None = None) -> None:
        self.workers = workers
        self.folder = folder or Path(tempfile.gettempdir()) / f"unroll-mutants-{os.getuid()}"
        self.tests: dict[str, Recorded] = {}
        self.near: dict[str, frozenset[str]] = {}

    def read(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        sources = [file for room in ("engine", "lessons", "tui") for file in (ROOT / room).rglob("*.py")]
        kept_in = self.folder / f"{stamp(sources)}.json"
        kept = json.loads(kept_in.read_text(encoding="utf-8")) if kept_in.exists() else {}
        now = {str(file.relative_to(ROOT)): stamp([file]) for file in sorted((ROOT / "tests").rglob("test_*.py"))}
        stale = [name for name, mark in now.items() if kept.get(name, {}).get("stamp") != mark]
        if stale:
            print(f"recording what {len(stale)} files of tests run", file=sys.stderr, flush=True)
            found = self._record(stale)
            for name in stale:
                tests = {test: value for test, value in found.items() if test.split("::")[0] == name}
                kept[name] = {"stamp": now[name], "tests": tests}
            kept_in.write_text(json.dumps({name: kept[name] for name in now}), encoding="utf-8")
        for name in now:
            for test, (seconds, functions) in kept[name]["tests"].items():
                self.tests[test] = Recorded(seconds, frozenset(functions))
            self.near[name] = frozenset(_imported(ROOT / name))

    def _record(self, files: list[str]) -> dict[str, tuple[float, list[str]]]:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, "UNROLL_RECORD": folder}
            pytest = [sys.executable, "-m", "pytest", "-p", "tests.mutants.plugin", "-n", str(self.workers), "-m", ALL]
            subprocess.run([*pytest, *files], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=False)
            return {
                test: value
                for file in Path(folder).glob("*.json")
                for test, value in json.loads(file.read_text(encoding="utf-8")).items()
            }

    def judges(self, mutant: Mutant) -> tuple[list[str], list[str]]:
        """Tests that run the mutant's function: of files that import its module, and others; the quickest first.

        What is run at import is seen by the tests that import the module, or run anything of it or of its importers.
        """
        functions = {f"{mutant.module}:{mutant.function}"}
        inside = all(isinstance(scope, FUNCTION) for scope in scopes(tree_of(mutant.module), mutant.function))
        whole = not inside or not any(functions <= test.functions for test in self.tests.values())
        modules = {mutant.module, *_importers(mutant.module)} if whole else set()
        runs = [
            (record.seconds, test)
            for test, record in self.tests.items()
            if functions & record.functions
            or (whole and mutant.module in self.near[test.split("::")[0]])
            or (modules and modules & {f.split(":")[0] for f in record.functions})
        ]
        beside = [run for run in runs if mutant.module in self.near[run[1].split("::")[0]]]
        near = _within(NEAR, beside)
        return near, _within(FAR, [run for run in runs if run[1] not in near])

    def seconds(self, tests: Iterable[str]) -> float:
        return sum(self.tests[test].seconds for test in tests)


def _within(budget: float, runs: list[tuple[float, str]]) -> list[str]:
    """The quickest tests that take so many seconds together."""
    total = accumulate(seconds for seconds, _ in sorted(runs))
    return [test for (_, test), used in zip(sorted(runs), total, strict=True) if used <= budget]


def _imported(file: Path) -> Iterator[str]:
    """The modules of the engine that a file imports, or that a helper beside the tests imports for it."""
    known = set(engine_modules())
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            yield from names & known


@cache
def _importers(module: str) -> frozenset[str]:
    """The modules of the engine that import this one."""
    return frozenset(other for other in engine_modules() if module in set(_imported(file_of(other))))


def pytest(mutants: list[Mutant], tests: list[str] | None, limit: float, workers: int = 0) -> Verdict | list[str]:
    """Runs tests against mutants. The tests that failed, or why none could: it hangs, or cannot be imported."""
    with tempfile.TemporaryDirectory() as folder:
        plan, result = Path(folder) / "plan.json", Path(folder) / "result.json"
        plan.write_text(json.dumps({"mutants": mutants, "tests": tests, "result": str(result)}), encoding="utf-8")
        command = [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-p",
            "tests.mutants.plugin",
            "-p",
            "no:cacheprovider",
            "-m",
            ALL,
        ]
        command += ["-n", str(workers)] if workers else ["-x", "-p", "no:xdist"]
        command += sorted({test.split("::")[0] for test in tests}) if tests is not None else []
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        env |= {"UNROLL_MUTANTS": str(plan), "UNROLL_HOME": str(Path(folder) / "home")}
        done, output = _run(command, env, limit)
        failed: list[str] = json.loads(result.read_text(encoding="utf-8")) if result.exists() else []
        if done is None:
            return Verdict("", "takes too long")
        if done in (0, 5) or failed:
            return failed
        if f"{NotFound.__module__}.{NotFound.__name__}" in output:
            raise NotFound(output[-1000:])
        if "Error" in output or done < 0:
            return Verdict("", "cannot be imported" if done > 0 else f"ends the process ({signal.Signals(-done).name})")
        raise RuntimeError(f"pytest ended with {done}:\n{output[-3000:]}")


def _run(command: list[str], env: dict[str, str], limit: float) -> tuple[int | None, str]:
    """The exit status (None if it took longer than `limit` seconds) and the output. Leaves no process behind."""
    with subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, errors="replace", start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=limit)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def judge(mutant: Mutant, tests: Map) -> Verdict:
    """The fate of one mutant, before the whole suite: "lived" if no test that runs its function fails."""
    for fate, chosen in zip(("module", "suite"), tests.judges(mutant), strict=True):
        if chosen:
            found = pytest([mutant], chosen, 30 + 6 * tests.seconds(chosen))
            if isinstance(found, Verdict):
                return found._replace(fate=fate)
            if found:
                return Verdict(fate, found[0])
    return Verdict("lived")


def whole_suite(mutants: list[Mutant], tests: Map, workers: int, limit: float = 3600) -> dict[Mutant, Verdict]:
    """All tests, against all these mutants at once; a test that fails is then run against each alone.

    The mutants that a test noticed are taken out, and the suite runs again, until it passes. A run that takes too long
    decides nothing.
    """
    noticed: dict[Mutant, Verdict] = {}
    for _ in count():
        left = [mutant for mutant in mutants if mutant not in noticed]
        failed = pytest(left, None, limit, workers) if left else []
        if isinstance(failed, Verdict) or not failed:
            return noticed
        before = len(noticed)
        for mutant in left:
            chosen = [test for test in failed if test in tests.tests]
            found = pytest([mutant], chosen or failed, 60 + 6 * tests.seconds(chosen))
            if isinstance(found, Verdict):
                noticed[mutant] = found._replace(fate="suite")
            elif found:
                noticed[mutant] = Verdict("suite", found[0])
        if len(noticed) == before:
            return noticed
    raise AssertionError
