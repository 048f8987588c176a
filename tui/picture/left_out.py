"""What had no room on the stage, in words: panels by their names, and rows that a panel on the stage leaves out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lessons.contract.panels import Panel
from lessons.contract.phrases import Words
from tui.picture.lens import flat

NUMBERED = re.compile(r"([a-z_]+?)(\d*)")
TITLE_ENDS = re.compile(r"  |[:：(（;；,，]")


def name_of(panel: Panel, words: Words) -> str:
    """What a panel is called: the phrase of its id, of "layer2" that of "layer" with n = 2; else its title's start.

    A panel that has neither is called a panel.
    """
    found = NUMBERED.fullmatch(panel.id)
    id, n = found.groups() if found is not None else (panel.id, "")
    title = TITLE_ENDS.split(panel.title)[0].strip()
    return words.get(f"panel.{id}", title or words("keys.panel")).format(n=n)


def names(left_out: Mapping[str, Sequence[str]], panels: Sequence[Panel], words: Words) -> list[str]:
    """The names of what was left out (`Laid.left_out`), each once."""
    by_id = {panel.id: panel for panel in (*flat(panels), *panels)}
    said: list[str] = []
    for id, lacks in left_out.items():
        for what in lacks or (id,):
            if what in by_id:  # panels beside each other are named one by one
                said += [name_of(each, words) for each in flat([by_id[what]])]
            else:
                said.append(" ".join(what.split()))
    return list(dict.fromkeys(said))
