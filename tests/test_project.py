"""What the project says of itself: paths and commands in its texts exist, versions agree, the checks are one script."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from lessons.contract.knobs import Refused
from lessons.course import course
from lessons.finding import find_places
from tui.cli.main import cli, open_command

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.zh.md", "CONTRIBUTING.md")
ROOMS = ("engine", "lessons", "tui")
FOLDERS = (*ROOMS, "tests", "benchmarks", "docs", ".ci", ".github")
CHECKS = ("lint", "format", "types", "contracts")
"""The checks of .ci/lint."""
MACHINES = re.compile(
    r"(?<![\w.~-])/(?:[h]ome/|[r]oot\b|[t]mp\b|[w]ork\b|[m]nt/|[o]pt/|[U]sers/)|[A-Z]:\\[U]sers"
    r"|[p]ypi\.(?:org|python)|[p]ythonhosted\.org|[a]naconda\.org|[n]pmjs\.|[p]roxy\.golang|-[i]ndex-url|PIP_[I]NDEX"
)
"""Paths of one machine, and hosts of registries. A letter in brackets, so that the pattern does not match itself."""


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(read("pyproject.toml"))["project"]
    return found


def spans(text: str) -> Iterator[str]:
    """What is written as code on a page: lines of blocks, text in backticks, and where links and pictures point."""
    fence = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    for block in fence.findall(text):
        yield from block.splitlines()
    rest = fence.sub("", text)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", rest))
    yield from re.findall(r"\]\(([^)]+)\)", rest)


def paths(text: str) -> set[str]:
    """The words of a page that are paths of the project: below one of its folders, or a file beside them."""
    words = {word.rstrip(",.;:") for span in spans(text) for word in re.split(r"[\s，。；：、]+", span)}
    beside = re.compile(r"[A-Z]{4,}(\.\w+)?|pyproject\.toml")
    return {word for word in words if word.partition("/")[0] in FOLDERS and "/" in word} | {
        word for word in words if beside.fullmatch(word) and "." in word
    }


def modules(text: str) -> set[str]:
    """The dotted names of a page that begin with one of the project's packages."""
    name = re.compile(r"(?<![\w./])(?:engine|lessons|tui|tests)(?:\.\w+)+")
    return {found for span in spans(text) for found in name.findall(span)}


def commands(text: str) -> Iterator[list[str]]:
    """What follows `unroll` in the commands of a page."""
    for span in spans(text):
        words = [word.strip("\"'$()") for word in span.partition(" #")[0].split()]
        for i, word in enumerate(words):
            if word == "unroll" or word.endswith("bin/unroll"):
                yield words[i + 1 :]


def file_of(name: str) -> Path | None:
    """The file of a module or package, where there is one."""
    base = ROOT.joinpath(*name.split("."))
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def is_known(name: str) -> bool:
    """Whether a dotted name is a module, or something that a module defines."""
    module, _, last = name.rpartition(".")
    file = file_of(module)
    return file_of(name) is not None or (
        file is not None
        and re.search(rf"^(?:class |def )?{last}\b", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    )


def is_found(query: str) -> bool:
    """Whether `unroll` finds a lesson, a slide or a term of this name."""
    try:
        return bool(find_places(query, course()))
    except Refused:
        return False


def is_command(words: list[str]) -> bool:
    """Whether `unroll` knows these: a command, a command of a group, or what it finds, and every option with a name."""
    command: click.Command = cli
    options = {"--help"} | {
        name for each in (cli, open_command) for parameter in each.params for name in parameter.opts
    }
    for word in words:
        name = word.partition("=")[0]
        below = command.get_command(click.Context(command), name) if isinstance(command, click.Group) else None
        if below is not None:
            command = below
            options |= {name for parameter in command.params for name in parameter.opts}
        elif name.startswith("--") and name not in options:
            return False
    return command is not cli or not words or words[0].startswith("-") or is_found(words[0])


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_a_page_exists(page: str) -> None:
    named = paths(read(page))
    assert len(named) > 5
    for path in named:
        assert any(ROOT.glob(re.sub(r"<\w+>", "*", path).rstrip("/"))), f"{page} names {path}, which is not there"
        assert not path.endswith("/") or (ROOT / path).is_dir(), f"{page} names {path}, which is no folder"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists(page: str) -> None:
    text = read(page)
    for name in modules(text):
        assert is_known(name), f"{page} names {name}, which is not there"
    for name in re.findall(r"-m ((?:engine|lessons|tui|tests)[.\w]*)", text):
        file = file_of(name)
        assert file is not None, f"{page} runs {name}, which is not there"
        runs = '__name__ == "__main__"' in file.read_text(encoding="utf-8") or (file.parent / "__main__.py").is_file()
        assert runs, f"{page} runs {name}, which cannot be run"
    for words in commands(text):
        assert is_command(words), f"{page} has `unroll {' '.join(words)}`, which is no command"
    extras = {each for found in re.findall(r"'\.\[([\w,-]+)\]'", text) for each in found.split(",")}
    known = project()["optional-dependencies"]
    assert isinstance(known, dict)
    assert extras
    assert extras <= set(known)
    for names in re.findall(r"bash \.ci/lint((?: [a-z]+)*)`", text):
        assert set(names.split()) <= set(CHECKS)


def test_what_is_not_there_is_found() -> None:
    page = "`engine/walks/step.py`, `engine/gone.py`, `lessons.gone` ![x](docs/gone.svg)\n```\ntui/gone/  x\n```\n"
    assert paths(page) == {"engine/walks/step.py", "engine/gone.py", "docs/gone.svg", "tui/gone/"}
    assert modules(page) == {"lessons.gone"}
    assert not is_known("lessons.gone")
    assert not is_known("engine.walks.step.Gone")
    assert is_known("engine.walks.step.Step")
    assert is_command(["show", "bptt", "--json"])
    assert is_command(["train", "word2vec", "--threads", "4"])
    assert is_command(["bptt", "--afresh"])
    assert not is_command(["no-such-command"])
    assert not is_command(["show", "bptt", "--gone"])
    assert list(commands('eval "$(unroll completion bash)"\n`unroll show\nbptt`')) == [["show", "bptt"]]


def test_the_readme_names_every_folder_of_the_three() -> None:
    named = paths(read("README.md"))
    for room in ROOMS:
        for folder in sorted(path.parent.name for path in (ROOT / room).glob("*/__init__.py")):
            assert f"{room}/{folder}/" in named, f"README.md does not say what is in {room}/{folder}/"


def blocks(text: str) -> list[list[str]]:
    """The commands of the blocks of code that are commands, without what is said of them."""
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [[line.partition(" #")[0].rstrip() for line in block.splitlines()] for block in found]


def code(text: str) -> set[str]:
    """What is set in backticks outside blocks, its words in one line."""
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", rest)}


def figures(text: str) -> dict[str, int]:
    """The figures of a page outside code, each as often as it stands there."""
    rest = re.sub(r"^```.*?^```$|`[^`]+`|\]\([^)]+\)|^\d\. ", "", text, flags=re.DOTALL | re.MULTILINE)
    return dict(sorted(Counter(re.findall(r"\d[\d,.×-]*\d|\d", rest)).items()))


def options(text: str) -> set[str]:
    return {name for span in spans(text) for name in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)}


def test_the_two_readmes_say_the_same() -> None:
    """Whoever changes one changes the other: its commands, options, paths, names in code, pictures and figures."""
    english, chinese = read("README.md"), read("README.zh.md")
    assert "(README.zh.md)" in english
    assert "(README.md)" in chinese
    assert blocks(english) == blocks(chinese)
    assert list(commands(english)) == list(commands(chinese))
    assert paths(english) == paths(chinese) - {"README.md"}
    for what in (options, modules, code, figures):
        assert what(english) == what(chinese), f"the two differ in their {what.__name__}"
    for mark in (r"^#+ ", r"^\|", r"^- ", r"^\d\. ", r"^!\[", r"^<!-- \w+ -->$"):
        counts = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, chinese)]
        assert counts[0] == counts[1], f"the two differ in lines that begin with {mark}"


def test_a_difference_between_readmes_is_found() -> None:
    page = "two `--set` of 8,993 lines in 1.5 s\n\n```sh\nunroll show bptt  # said\n```\n`engine/maths/`\n"
    assert blocks(page) == [["unroll show bptt"]]
    assert code(page) == {"--set", "engine/maths/"}
    assert figures(page) == {"1.5": 1, "8,993": 1}
    assert options(page) == {"--set"}


def test_examples_of_style_stand_in_our_files() -> None:
    examples = re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    assert len(examples) == 3
    for path, example in examples:
        assert example in read(path), f"{path} reads otherwise now than CONTRIBUTING.md shows it"


def test_citation_and_changelog_tell_of_this_version() -> None:
    text, here = read("CITATION.cff"), project()
    for line in text.splitlines():
        assert re.fullmatch(r"[a-z-]+:( .+)?|  - .+", line), f"cannot be read by its lines: {line}"
    cited = {key: value.strip('"') for key, value in re.findall(r"^([a-z-]+): (.+)$", text, re.MULTILINE)}
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "type"} <= set(cited)
    assert '\nauthors:\n  - name: "The unroll authors"\n' in text
    assert (cited["version"], cited["license"]) == (here["version"], here["license"])

    entries = re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    assert entries[0].startswith("[Unreleased]\n")
    dates = {}
    for entry in entries[1:]:
        heading = re.match(r"\[(\d+\.\d+\.\d+)\] - (\S+)\n", entry)
        assert heading is not None, entry
        dates[heading[1]] = date.fromisoformat(heading[2])
        assert "\n- " in entry
    assert list(dates.values()) == sorted(dates.values(), reverse=True)
    assert dates[cited["version"]] == date.fromisoformat(cited["date-released"])


def test_the_checks_are_one_script() -> None:
    lint, hooks, workflow = read(".ci/lint"), read(".pre-commit-config.yaml"), read(".github/workflows/ci.yml")
    assert tuple(re.findall(r"^    (\w+)\) ", lint, re.MULTILINE)) == CHECKS
    assert f"set -- {' '.join(CHECKS)}\n" in lint
    assert "bash .ci/lint\n" in read(".ci/run")
    assert tuple(re.findall(r"entry: bash \.ci/lint (\w+)\n", hooks)) == CHECKS
    assert hooks.count("entry:") == len(CHECKS)
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert re.findall(r"run: (.+)", workflow) == ["bash .ci/run"]
    lowest = str(project()["requires-python"]).removeprefix(">=")
    assert f'python: ["{lowest}", ' in workflow


def test_configurations_parse() -> None:
    """As YAML where a parser is installed; by their lines otherwise."""
    for path in ("CITATION.cff", ".pre-commit-config.yaml", ".github/workflows/ci.yml"):
        text = read(path)
        assert "\t" not in text
        assert all((len(line) - len(line.lstrip())) % 2 == 0 for line in text.splitlines())
        if find_spec("yaml") is not None:
            assert isinstance(import_module("yaml").safe_load(text), dict)


def files() -> list[Path]:
    """The files of the project, new ones too; in a copy without version control all but hidden ones and built ones."""
    if shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout:
            return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    left = {"__pycache__", "build", "dist"}
    return [
        file
        for file in ROOT.rglob("*")
        if file.is_file()
        and not left & set(file.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
    ]


def test_no_file_names_a_machine_or_a_registry() -> None:
    assert Path(__file__) in files()
    for file in files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = MACHINES.search(text)
        assert found is None, f"{file.relative_to(ROOT)} names {found[0]}"


@pytest.mark.parametrize("parts", [("/", "home/ann"), ('"/', 'tmp/x"'), ("C:\\", "Users"), ("//py", "pi.org/")])
def test_machines_and_registries_are_found(parts: tuple[str, str]) -> None:
    assert MACHINES.search("".join(parts))


def test_the_data_files_that_ship_are_read_by_the_lessons_that_docs_data_names() -> None:
    """Every file of docs/data is named in docs/data.md, and opens."""
    from engine.device import HOST
    from lessons.course import find, open_lesson
    from lessons.player.player import Player

    said = read("docs/data.md")
    files = {path.name: str(path) for path in (ROOT / "docs" / "data").iterdir()}
    assert all(f"`{name}`" in said for name in files)
    opened = (
        ("rivals", "data", "points.csv"), ("perceptron", "data", "points.csv"), ("playground", "data", "curve.csv"),
        ("mlp", "data", "points.csv"), ("convolution", "picture", "digit.pgm"), ("convolution", "picture", "digit.txt"),
        ("boltzmann", "picture", "digit.pgm"), ("boltzmann", "picture", "digit.txt"),
        ("generate", "corpus", "text.txt"), ("music", "tunes", "tunes.abc"),
        ("shapes", "data", "sentences.csv"), ("word2vec", "corpus", "text.txt"),
        ("tree", "data", "trees.txt"), ("translate", "data", "pairs.tsv"), ("caption", "pictures", "pictures"),
    )  # fmt: skip
    assert {name for *_, name in opened} == set(files)
    for lesson, knob, name in opened:
        assert Player(open_lesson(find(lesson)), HOST, {knob: files[name]}).reel.total > 0, (lesson, name)
