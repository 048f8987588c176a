"""A tape records a walk only as far as it is asked to, remembers who wrote what, and lights the line that ran."""

from __future__ import annotations

from linecache import getline

import pytest

from engine.device import HOST, Device
from engine.walks.step import Step, Walk, address, agrees, drain, parse_address, split, symbol
from engine.walks.tape import Source, Tape, function_source
from tests.engine.cases import ALL, lesson_reel, make, update_reel

LIT = {
    "net": "net = U @ x + W @ s + b",
    "z": "z = V @ s + c",
    "delta_t": "delta = (theta.V.T @ ",
    "delta": "delta = (theta.W.T @ delta)",
    "W_zero": "total[p] = xp.zeros_like(getattr(theta, p))",
    "U_term": "term = delta @ factor[p].T",
    "b_add": "total[p] = total[p] + term",
    "sum_V": "total[name] = total[name] + getattr(grad, name)",
    "column": "column = deltas[k]",
    "a": "delta = (theta.V.T @ e + theta.W.T @ delta)",
    "numeric_U": "numeric = (plus - minus)",
    "g_norm": "length = norm(xp, grad)",
    "clip_W": "clipped[p] = g * ",
    "G_V": "grown = slot.grow(",
    "step_c": "moved[p] = optimiser.move(",
}
"""Some ops, and what their line says."""


def counting(seen: list[int], upto: int = 5) -> Walk[str]:
    for i in range(upto):
        seen.append(i)
        yield Step((("t", i),), "count", {"last": i, f"n[{i}]": i})
    return "done"


def text(source: Source) -> str:
    return "".join(getline(source.file, line) for line in range(source.line, source.last + 1))


def test_records_as_far_as_asked() -> None:
    seen: list[int] = []
    tape = Tape(counting(seen))
    assert seen == []
    assert tape.reach(2) == 2
    assert seen == [0, 1]
    assert [tape.reach(1), tape.done] == [1, False]
    assert tape.reach(99) == 5
    assert tape.result == "done"
    assert len(tape) == 5
    assert [step.values["last"] for step in tape] == seen == [0, 1, 2, 3, 4]


def test_find_and_writer() -> None:
    tape = Tape(counting([]))
    assert tape.find("last", 0) is None
    assert tape.writer("last", 0) is None
    assert [tape.find("last", p) for p in (3, 1, 5, 2)] == [2, 0, 4, 1]  # back is as good as forward
    assert [tape.writer("n[2]", p) for p in range(6)] == [None, None, None, 2, 2, 2]
    assert tape.find("nobody", 5) is None


def test_a_quiet_walk(device: Device) -> None:
    def walk() -> Walk[None]:
        yield Step((), "over", {"inf": device.xp.exp(device.put([[1e4]]))})

    assert float(device.get(Tape(walk()).find("inf", 1))[0, 0]) == float("inf")


@pytest.mark.parametrize("batch", [1, 2])
def test_lit_lines(batch: int) -> None:
    case, met = make(HOST, 3, batch, 3, 4), set()
    reels = [lesson_reel(HOST, "tanh", case, ALL)[1], update_reel(HOST, "tanh", "adagrad", case, ALL)]
    for reel in reels:
        assert reel.source(0) is None
        for p in range(1, reel.total + 1):
            step, source = reel.step(p), reel.source(p)
            assert step is not None
            assert source is not None
            line = text(source)
            met.add(step.op)
            if step.op in LIT:
                assert LIT[step.op] in line
            zeros = step.op.startswith("sweep_") and step.op.endswith("_zero")  # five zeros stand in one statement
            assert zeros or (" = " in line and "yield" not in line), f"{step.op} lights {line}"
    assert set(LIT) <= met


def test_function_of_a_lit_line() -> None:
    _, reel = lesson_reel(HOST, "tanh", make(HOST, 3, 1, 3, 4), ALL)
    source = reel.source(1)
    assert source is not None
    assert source.function == "forward"
    first, lines = function_source(source)
    assert lines[0].startswith("def forward(")
    assert "net = U @ x + W @ s + b" in lines[source.line - first]
    assert lines[-1].startswith("    return Forward(")


def test_drain_gives_the_result() -> None:
    seen: list[int] = []
    assert drain(counting(seen)) == "done"
    assert seen == [0, 1, 2, 3, 4]


def test_symbols_and_addresses() -> None:
    assert [symbol("dW"), symbol("s", 2), symbol("delta", 3, 1), symbol("s", -1)] == [
        "dW",
        "s[2]",
        "delta[3,1]",
        "s_init",
    ]
    assert split("delta[3,1]") == ("delta", (3, 1))
    assert split("dW") == ("dW", ())
    path = (("update", 57), ("backward", -1), ("t", 3))
    assert address(path) == "update=57/backward/t=3"
    assert parse_address(address(path)) == path
    for wrong in ("", "t=", "t=x", "3", "a//b", "t=-1"):
        with pytest.raises(ValueError, match="no place"):
            parse_address(wrong)
    assert agrees(path, (("update", 57), ("t", 3)))
    assert agrees(path, ())
    assert not agrees(path, (("t", 3), ("update", 57)))
    assert not agrees(path, (("t", 2),))
