"""The command line: its contract, its errors in one line with exit code 2, and what it must not load."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from tui.cli.main import cli

ENV = {**os.environ, "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}


def unroll(*args: str, env: dict[str, str] | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command; its exit code must be as said."""
    command = [sys.executable, "-m", "tui.cli", *args]
    done = subprocess.run(command, capture_output=True, text=True, env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stderr
    return done


def show(*args: str) -> dict[str, Any]:
    """What `unroll show bptt … --json` prints."""
    found: dict[str, Any] = json.loads(unroll("show", "bptt", *args, "--json").stdout)
    return found


def refused(*args: str, env: dict[str, str] | None = None) -> str:
    """The one line that an error prints."""
    done = unroll(*args, env=env, code=2)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("unroll: ")
    assert "Traceback" not in done.stderr
    return lines[0]


def test_the_example_is_that_of_the_slides() -> None:
    found = show()
    assert list(found) == ["lesson", "schema", "seed", "device", "knobs", "params", "inputs", "result"]
    result = found["result"]
    np.testing.assert_allclose(result["losses"], [1.698326, 1.243145, 1.427682, 1.496269], atol=1e-6)
    assert result["loss"] == pytest.approx(5.865422191, abs=1e-9)
    np.testing.assert_allclose(result["grad"]["W"], [[0.487554, 0.223358], [-0.017625, 0.405441]], atol=1e-6)
    assert found["inputs"] == {
        "text": "hello",
        "vocabulary": ["h", "e", "l", "o"],
        "x": [0, 1, 2, 2],
        "y": [1, 2, 2, 3],
    }
    assert set(found["params"]) == {"U", "W", "V", "b", "c", "s_init"}
    assert found["params"]["b"] == [0.0, 0.0]


def test_terms_sum_to_the_gradient_and_the_window_leaves_zeros() -> None:
    for args in ((), ("--set", "text=abcabd", "--set", "hidden=3", "--set", "window=2", "--seed", "4")):
        result = show(*args)["result"]
        for p in ("U", "W"):
            total = np.sum([np.sum(row, axis=0) for row in result["terms"][p]], axis=0)
            np.testing.assert_allclose(total, result["grad"][p], atol=1e-12)
        assert [len(row) for row in result["terms"]["W"]] == list(range(1, len(result["losses"]) + 1))
    last = result["terms"]["W"][-1]
    assert not np.any(last[:-2])
    assert np.any(last[-2])


def test_steps_carry_address_op_line_and_values() -> None:
    found = show("--all")
    steps = found["steps"]
    assert [s["index"] for s in steps] == list(range(1, len(steps) + 1))
    by_symbol = {name: s for s in steps for name in s["values"]}
    term = by_symbol["dW[3,1]"]
    assert term["path"] == [["dW", -1], ["t", 3], ["k", 1]]
    np.testing.assert_allclose(term["values"]["dW[3,1]"], found["result"]["terms"]["W"][3][1], atol=1e-15)
    norms = [np.linalg.norm(by_symbol[f"delta[3,{k}]"]["values"][f"delta[3,{k}]"]) for k in (3, 2, 1, 0)]
    np.testing.assert_allclose(norms, [1.04282840, 0.57001913, 0.29262991, 0.12865555], atol=1e-8)
    source = Path("engine/recurrent/srn.py").read_text(encoding="utf-8").splitlines()
    assert "delta @ factor" in source[term["line"] - 1]


def test_places() -> None:
    at = show("--at", "dW/t=3/k=1")["at"]
    assert at["path"] == [["dW", -1], ["t", 3], ["k", 1]]
    opened = show("--at", "train/update=57/backward/t=3")
    assert opened["at"]["address"].startswith("train/update=57/backward/t=3")
    assert show("--at", "train/update=57")["params"] == opened["params"]
    assert opened["params"] != show()["params"]
    assert show("--step", "20")["at"]["index"] == 20
    assert show("--step", "20")["at"]["path"][0] == ["forward", -1]


def test_seeds_repeat_and_differ() -> None:
    drawn = show("--seed", "3")
    assert drawn["seed"] == 3
    assert drawn == show("--seed", "3")
    assert drawn["params"] != show("--seed", "4")["params"]
    assert show("--set", "text=hallo")["seed"] == 0
    assert show("--set", "text=hello")["seed"] is None, "that is the example of the slides, with its weights"


def test_a_state_goes_out_and_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    first = show("--set", "text=你好你们", "--set", "hidden=3", "--set", "start=random", "--seed", "2")
    file.write_text(json.dumps(first), encoding="utf-8")
    again = show("--state", str(file))
    assert again["params"] == first["params"]
    assert again["result"] == first["result"]
    first["params"]["W"][0][0] += 0.5
    for key in ("knobs", "result", "seed", "device"):
        del first[key]
    del first["inputs"]["x"]
    file.write_text(json.dumps(first), encoding="utf-8")
    changed = show("--state", str(file))
    assert changed["params"]["W"][0][0] == first["params"]["W"][0][0]
    assert changed["result"]["loss"] != again["result"]["loss"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("show", "bptt", "--set", "text="), "2 to 500"),
        (("show", "bptt", "--set", "text=a"), "2 to 500"),
        (("show", "nope"), "there is no lesson nope"),
        (("nope",), "there is no lesson nope"),
        (("show", "bptt", "--set", "speed=1"), "no knob speed"),
        (("show", "bptt", "--set", "hidden"), "KNOB=VALUE"),
        (("show", "bptt", "--set", "hidden=65"), "1–64"),
        (("show", "bptt", "--set", "hidden=x"), "no number"),
        (("show", "bptt", "--set", "rate=nan"), "out of range"),
        (("show", "bptt", "--set", "activation=gelu"), "linear, ramp, step"),
        (("show", "bptt", "--seed", "-1"), "seed"),
        (("show", "bptt", "--at", "nowhere"), "no such place"),
        (("show", "bptt", "--at", "t=="), "no place"),
        (("show", "bptt", "--at", "train/update=9999999999"), "at most"),
        (("show", "bptt", "--step", "100000"), "0 to 342"),
        (("show", "bptt", "--device", "tpu"), "tpu"),
        (("show", "bptt", "--state", "/no/such/file.json"), "no such file"),
        (("show", "bptt", "--state", "."), "folder"),
        (("show",), "LESSON"),
        (("bptt",), "needs a terminal"),
        ((), "needs a terminal"),
        (("show", "bptt", "--frobnicate"), "--frobnicate"),
    ],
)
def test_errors_are_one_line(args: tuple[str, ...], says: str) -> None:
    assert says in refused(*args)


def test_what_contradicts_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(show()), encoding="utf-8")
    assert "hidden is 2 there" in refused("show", "bptt", "--state", str(file), "--set", "hidden=3")
    assert "--state brings them" in refused("show", "bptt", "--state", str(file), "--seed", "3")
    assert "one of the two" in refused("show", "bptt", "--at", "t=3", "--step", "4")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_behind_standard_output() -> None:
    command = [sys.executable, "-m", "tui.cli", "show", "bptt", "--json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=ENV)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["unroll: cannot write: No space left on device"]


STATES: dict[str, tuple[str, str]] = {
    "empty": ("", "no JSON"),
    "list": ("[1, 2]", "not a state"),
    "no params": ('{"inputs": {}}', "not a state"),
    "other lesson": ('{"lesson": "lstm", "params": {}}', "a state of lstm"),
    "wrong shape": ('{"params": {"U": [[1,2,3,4],[1,2,3,4]], "W": [[1]], "V": [[1,2],[1,2],[1,2],[1,2]]}}', "(1, 1)"),
    "ragged": (
        '{"params": {"U": [[1,2,3,4],[1,2,3,4]], "W": [[1],[2,3]], "V": [[1,2],[1,2],[1,2],[1,2]]}}',
        "rectangle",
    ),
    "nan": ('{"params": {"U": [[1,2,3,4],[1,2,3,NaN]], "W": [[1,2],[1,2]], "V": [[1,2],[1,2],[1,2],[1,2]]}}', "finite"),
    "words": (
        '{"params": {"U": [[1,2,3,4],[1,2,3,"x"]], "W": [[1,2],[1,2]], "V": [[1,2],[1,2],[1,2],[1,2]]}}',
        "rectangle",
    ),
    "unknown": ('{"params": {"U": [[1,2,3,4]], "Q": [1]}}', "no parameter Q"),
    "short text": ('{"params": {"U": [[1]]}, "inputs": {"text": "a"}}', "2 to 500"),
    "deep": ("[" * 100000, "no JSON"),
}


@pytest.mark.parametrize("name", STATES)
def test_states_that_are_none(name: str, tmp_path: Path) -> None:
    content, says = STATES[name]
    file = tmp_path / "state.json"
    file.write_text(content, encoding="utf-8")
    assert says in refused("show", "bptt", "--state", str(file), "--json")


def test_a_state_of_a_gigabyte_is_not_even_read(tmp_path: Path) -> None:
    file = tmp_path / "big.json"
    with file.open("wb") as handle:
        handle.truncate(1 << 30)
    assert "1024 MB" in refused("show", "bptt", "--state", str(file))


def test_errors_in_chinese() -> None:
    assert "超出范围" in refused("show", "bptt", "--set", "hidden=0", "--lang", "zh")
    assert "没有课程" in refused("show", "nope", env={"LANG": "zh_CN.UTF-8", "LC_ALL": ""})


def test_numbers_that_are_not_finite_are_null_and_named() -> None:
    sets = ("activation=linear", "optimiser=sgd", "rate=2", "clip=1e300")
    args = [part for pair in sets for part in ("--set", pair)]
    found = show(*args, "--at", "train/update=40")
    assert found["diverged_at"].startswith(
        "train/update=6/"
    )  # clipping at no bound is no step: it is the forward pass that overflows
    assert "diverged_at" not in show(*args, "--at", "train/update=3")
    text = "ab" * 60
    far = show(*args, "--set", f"text={text}", "--at", "train/update=60")
    assert far["diverged_at"]


def test_gpu_without_cupy_or_without_a_gpu() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", "show", "bptt", "--device", "gpu"], capture_output=True, text=True, env=ENV
    )
    if done.returncode == 0:
        pytest.skip("a GPU is here")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "CuPy" in done.stderr


def test_lessons_as_text_and_json() -> None:
    assert "Backpropagation through time" in unroll("lessons").stdout
    assert "随时间反向传播算法" in unroll("lessons", "--lang", "zh").stdout
    cards = {card["id"]: card for card in json.loads(unroll("lessons", "--json").stdout)["lessons"]}
    card = cards["bptt"]
    assert [knob["id"] for knob in card["knobs"]][:4] == ["text", "hidden", "activation", "window"]


def test_pictures_without_an_app() -> None:
    for args in (("--at", "dW/t=3/k=1"), ("--at", "train/update=20/step/W"), ("--at", "check/W"), ("--step", "0")):
        out = unroll("show", "bptt", *args).stdout
        assert "\x1b" not in out
        assert len(out.splitlines()) > 5
    assert "► .263► .128" in unroll("show", "bptt", "--at", "dW/t=3/k=1").stdout
    plain = unroll("show", "bptt", "--at", "dW/t=3/k=1", "--glyphs", "ascii").stdout
    assert plain.isascii()
    assert "> .263> .128" in plain


def test_doctor_version_help_and_completion() -> None:
    report = json.loads(unroll("doctor", "--json").stdout)
    assert report["cpu"]["ok"]
    assert report["lesson bptt"]["ok"]
    assert "0." in unroll("--version").stdout
    assert "show" in unroll("--help").stdout
    for shell in ("bash", "zsh", "fish"):
        assert "unroll" in unroll("completion", shell).stdout


@pytest.mark.parametrize("args", [("typo", "--help"), ("typo", "-h", "--lang", "zh")], ids=str)
def test_help_of_what_is_no_lesson_and_no_command_is_refused(args: tuple[str, ...]) -> None:
    said = refused(*args)
    assert "typo" in said
    assert "neuron" in said


@pytest.mark.parametrize("query", [("neuron",), ("Chain", "rule"), ("13",)], ids=str)
def test_help_of_what_leads_to_a_lesson_is_that_of_opening_it(query: tuple[str, ...]) -> None:
    assert "--afresh" in unroll(*query, "--help").stdout


HEAVY = """
import sys
sys.argv = ["unroll", *{args!r}]
from tui.cli.main import cli, main
try:
    main()
except SystemExit:
    pass
print([m for m in ("textual", "numpy", "rich") if m in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["lessons"],
        ["lessons", "--json"],
        ["show", "nope"],
        ["show", "bptt", "--set", "hidden=0"],
        ["--bogus"],
    ],
)
def test_light_commands_stay_light(args: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY.format(args=args)], capture_output=True, text=True, env=ENV)
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_and_unknown_options_do_not_look_for_lessons() -> None:
    code = HEAVY.replace('"rich"', '"importlib.metadata"').format(args=["--help"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENV)
    assert "textual" not in done.stderr.splitlines()[-1]


def test_a_locale_that_is_not_utf8_gets_ascii() -> None:
    done = unroll("show", "bptt", "--at", "dW/t=3/k=1", env={"PYTHONIOENCODING": "latin-1"})
    assert done.stdout.isascii()


def on_a_terminal(*args: str) -> str:
    """What a command writes on a terminal, both streams together."""
    import pty

    main, second = pty.openpty()
    running = subprocess.Popen([sys.executable, "-m", "tui.cli", *args], stdout=second, stderr=second, env=ENV)
    os.close(second)
    found = b""
    with contextlib.suppress(OSError):  # the end, as a terminal tells it
        while part := os.read(main, 4096):
            found += part
    os.close(main)
    assert running.wait(60) == 0
    return found.decode()


@pytest.mark.skipif(os.name == "nt", reason="there is no pseudo-terminal here")
def test_what_takes_long_says_so_and_leaves_nothing_of_it() -> None:
    found = on_a_terminal("doctor")
    assert found.startswith("working …\r")
    assert found.index("python") > found.rindex("working …")
    piped = subprocess.run([sys.executable, "-m", "tui.cli", "doctor"], capture_output=True, text=True, env=ENV)
    assert "working" not in piped.stdout + piped.stderr


def with_ranges(group: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every option that takes a number which need not be whole."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from with_ranges(command, (*at, name))
        for option in command.params:
            if isinstance(option.type, click.FloatRange):
                yield (*at, name), option.opts[0]


def test_no_option_takes_what_is_no_number() -> None:
    found = list(with_ranges(cli))
    assert len(found) > 10
    for names, option in found:
        for value in ("nan", "-nan", "inf"):
            files = ["x"] if names[0] in ("train", "generate") else []
            with pytest.raises(click.BadParameter):
                cli.main([*names, *files, f"{option}={value}"], standalone_mode=False)
