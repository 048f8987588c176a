"""How panels look: for each kind a function from a panel to a canvas as high as it needs, registered with `draw`.

Every module of this folder is loaded, so that a kind of panel needs no line here.
"""

from __future__ import annotations

import importlib
import pkgutil

from tui.draw.pen import Pen, draw

__all__ = ["Pen", "draw"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
