"""How wide a terminal draws our glyphs: asked of a pseudo-terminal, and of a stand-in for the console of Windows."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import Any

import pytest

from tui.machine.terminal import PROBE, wants_ascii, width_of_probe
from tui.machine.windows import WindowsConsole, open_console, width_in


class Call:
    """A function of a library: `restype` can be set, as in ctypes."""

    restype: Any = None

    def __init__(self, does: Any) -> None:
        self.does = does

    def __call__(self, *args: Any) -> Any:
        return self.does(*args)


class Kernel:
    """A stand-in for kernel32: a console of 80 columns whose font draws what is not ASCII `wide` cells wide."""

    def __init__(self, wide: int, page: int, is_console: bool = True, begin: tuple[int, int] = (0, 5)) -> None:
        self.wide, self.page, self.is_console = wide, page, is_console
        self.column, self.row = begin
        self.cells: dict[tuple[int, int], str] = {}
        self.GetStdHandle = Call(lambda number: 7 if number == -11 else -1)
        self.GetConsoleOutputCP = Call(lambda: self.page)
        self.GetConsoleScreenBufferInfo = Call(self._info)
        self.SetConsoleCursorPosition = Call(self._move)
        self.WriteConsoleW = Call(self._write)

    def _info(self, handle: Any, info: Any) -> int:
        assert handle.value == 7
        if not self.is_console:
            return 0
        info._obj.cursor.X, info._obj.cursor.Y = self.column, self.row
        return 1

    def _move(self, handle: Any, place: Any) -> int:
        self.column, self.row = place.X, place.Y
        return 1

    def _write(self, handle: Any, text: str, length: int, written: Any, reserved: None) -> int:
        assert length == len(text)
        for char in text:
            for _ in range(1 if char.isascii() else self.wide):
                self.cells[self.row, self.column] = char
                self.column += 1
        written._obj.value = length
        return 1


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output that speaks UTF-8, in a console that is not Windows Terminal's."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    for name in ("WT_SESSION", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("page", [437, 932, 936, 949, 950, 1252, 65001])
@pytest.mark.parametrize("wide", [1, 2])
def test_the_width_that_is_seen_decides(wide: int, page: int) -> None:
    """The font decides, and not the code page: a Chinese console may have a narrow font, one in UTF-8 a wide one."""
    kernel = Kernel(wide, page, begin=(3, 5))
    console = WindowsConsole(kernel)
    assert width_in(console, PROBE) == wide * len(PROBE)
    assert wants_ascii("auto", console) == (wide == 2)
    assert (kernel.column, kernel.row) == (3, 5)
    assert set(kernel.cells.values()) == {" "}


@pytest.mark.parametrize(("page", "ascii_only"), [(936, True), (932, True), (949, True), (950, True), (65001, False)])
def test_where_the_width_cannot_be_seen_the_code_page_decides(page: int, ascii_only: bool) -> None:
    console = WindowsConsole(Kernel(2, page, is_console=False))
    assert width_in(console, PROBE) is None
    assert wants_ascii("auto", console) == ascii_only


def test_windows_terminal_draws_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WT_SESSION", "b1")
    kernel = Kernel(1, 936)
    assert not wants_ascii("auto", WindowsConsole(kernel))
    assert kernel.cells == {}


def test_what_was_asked_for_is_not_probed() -> None:
    kernel = Kernel(2, 936)
    assert not wants_ascii("unicode", WindowsConsole(kernel))
    assert wants_ascii("ascii", WindowsConsole(kernel))
    assert kernel.cells == {}


@pytest.mark.skipif(sys.platform == "win32", reason="this is for the other systems")
def test_there_is_no_console_elsewhere() -> None:
    assert open_console() is None


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
@pytest.mark.parametrize("columns", [len(PROBE), 2 * len(PROBE), None])
def test_a_terminal_is_asked_where_its_cursor_is(monkeypatch: pytest.MonkeyPatch, columns: int | None) -> None:
    """A terminal that says where its cursor is; None: one that does not answer."""
    ours, theirs = os.openpty()

    def answer() -> None:
        read = b""
        while not read.endswith(b"\x1b[6n"):
            read += os.read(ours, 32)
        if columns is not None:
            os.write(ours, f"\x1b[1;{columns + 1}R".encode())

    terminal = threading.Thread(target=answer)
    terminal.start()
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(end, encoding="utf-8"))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(end, encoding="utf-8", write_through=True))
        assert width_of_probe(5 if columns else 0.01) == columns
        terminal.join()
        monkeypatch.undo()
    os.close(ours)
