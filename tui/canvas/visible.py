"""The door out: text from outside, as it may be written to a terminal."""

from __future__ import annotations

import re

from lessons.contract.knobs import UNSAFE

PICTURES = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡", "\u2028": "⏎", "\u2029": "⏎"}


def visible(text: str, keep: str = "") -> str:
    """The text with every control character as a sign for it: ␛ for ESC, ⏎ for the end of a line, � for the rest.

    Those in `keep` stay as they are.
    """
    if text.isprintable():
        return text

    def picture(found: re.Match[str]) -> str:
        char = found[0]
        if char in keep:
            return char
        return PICTURES.get(char) or (chr(0x2400 + ord(char)) if char < " " else "\ufffd")

    return UNSAFE.sub(picture, text)
