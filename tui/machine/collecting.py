"""When Python looks for memory that nothing refers to any more: not while the app starts, and never at what it loaded.

What is loaded at the start stays to the end, about a hundred thousand objects. Looking through all of them, several
times while they are made, takes a tenth of the start; and later it held a key for 50 ms every few seconds.
"""

from __future__ import annotations

import gc


def put_off() -> None:
    """Until `begin`."""
    gc.disable()


def begin() -> None:
    """Where it was put off: from now on, and only at what is made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
