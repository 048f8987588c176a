"""Write a lesson of one act that opens, steps and keeps the laws of every lesson, to be edited from there."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path
from string import Template

from lessons.contract.text import stamp

NAMES = {
    "project.txt": "pyproject.toml",
    "card.txt": "__init__.py",
    "walk.txt": "walk.py",
    "lesson.txt": "lesson.py",
    "stage.txt": "stage.py",
}
"""What the templates are called where they are written; texts keep their names."""
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class CannotWrite(Exception):
    """Why a lesson was not written, in one line."""


def write(id: str, into: Path) -> Path:
    """The new project's folder, `into`/id: a pyproject.toml with the entry point, and the package of the lesson.

    Raises CannotWrite where the id is none, or the folder is there already.
    """
    if not ID.fullmatch(id):
        raise CannotWrite(f"{id!r} is no id; it should be small letters, digits and hyphens, as in my-lesson")
    project, module = into / id, id.replace("-", "_")
    if project.exists():
        raise CannotWrite(f"{project} is there already; move it away, or choose another id")
    names = {"id": id, "module": module, "Class": module.title().replace("_", ""), "title": id.replace("-", " ")}
    package = project / module
    try:
        package.mkdir(parents=True)
        for source in files("lessons.new").joinpath("template").iterdir():
            folder = project if source.name == "project.txt" else package
            text = Template(source.read_text(encoding="utf-8")).substitute(names)
            (folder / NAMES.get(source.name, source.name)).write_text(text, encoding="utf-8")
        stamp(package)
    except OSError as error:
        raise CannotWrite(f"{error.filename or project}: {error.strerror}") from error
    return project


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lessons.new", description=__doc__)
    parser.add_argument("id", help="the lesson's id: small letters, digits and hyphens")
    parser.add_argument("--into", type=Path, default=Path(), help="the folder to write it into (this one)")
    given = parser.parse_args()
    try:
        project = write(given.id, given.into)
    except CannotWrite as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{project}: pip install -e {project}, then unroll {given.id}")


if __name__ == "__main__":
    main()
