"""`--json`: of every command one object with its schema, of any reader of JSON; `--only` gives a part of it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.device import HOST
from lessons.contract.knobs import Refused
from lessons.contract.plain import plain
from lessons.course import find, open_lesson
from lessons.player.player import Player
from lessons.player.show import everything, part
from tests.tui.test_cli import unroll
from tui.cli.as_json import SCHEMA
from tui.cli.main import cli

TEXT = "the cat sees the dog . the dog sees the cat . one two three\n" * 30
DOCS = Path(__file__).parents[2] / "docs" / "json.md"


def strict(text: str) -> Any:
    """JSON as the standard has it: no NaN, no Infinity."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("json")
    (made / "a.txt").write_text(TEXT, encoding="utf-8")
    (made / "deck.txt").write_text("bptt --at dW/t=3/k=1\n36\n", encoding="utf-8")
    (made / "pairs.tsv").write_text("".join(f"{a} {b}\t{b} {a}\n" for a in "abcd" for b in "efgh"), encoding="utf-8")
    return made


TRAIN = {
    "word2vec": ("a.txt", "--min-count", "1", "--dim", "4", "--epochs", "1", "--out", "v.vec"),
    "charnn": ("a.txt", "--updates", "2", "--hidden", "4", "--out", "n.npz"),
    "translate": ("pairs.tsv", "--updates", "2", "--hidden", "4", "--held", "2", "--out", "t.npz"),
}


def run(folder: Path, *args: str) -> Any:
    """What a command prints, in a folder."""
    command = [sys.executable, "-m", "tui.cli", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    return strict(done.stdout)


@pytest.mark.exhaustive
def test_every_command_says_its_schema(folder: Path) -> None:
    found = {name: run(folder, "train", name, *args, "--json") for name, args in TRAIN.items()}
    found["lessons"] = run(folder, "lessons", "--json")
    found["doctor"] = run(folder, "doctor", "--json")
    found["deck"] = run(folder, "deck", "deck.txt", "--json")
    found["neighbours"] = run(folder, "neighbours", "v.vec", "cat", "dog", "--json")
    found["analogy"] = run(folder, "analogy", "v.vec", "cat", "dog", "the", "--json")
    found["generate"] = run(folder, "generate", "n.npz", "--length", "5", "--json")
    found["translate "] = run(folder, "translate", "t.npz", "a f", "--json")
    for name, each in found.items():
        assert each["schema"] == SCHEMA, name
    assert [stop["lesson"] for stop in found["deck"]["stops"]][:2] == ["bptt", "bptt"]
    assert found["deck"]["stops"][0]["at"] == "dW/t=3/k=1"
    assert [*found["neighbours"]["neighbours"]] == ["cat", "dog"]
    docs = DOCS.read_text(encoding="utf-8")
    for name in TRAIN:
        line = next(line for line in docs.splitlines() if line.startswith(f"| `train {name}`"))
        assert set(found[name]) - {"schema"} <= {word.strip("`,") for word in line.replace("|", " ").split()}, name


def with_json(group: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that has the option --json."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from with_json(command, (*at, name))
        elif any("--json" in option.opts for option in command.params):
            yield (*at, name)


def test_every_command_with_json_is_in_the_docs() -> None:
    docs = DOCS.read_text(encoding="utf-8")
    found = [" ".join(names) for names in with_json(cli)]
    assert {"show", "deck", "doctor", "train music"} <= {*found}
    for name in found:
        assert f"`{name}`" in docs or f"`{name} FILE`" in docs or f"unroll {name}" in docs, name


def test_numbers_that_are_not_finite_are_null() -> None:
    value = {"a": [float("nan"), 1.0, (float("inf"), {"b": float("-inf")})], "c": "NaN", 3: True}
    assert plain(value) == {"a": [None, 1.0, [None, {"b": None}]], "c": "NaN", "3": True}


def within(draw: random.Random, value: Any) -> tuple[str, Any]:
    """A path into plain data, and what stands there."""
    names = []
    while isinstance(value, dict | list) and value and draw.random() < 0.85:
        if isinstance(value, dict):
            name = draw.choice([*value])
            value = value[name]
        else:
            name = str(draw.randrange(len(value)))
            value = value[int(name)]
        names.append(name)
    return "/".join(names), value


@pytest.mark.parametrize("lesson", ["bptt", "mlp", "words", "lstm"])
def test_a_part_is_what_stands_in_the_whole(lesson: str) -> None:
    player = Player(open_lesson(find(lesson)), HOST)
    whole, draw = everything(player, all_steps=True), random.Random(1)
    for _ in range(200):
        path, value = within(draw, whole)
        assert part(whole, path) == value
        assert part(whole, f"/{path}/") == value
        for wrong in ("nothing-of-this-name", "-1", "999999999", "9" * 30, "²"):
            if not (isinstance(value, dict) and wrong in value):
                with pytest.raises(Refused) as refused:
                    part(whole, f"{path}/{wrong}")
                assert "\n" not in str(refused.value)


def test_only() -> None:
    whole = strict(unroll("show", "bptt", "--json").stdout)
    assert strict(unroll("show", "bptt", "--json", "--only", "result/grad/W").stdout) == whole["result"]["grad"]["W"]
    assert strict(unroll("show", "bptt", "--json", "--only", "result/losses/3").stdout) == whole["result"]["losses"][3]
    said = unroll("show", "bptt", "--json", "--only", "result/los", code=2).stderr
    assert "'los' is not in result; near are loss, losses" in said
    assert (
        "a list of 4; it takes a number from 0 to 3"
        in unroll("show", "bptt", "--json", "--only", "result/losses/4", code=2).stderr
    )
    assert "add --json" in unroll("show", "bptt", "--only", "result", code=2).stderr
