"""Where `unroll` begins: it looks whether `engine`, `lessons` and `tui` are its own before it imports any of them.

Other packages may have these names. One of them on the way, or installed over ours, would end in a traceback.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
"""The folder that the three stand in."""
FIRST = {
    "engine": '"""The mathematics: networks as walks that can be run',
    "lessons": '"""The course: for each lesson its experiment and its text',
    "tui": '"""The faces of the course: the Textual app',
}
"""What the first line of each package begins with."""
SAID = {
    "en": {
        "elsewhere": "another package is called {name} and is found first ({found}); {way}",
        "over": "another package called {name} was installed over this one ({found}); "
        "uninstall it, then: pip install --force-reinstall --no-deps unroll-nn",
        "gone": "its package {name} is missing in {found}; "
        "reinstall it: pip install --force-reinstall --no-deps unroll-nn",
        "path": "PYTHONPATH leads there: start it with PYTHONPATH= unroll",
        "here": "it lies in the folder you are in: start it as `unroll`, or from another folder",
        "env": "give unroll an environment of its own: pipx install unroll-nn",
    },
    "zh": {
        "elsewhere": "另有一个名为 {name} 的包先被找到（{found}）；{way}",
        "over": "另一个名为 {name} 的包覆盖了本程序的同名包（{found}）；请卸载它，再运行 "
        "pip install --force-reinstall --no-deps unroll-nn",
        "gone": "{found} 里缺少本程序的包 {name}；请重新安装：pip install --force-reinstall --no-deps unroll-nn",
        "path": "它来自 PYTHONPATH：请用 PYTHONPATH= unroll 启动",
        "here": "它就在当前文件夹里：请用 `unroll` 启动，或换一个文件夹",
        "env": "请给 unroll 一个单独的环境：pipx install unroll-nn",
    },
}


def language() -> str:
    """The language of the one line, as the environment has it: its phrases cannot be read yet."""
    said = (os.environ.get(name, "") for name in ("UNROLL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, said), "").lower().startswith("zh") else "en"


def foreign(base: Path = BASE, lang: str = "") -> str:
    """What is wrong with the three packages, in one line with the remedy; "" where they are our own."""
    say = SAID[lang or language()]
    for name, first in FIRST.items():
        spec = find_spec(name)
        found = Path(spec.origin).resolve() if spec is not None and spec.origin is not None else None
        own = base / name / "__init__.py"
        if found == own and not _first_line(own).startswith(first):
            return say["over"].format(name=name, found=own.parent)
        if found == own:
            continue
        if found is None and not own.is_file():
            return say["gone"].format(name=name, found=base)
        where = found or Path(next(iter(spec.submodule_search_locations or ["?"])) if spec is not None else "?")
        return say["elsewhere"].format(name=name, found=where, way=say[_way(where)])
    return ""


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except (OSError, ValueError):
        return ""


def _way(found: Path) -> str:
    """How it came to be found first."""
    listed = [Path(part or ".").resolve() for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    if any(found.is_relative_to(folder) for folder in listed):
        return "path"
    try:
        here = Path.cwd()
    except OSError:
        return "env"
    return "here" if found.parent in (here, here / found.parent.name) else "env"


def check() -> None:
    """End with one line and exit code 2 where a package is not ours."""
    wrong = foreign()
    if wrong:
        print(f"unroll: {wrong}", file=sys.stderr)
        sys.exit(2)


def main() -> None:
    """The console script."""
    check()
    from tui.cli.main import main as begin

    begin()
