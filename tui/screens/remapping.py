"""Keys as the learner's settings have them: what would leave an action without a key of its own is said, not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lessons.contract.phrases import Words
from tui.keys import ALL, CONTENTS, DIGITS, ERASE, EVERYWHERE, LESSON
from tui.machine.store import Store

if TYPE_CHECKING:
    from textual.app import App

FIXED = {key.keys for key in (*DIGITS, ERASE)}


def remap(app: App[None], store: Store, words: Words) -> None:
    """Give the app the keys of the settings; those that cannot be had are said in the store's trouble."""
    taken, left = sound(store.settings.keys)
    if taken:
        app.set_keymap(taken)
    if left:
        store.trouble.append(words("store.keys", file=store.config / "settings.json", ids=", ".join(left)))


def sound(wanted: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """(The keys by id that can be had, the ids whose keys are none, or collide with others): all, or one by one."""
    left = [key for key, keys in wanted.items() if key in ALL and not names_of(keys)]
    known = {key: keys for key, keys in wanted.items() if key in ALL and key not in left}
    if not collides(known):
        return known, left
    taken: dict[str, str] = {}
    for key, keys in known.items():
        if collides({**taken, key: keys}):
            left.append(key)
        else:
            taken[key] = keys
    return taken, left


def names_of(keys: object) -> list[str]:
    """The names of keys in a setting: "right,d"."""
    return [name.strip() for name in keys.split(",") if name.strip()] if isinstance(keys, str) else []


def collides(taken: Mapping[str, str]) -> bool:
    """Whether two actions of one screen would have one key."""
    for groups in ((LESSON, EVERYWHERE), (CONTENTS, EVERYWHERE)):
        names = [name for group in groups for key in group for name in names_of(taken.get(key.id, key.keys))]
        fixed = FIXED if LESSON in groups else set[str]()
        if len(set(names)) < len(names) or fixed & set(names):
            return True
    return False
