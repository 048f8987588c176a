"""What a shell offers on tab: commands, lessons, acts, knobs and their values, in each shell's own form."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lessons.contract.card import Card
from lessons.contract.knobs import FILES
from lessons.contract.phrases import LANGUAGES
from lessons.course import course
from tests.tui.test_cli import ENV
from tui.cli.common import speak
from tui.cli.completing import Bash, Items, Zsh
from tui.cli.main import cli, open_command
from tui.cli.speaking import everything, name_of

LESSONS = [card for card in course().values() if isinstance(card, Card)]


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    speak("en")
    yield
    speak("")


def offered(*typed: str) -> Items:
    """What zsh is given behind these words, the last of which is not finished."""
    return Zsh(cli, {}, "unroll", "_UNROLL_COMPLETE").get_completions(list(typed[:-1]), typed[-1])


def values(*typed: str) -> list[str]:
    return [item.value for item in offered(*typed)]


def in_bash(monkeypatch: pytest.MonkeyPatch, words: str) -> list[str]:
    """What bash is given where the cursor stands behind the last of these words, cut as bash cuts them."""
    monkeypatch.setenv("COMP_WORDS", f"unroll {words}")
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ") + 1))
    return Bash(cli, {}, "unroll", "_UNROLL_COMPLETE").complete().splitlines()


def test_commands_and_lessons() -> None:
    assert {"show", "lessons", "bptt", "word2vec"} <= set(values(""))
    assert values("").count("generate") == 1
    assert values("show", "ls") == ["lstm"]
    assert values("hier") == ["hierarchical-softmax"]
    assert values("train", "") == ["charnn", "music", "translate", "word2vec"]
    assert values("bptt", "--a") == ["--at", "--afresh"]
    assert offered("generate", "net")[0].type == "file"


@pytest.mark.parametrize("card", LESSONS, ids=lambda card: card.id)
def test_every_lesson_offers_its_acts_and_knobs(card: Card) -> None:
    """Each value that is offered is one that the knob takes."""
    assert values("show", card.id, "--at", "") == list(card.acts)
    assert values("show", card.id, "--set", "") == [f"{knob.id}=" for knob in card.knobs]
    for knob in card.knobs:
        assert values("show", card.id, f"--set={knob.id[:-1]}")[0].startswith(knob.id[:-1])
        found = values("show", card.id, "--set", f"{knob.id}=")
        assert found
        for each in found:
            name, _, value = each.partition("=")
            assert name == knob.id
            knob.read(value)
        if knob.choices:
            assert found == [f"{knob.id}={choice}" for choice in knob.choices]
        if knob.kind in FILES:
            assert offered("show", card.id, "--set", f"{knob.id}=./no")[0].type == "file"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_offered_is_told_in_the_language(lang: str) -> None:
    speak(lang)
    for item in (*offered(""), *offered("show", ""), *offered("show", "bptt", "--set", ""), *offered("show", "--")):
        if item.value == "--help":  # which click makes but once
            continue
        assert item.help
        assert any("\u4e00" <= char <= "\u9fff" for char in item.help) == (lang == "zh"), (item.value, item.help)


def test_every_set_and_lesson_is_completed() -> None:
    """Whoever adds an option that takes knobs or addresses of a lesson lets it be completed."""
    for command in (*everything(cli), open_command):
        named = [param for param in command.params if isinstance(param, click.Option)]
        if command.name != "open" and any(param.name == "lesson" for param in command.params):
            assert values(str(command.name), "hie") == ["hierarchical-softmax"]
        start = ["bptt"] if command.name == "open" else [str(command.name), "bptt"]
        for param in named:
            if name_of(param) in ("set", "at"):
                assert values(*start, f"--{name_of(param)}", ""), (command.name, param.name)


def test_choices_already_taken_are_not_offered() -> None:
    found = values("show", "playground", "--set", "features=x1,")
    assert "features=x1,x2" in found
    assert "features=x1,x1" not in found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("show bptt --set act", ["plain,activation="]),
        ("show bptt --set activation =", ["linear", "ramp", "step", "sigmoid", "tanh", "relu"]),
        ("show bptt --set activation = ta", ["tanh"]),
        ("show bptt --set activation = tanh --no", ["--notation"]),
        ("show bptt --set = act", ["activation="]),
        ("show bptt --set = activation = re", ["relu"]),
        ("show bptt --notation = s", ["second"]),
        ("--lang = zh show bp", ["bptt"]),
        ("show playground --set features = x1,x", ["x1,x2", "x1,x1x1", "x1,x2x2", "x1,x1x2"]),
        ("show gone --set ", []),
    ],
)
def test_bash_cuts_words_at_the_sign(monkeypatch: pytest.MonkeyPatch, words: str, found: list[str]) -> None:
    assert in_bash(monkeypatch, words) == [each if "plain," in each else f"plain,{each}" for each in found]


def test_scripts_put_no_space_behind_a_knob() -> None:
    for shell in (Bash, Zsh):
        assert "*= ]]" in shell.source_template, f"click's script for {shell.name} has changed"


@pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="no bash here")
def test_the_script_runs_in_bash(tmp_path: Path) -> None:
    program = tmp_path / "unroll"
    code = "import sys; sys.argv[0] = 'unroll'; from tui.cli.main import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = f"""
        PATH="{tmp_path}:$PATH"
        eval "$(unroll completion bash)"
        COMP_WORDS=(unroll show bptt --set activation = t) COMP_CWORD=6
        _unroll_completion unroll 2>/dev/null
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=ENV, check=True)
    assert done.stdout.split() == ["tanh"]
