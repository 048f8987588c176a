"""The console of Windows: how wide it draws a text, and the code page it was opened with.

A Chinese, Japanese or Korean console without Windows Terminal draws Greek, arrows and boxes two cells wide, as its font
does. Written after Microsoft's documentation and tested with a stand-in for kernel32; it was not seen on Windows.
"""

from __future__ import annotations

import ctypes
import importlib
import os
from ctypes import wintypes
from typing import Any, Protocol

STANDARD_OUTPUT = -11
DOUBLE_PAGES = frozenset({932, 936, 949, 950})
"""Code pages of Japanese, simplified Chinese, Korean and traditional Chinese."""


class Console(Protocol):
    """What is asked of a console. Columns and rows count from 0; a row is one of its buffer."""

    def code_page(self) -> int:
        """The code page of its output, 936 for Chinese."""

    def cursor(self) -> tuple[int, int] | None:
        """Column and row of the cursor; None where output is no console."""

    def move(self, column: int, row: int) -> None:
        """Put the cursor there."""

    def write(self, text: str) -> None:
        """Write at the cursor."""


class BufferInfo(ctypes.Structure):
    """CONSOLE_SCREEN_BUFFER_INFO."""

    _fields_ = (
        ("size", wintypes._COORD),
        ("cursor", wintypes._COORD),
        ("attributes", wintypes.WORD),
        ("window", wintypes.SMALL_RECT),
        ("largest", wintypes._COORD),
    )


class WindowsConsole:
    """The console of this process, through `kernel32`."""

    def __init__(self, kernel32: Any) -> None:
        self.kernel32 = kernel32
        kernel32.GetStdHandle.restype = wintypes.HANDLE
        self.handle = wintypes.HANDLE(kernel32.GetStdHandle(STANDARD_OUTPUT))

    def code_page(self) -> int:
        return int(self.kernel32.GetConsoleOutputCP())

    def cursor(self) -> tuple[int, int] | None:
        info = BufferInfo()
        if not self.kernel32.GetConsoleScreenBufferInfo(self.handle, ctypes.byref(info)):
            return None
        return int(info.cursor.X), int(info.cursor.Y)

    def move(self, column: int, row: int) -> None:
        self.kernel32.SetConsoleCursorPosition(self.handle, wintypes._COORD(column, row))

    def write(self, text: str) -> None:
        written = wintypes.DWORD()
        self.kernel32.WriteConsoleW(self.handle, text, len(text), ctypes.byref(written), None)


def open_console() -> Console | None:
    """The console of this process; None on other systems."""
    if os.name != "nt":
        return None
    library: Any = importlib.import_module("ctypes")
    return WindowsConsole(library.windll.kernel32)


def width_in(console: Console, text: str) -> int | None:
    """How many columns a short text takes, by writing it and looking where the cursor is; then it is wiped out."""
    begin = console.cursor()
    if begin is None:
        return None
    row = begin[1]
    console.move(0, row)
    console.write(text)
    end = console.cursor()
    console.move(0, row)
    console.write(" " * (2 * len(text)))
    console.move(*begin)
    return None if end is None or end[1] != row else end[0]


def draws_double(console: Console, text: str) -> bool:
    """Whether a text takes more columns than it has characters; where that cannot be seen, the code page says it.

    Windows Terminal draws the characters of unicode's ambiguous width narrow, whatever the code page.
    """
    if os.environ.get("WT_SESSION"):
        return False
    columns = width_in(console, text)
    return console.code_page() in DOUBLE_PAGES if columns is None else columns > len(text)
