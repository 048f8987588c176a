"""Copying: the machine's own clipboard first, then through the terminal (OSC 52), which works over ssh."""

from __future__ import annotations

import os

from textual.app import App


def copy(app: App[None], text: str) -> bool:
    """Copy; True if the machine's own clipboard took it, False if it was handed to the terminal."""
    app.copy_to_clipboard(text)
    if os.environ.get("SSH_CONNECTION"):
        return False
    try:
        import pyperclip

        pyperclip.copy(text)
    except Exception:  # pyperclip has one error for no clipboard, and whatever the helper program raises
        return False
    return True
