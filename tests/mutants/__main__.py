"""`python -m tests.mutants --seed 1 --count 200`: changes the engine at random, and says which changes no test notices.

An operator, a comparison or a constant of engine/ is changed. The tests of its module that run the changed function
are tried first, then all others that run it; what lives meets the whole suite. Survivors that change nothing stand in
equivalent.toml with the reason. Files are not touched, so it may be interrupted at any time; with --json it goes on
where it stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.mutants.change import Mutant
from tests.mutants.draw import Drawn, builds, draw, engine_modules
from tests.mutants.run import Map, Verdict, judge, whole_suite, why_equivalent

FATES = {
    "module": "noticed by the tests of its module",
    "suite": "noticed by the whole suite",
    "lived": "lived",
    "equivalent": "changes nothing, by the table",
    "unbuilt": "cannot be compiled",
}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn (default: 1)")
    parser.add_argument("--count", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--only", default="", metavar="PREFIX", help="modules that begin so, as engine.gated")
    parser.add_argument("--jobs", type=int, default=2, help="mutants, or workers of pytest, side by side (default: 2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results; go on from those written before")
    parser.add_argument("--again", action="store_true", help="with --json: judge again what lived")
    parser.add_argument("--no-suite", action="store_true", help="leave out the whole suite at the end")
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    return parser


def row(drawn: Drawn, verdict: Verdict) -> dict[str, Any]:
    return {**drawn.mutant._asdict(), "line": drawn.line, **verdict._asdict()}


def known(file: Path | None, again: bool) -> dict[Mutant, Verdict]:
    """What was judged before."""
    if file is None or not file.exists():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8"))["mutants"]
    found = {Mutant(*(r[name] for name in Mutant._fields)): Verdict(r["fate"], r["noticed"]) for r in rows}
    return {m: v for m, v in found.items() if not (again and v.fate == "lived")}


def at_once(drawn: Drawn) -> Verdict | None:
    """The verdict on what need not be run."""
    if (why := why_equivalent(drawn.mutant)) is not None:
        return Verdict("equivalent", why)
    return None if builds(drawn.mutant) else Verdict("unbuilt")


def main() -> int:
    asked = arguments().parse_args()
    modules = [module for module in engine_modules() if module.startswith(asked.only)]
    chosen = draw(asked.seed, asked.count, modules)
    if asked.list:
        print(*chosen, sep="\n")
        return 0
    verdicts = known(asked.json, asked.again)
    tests = Map(asked.jobs)
    tests.read()

    def write() -> None:
        if asked.json is not None:
            rows = [row(drawn, verdicts[drawn.mutant]) for drawn in chosen if drawn.mutant in verdicts]
            counts = Counter(r["fate"] for r in rows)
            text = json.dumps({"seed": asked.seed, "count": asked.count, "summary": counts, "mutants": rows}, indent=1)
            asked.json.write_text(text, encoding="utf-8")

    def say(drawn: Drawn, verdict: Verdict) -> None:
        verdicts[drawn.mutant] = verdict
        print(f"{verdict.fate:10}  {drawn}" + (f"    {verdict.noticed}" if verdict.noticed else ""), flush=True)
        write()

    waiting = [drawn for drawn in chosen if drawn.mutant not in verdicts or why_equivalent(drawn.mutant)]
    with ThreadPoolExecutor(asked.jobs) as pool:
        judged = pool.map(lambda drawn: at_once(drawn) or judge(drawn.mutant, tests), waiting)
        try:
            for drawn, verdict in zip(waiting, judged, strict=True):
                say(drawn, verdict)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            print("interrupted", file=sys.stderr)
            return 130
    lived = {drawn.mutant: drawn for drawn in chosen if verdicts[drawn.mutant].fate == "lived"}
    if lived and not asked.no_suite:
        print(f"{len(lived)} mutants at once, before all tests", file=sys.stderr, flush=True)
        for mutant, verdict in whole_suite(list(lived), tests, asked.jobs).items():
            say(lived.pop(mutant), verdict)
    counts = Counter(verdicts[drawn.mutant].fate for drawn in chosen)
    print(
        f"seed {asked.seed}, {len(chosen)} mutants: " + ", ".join(f"{counts[f]} {FATES[f]}" for f in FATES if counts[f])
    )
    for drawn in lived.values():
        print(f"lived: {drawn}")
    return 1 if lived else 0


if __name__ == "__main__":
    sys.exit(main())
