"""The command line in the learner's language: help, usage, click's own errors, the report of `doctor`."""

from __future__ import annotations

import ast
import errno
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lessons.contract.phrases import LANGUAGES, Words, reason
from tests.tui.test_cli import ENV, refused, unroll
from tui.cli.doctor import examine
from tui.cli.main import cli, open_command
from tui.cli.speaking import TRANSLATED, SpokenCommand, broken, cells, click_phrases, declared, everything, name_of
from tui.machine.store import Store

CHINESE = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"`[^`]*`|\"\$\([^)]*\)\"|(?<![\w-])--?[a-z][\w-]*|\[[^\]]*\]")
"""What stays as it is typed: commands, options, choices."""
SENTENCE = re.compile(r"[A-Za-z]['A-Za-z]+(?: +[A-Za-z]['A-Za-z]+){2,}")
FOR_PROGRAMMERS = (
    "Could not determine name",
    "No options defined",
    "Arguments take exactly",
    "Name '",
    "Boolean option",
)
"""What click says to who declares options, never to who types them."""
HELP = """
import json, sys
import click
from tui.cli.main import cli, open_command
from tui.cli.speaking import begin, everything, say
sys.argv[1:] = ["--lang", {lang!r}]
begin()
found = {{}}
for command in (*everything(cli), open_command):
    ctx = command.context_class(command, info_name=command.name)
    text = command.get_help(ctx)
    rows = [param.get_help_record(ctx) for param in command.get_params(ctx) if isinstance(param, click.Option)]
    found[command.name] = [text, [row for row in rows if row]]
print(json.dumps(found))
"""


def commands() -> list[click.Command]:
    return [*everything(cli), open_command]


@pytest.fixture(scope="module")
def helps() -> dict[str, dict[str, tuple[str, list[list[str]]]]]:
    """For each language, each command's help and its rows of options."""
    found = {}
    for lang in LANGUAGES:
        command = [sys.executable, "-c", HELP.format(lang=lang)]
        found[lang] = json.loads(subprocess.run(command, capture_output=True, text=True, env=ENV, check=True).stdout)
    return found


def english_in(text: str) -> list[str]:
    """Runs of three English words or more that are no code."""
    return SENTENCE.findall(CODE.sub("·", text))


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_command_and_option_has_its_phrase(command: click.Command) -> None:
    """Whoever adds a command or option gives its help in `tui/cli/phrases`, in both languages."""
    assert isinstance(command, SpokenCommand), f"{command.name} should be made with cls=SpokenCommand"
    for lang in LANGUAGES:
        words = Words(lang, "tui.cli")
        assert words(f"command.{command.name}")
        for param in command.params:
            if isinstance(param, click.Option):
                name = name_of(param)
                shared = words.get(f"option.{name}", "")
                said = words.get(f"option.{command.name}.{name}", shared)
                assert said, f"tui/cli/phrases/{lang}.toml has no option.{name} or option.{command.name}.{name}"
            elif param.metavar != "" and not isinstance(param.type, click.Choice) and len(str(param.name)) > 1:
                known = words.under("metavar.")
                written = declared.get(param, param.metavar) or str(param.name).upper()
                assert f"metavar.{written}" in known, f"tui/cli/phrases/{lang}.toml has no metavar.{written}"


def test_names_of_commands_are_different() -> None:
    names = [command.name for command in commands()]
    assert len(names) == len(set(names))


def test_no_phrase_is_left_of_a_command_that_is_gone() -> None:
    names = {str(command.name) for command in commands()}
    flags = {(str(c.name), name_of(param)) for c in commands() for param in c.params} | {("", "help"), ("", "version")}
    for key in Words("en", "tui.cli").under(""):
        kind, _, rest = key.partition(".")
        if kind == "command":
            assert rest in names, key
        elif kind == "option":
            command, dot, flag = rest.partition(".")
            assert (command, flag) in flags if dot else rest in {name for _, name in flags}, key


def test_chinese_help_holds_no_english_sentence(helps: dict[str, dict[str, tuple[str, list[list[str]]]]]) -> None:
    assert set(helps["zh"]) == {command.name for command in commands()}
    for name, (text, rows) in helps["zh"].items():
        assert text.startswith("用法："), name
        assert english_in(text) == [], name
        for typed, said in rows:
            assert CHINESE.search(said), (name, typed)
            assert not re.search(r"\b[A-Z]{4,}\b", typed), (name, typed)
        assert all(cells(line) <= 80 for line in text.splitlines()), name


def test_english_help_holds_no_chinese(helps: dict[str, dict[str, tuple[str, list[list[str]]]]]) -> None:
    for name, (text, rows) in helps["en"].items():
        assert text.startswith("Usage: "), name
        assert not CHINESE.search(text), name
        assert all(said for _, said in rows), name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_says_how_a_lesson_is_opened(lang: str) -> None:
    assert "unroll bptt" in unroll("--help", "--lang", lang).stdout


def messages() -> Iterator[str]:
    """What click gives to gettext, in the modules that speak to a user of ours."""
    for module in TRANSLATED:
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
                yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def test_every_message_of_click_has_its_chinese() -> None:
    known = click_phrases("zh")
    said = [message for message in messages() if not message.startswith(FOR_PROGRAMMERS)]
    assert len(said) > 40
    assert [message for message in said if message not in known] == []
    assert all(CHINESE.search(each) for message, each in known.items() if "UUID" not in message)


ERRORS = [
    ("--gone",),
    ("show",),
    ("show", "gone"),
    ("gone",),
    ("show", "bptt", "--gone"),
    ("show", "bptt", "--jsn"),
    ("show", "bptt", "more"),
    ("show", "bptt", "--at"),
    ("show", "bptt", "--json=yes"),
    ("show", "bptt", "--device", "tpu"),
    ("show", "bptt", "--set", "gone=1"),
    ("show", "bptt", "--set", "hidden"),
    ("show", "bptt", "--set", "hidden=x"),
    ("show", "bptt", "--at", "t=="),
    ("show", "bptt", "--at", "nowhere"),
    ("show", "bptt", "--step", "99999"),
    ("show", "bptt", "--seed", "x"),
    ("show", "bptt", "--state", "no-such-file.json"),
    ("lessons", "--gone"),
    ("doctor", "more"),
    ("completion",),
    ("completion", "csh"),
    ("train", "gone"),
    ("train", "charnn"),
    ("train", "charnn", "no-such-file.txt"),
    ("train", "charnn", "x", "--layers", "9"),
    ("train", "charnn", "x", "--layers", "x"),
    ("train", "charnn", "x", "--rate", "x"),
    ("train", "word2vec", "x", "--model", "gone"),
    ("neighbours", "no-such-file.txt", "x"),
    ("analogy", "no-such-file.txt", "a", "b"),
    ("generate", "no-such-file.npz", "--length", "0"),
]


@pytest.mark.parametrize("args", ERRORS, ids=" ".join)
def test_errors_in_chinese_are_one_line(args: tuple[str, ...]) -> None:
    said = refused(*args, env={"LC_ALL": "zh_CN.UTF-8", "UNROLL_HOME": "no-such-folder"}).removeprefix("unroll: ")
    assert CHINESE.search(said), said
    assert english_in(re.sub("'[^']*'", "", said)) == [], said
    assert said[-1] not in ".。", said


def test_settings_are_asked_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"language": "zh"}', encoding="utf-8")
    home = {"UNROLL_HOME": str(tmp_path), "LC_ALL": "en_US.UTF-8"}
    assert "没有选项" in refused("--gone", env=home)
    assert "No such option" in refused("--gone", "--lang", "en", env=home)
    assert "No such option" in refused("--lang=en", "show", "bptt", "--gone", env=home)
    (tmp_path / "settings.json").write_text('{"language": 3', encoding="utf-8")
    assert "No such option" in refused("--gone", env=home)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_every_command_understands_lang() -> None:
    assert "词向量" in unroll("train", "word2vec", "--help", "--lang", "zh").stdout
    assert "缺少参数" in refused("train", "word2vec", "--lang", "zh")
    assert "不是 'en', 'zh' 之一" in refused("doctor", "--lang", "fr", env={"LC_ALL": "zh_CN.UTF-8"})


@pytest.mark.exhaustive
def test_doctor_in_chinese() -> None:
    report = json.loads(unroll("doctor", "--json", "--lang", "zh").stdout)
    assert report.pop("schema") > 0
    assert list(report) == list(examine())
    printed = unroll("doctor", "--lang", "zh").stdout
    for subject, each in report.items():
        if subject not in ("versions", "folders", "python"):
            assert CHINESE.search(each["said"]), subject
    assert english_in(re.sub(r"unroll-nn .*", "", printed)) == []
    names = {key.removeprefix("doctor.name.") for key in Words("zh", "tui.cli").under("doctor.name.")}
    assert {subject.split()[0] for subject in report} <= names


def test_lines_are_broken_in_cells() -> None:
    assert broken("逐步运行神经网络，一次一个运算。", 16) == ["逐步运行神经网", "络，一次一个运", "算。"]
    assert broken("one two three", 7) == ["one two", "three"]
    assert broken("", 10) == [""]
    assert cells("设置=值") == 7


@pytest.mark.parametrize("name", sorted(Words("en").under("os.")))
def test_why_the_system_refused(name: str) -> None:
    number = getattr(errno, name.removeprefix("os."))
    error = OSError(number, "as the system says it")
    assert reason(error)(Words("en")) == Words("en")(name)
    assert CHINESE.search(reason(error)(Words("zh")))


def test_a_reason_without_a_phrase_is_the_systems_own() -> None:
    assert reason(OSError(errno.ECHILD, "No child processes"))(Words("zh")) == "No child processes"
    assert reason(OSError("of ours"))(Words("zh")) == "of ours"


def test_what_cannot_be_read_or_written_is_said_in_chinese(tmp_path: Path) -> None:
    chinese = {"LC_ALL": "zh_CN.UTF-8", "UNROLL_HOME": "no-such-folder"}
    (tmp_path / "file").write_text("x", encoding="utf-8")
    below = str(tmp_path / "file" / "below.json")
    assert "这不是文件夹" in refused("show", "bptt", "--state", below, env=chinese)
    assert "这不是文件夹" in refused("neighbours", below, "x", env=chinese)
    (tmp_path / "progress.json").write_text("{", encoding="utf-8")
    assert "文件已损坏" in Store(tmp_path, lang="zh").trouble[0]
    assert "已另存为" not in "".join(Store(tmp_path, lang="zh").trouble)
    assert "这不是文件夹" in Store(tmp_path / "file", lang="zh").trouble[0]
