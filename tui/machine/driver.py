"""The terminal on POSIX systems, for any input: bytes that are no UTF-8, endless pastes, a terminal that goes.

Textual's own driver ends the app at a byte that is no UTF-8, reads on where nothing can come any more, and takes a
paste without brackets for keys, one by one.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from codecs import getincrementaldecoder

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver

MOST = 1 << 16
"""Bytes read at a time."""
TYPED = 64
"""More characters than this that come at once, without an escape sequence, were pasted and not typed."""
CLOSE = 0.05
"""Seconds after such a paste within which what comes still belongs to it."""
OPEN = 1.0
"""Seconds of silence after which a paste that has not ended is taken to have ended."""


class TerminalDriver(LinuxDriver):
    """Reads the terminal."""

    _pasted = float("-inf")
    """When a paste without brackets came last."""

    def run_input_thread(self) -> None:
        """Read until the app ends; where the terminal is gone, end the app as SIGHUP would."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")(errors="replace").decode
        pasting, heard, tail = False, time.monotonic(), ""
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text = ""
                if selector.select(0.1):
                    try:
                        data = os.read(self.fileno, MOST)
                    except OSError:  # EIO: the terminal was closed
                        data = b""
                    if not data:
                        os.kill(os.getpid(), signal.SIGHUP)
                        return
                    text, heard = decode(data), time.monotonic()
                elif pasting and time.monotonic() - heard > OPEN:
                    text = BRACKETED_PASTE_END
                if text:
                    pasting = self._pasting(pasting, tail + text)
                    tail = text[1 - len(BRACKETED_PASTE_END) :]
                    self._take(parser, text, pasting)
                for event in parser.tick():
                    self.process_message(event)

    def _pasting(self, pasting: bool, text: str) -> bool:
        """Whether a paste is open after this text, which begins with the end of the text before."""
        start, end = text.rfind(BRACKETED_PASTE_START), text.rfind(BRACKETED_PASTE_END)
        return pasting if start == end == -1 else start > end

    def _take(self, parser: XTermParser, text: str, pasting: bool) -> None:
        """Give a text to the app: as what it says, or as a paste where nobody can have typed it."""
        now = time.monotonic()
        if not pasting and "\x1b" not in text and (len(text) > TYPED or now - self._pasted < CLOSE):
            self._pasted = now
            self.process_message(events.Paste(text.replace("\r\n", "\n").replace("\r", "\n")))
            return
        for event in parser.feed(text):
            self.process_message(event)
