"""What works here and what does not: terminal, language, devices, lessons, versions, folders."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from typing import Any

from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.course import course, open_lesson
from tui.machine.terminal import language, speaks_utf8, wants_ascii


def entry(ok: bool, said: str) -> dict[str, Any]:
    """One line of the report."""
    return {"ok": ok, "said": said}


def examine() -> dict[str, dict[str, Any]]:
    """The report, by subject."""
    found = {"python": entry(sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")}
    packages = ("unroll-nn", "textual", "rich", "numpy", "click")
    found["versions"] = entry(True, ", ".join(f"{name} {version(name)}" for name in packages))
    found["terminal"] = _terminal()
    found["glyphs"] = entry(True, "ascii" if wants_ascii("auto") else "unicode")
    found["language"] = entry(True, language())
    for device in ("cpu", "gpu"):
        found[device] = _device(device)
    for name, card in course().items():
        found[f"lesson {name}"] = _lesson(card)
    found["folders"] = _folders()
    return found


def _terminal() -> dict[str, Any]:
    if not sys.stdout.isatty():
        return entry(False, "standard output is no terminal: only lessons, show and doctor work")
    size = os.get_terminal_size()
    ok = size.columns >= 60 and size.lines >= 20
    utf8 = "UTF-8" if speaks_utf8() else f"no UTF-8 ({sys.stdout.encoding})"
    return entry(
        ok, f"{os.environ.get('TERM', '?')}, {size.columns}×{size.lines}, {utf8}" + ("" if ok else ": needs 60×20")
    )


def _device(name: str) -> dict[str, Any]:
    from engine.device import DeviceError, open_device

    try:
        device = open_device(name)
        total = device.get(device.put([[1.0, 2.0], [3.0, 4.0]]) @ device.put([[1.0], [1.0]])).sum()
        return entry(float(total) == 10.0, "computes")
    except DeviceError as error:
        return entry(False, str(error))


def _lesson(card: Card | Broken) -> dict[str, Any]:
    try:
        open_lesson(card)
    except Refused as refused:
        return entry(False, str(refused))
    return entry(True, "loads")


def _folders() -> dict[str, Any]:
    from tui.machine.store import Store

    store = Store()
    if store.trouble:
        return entry(False, store.trouble[0])
    ok = store.save_progress()
    return entry(ok, f"{store.config} and {store.data}" if ok else store.trouble[0])
