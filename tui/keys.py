"""Every key of the app, in one table: its id, its default keys, its action, and how it is written on the screen.

In a lesson the id is the command that the key gives: the first mode that wants keys and knows the command has it. By
the id a key is remapped in the settings, and its help stands in the phrases.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """One thing that a key does. `sign` is how the key is written on the screen."""

    id: str
    keys: str
    action: str
    sign: str


class Hint(NamedTuple):
    """A key in the line of keys: its sign, what it does (a phrase of `keys`), the command that a click gives."""

    sign: str
    words: str
    command: str


LESSON = (
    Key("forward", "right", "command('forward')", "→"),
    Key("back", "left", "command('back')", "←"),
    Key("step_forward", "full_stop", "command('step_forward')", "."),
    Key("step_back", "comma", "command('step_back')", ","),
    Key("coarser", "up", "command('coarser')", "↑"),
    Key("finer", "down", "command('finer')", "↓"),
    Key("play", "space", "command('play')", "space"),
    Key("faster", "plus,equals_sign", "command('faster')", "+"),
    Key("slower", "minus", "command('slower')", "-"),
    Key("full_speed", "F", "command('full_speed')", "F"),
    Key("first", "home,less_than_sign", "command('first')", "<"),
    Key("last", "end,greater_than_sign", "command('last')", ">"),
    Key("next_act", "n", "command('next_act')", "n"),
    Key("previous_act", "p", "command('previous_act')", "p"),
    Key("jump", "j", "command('jump')", "j"),
    Key("find", "slash", "command('find')", "/"),
    Key("cursor", "tab", "command('cursor')", "tab"),
    Key("cursor_back", "shift+tab", "command('cursor_back')", "shift+tab"),
    Key("enter", "enter", "command('enter')", "↵"),
    Key("lead", "D", "command('lead')", "D"),
    Key("out", "escape", "command('out')", "esc"),
    Key("out_too", "b", "command('out_too')", "b"),
    Key("inspect", "i", "command('inspect')", "i"),
    Key("code", "c", "command('code')", "c"),
    Key("check", "g", "command('check')", "g"),
    Key("knobs", "k", "command('knobs')", "k"),
    Key("fork", "f", "command('fork')", "f"),
    Key("edit", "e", "command('edit')", "e"),
    Key("undo", "u", "command('undo')", "u"),
    Key("nudge_up", "right_square_bracket", "command('nudge_up')", "]"),
    Key("nudge_down", "left_square_bracket", "command('nudge_down')", "["),
    Key("view", "v", "command('view')", "v"),
    Key("log", "x", "command('log')", "x"),
    Key("alone", "z", "command('alone')", "z"),
    Key("notation", "m", "command('notation')", "m"),
    Key("table", "M", "command('table')", "M"),
    Key("text", "t", "command('text')", "t"),
    Key("copy", "y", "command('copy')", "y"),
    Key("save", "s", "command('save')", "s"),
    Key("picture", "S", "command('picture')", "S"),
    Key("tune", "w", "command('tune')", "w"),
    Key("hear", "h", "command('hear')", "h"),
    Key("open", "o", "command('open')", "o"),
    Key("again", "a", "command('again')", "a"),
    Key("exam", "E", "command('exam')", "E"),
    Key("restart", "r", "command('restart')", "r"),
    Key("restart_lesson", "R", "command('restart_lesson')", "R"),
    Key("text_down", "pagedown", "command('text_down')", "pgdn"),
    Key("text_up", "pageup", "command('text_up')", "pgup"),
)
EVERYWHERE = (
    Key("language", "l", "app.language", "l"),
    Key("theme", "T", "app.theme", "T"),
    Key("commands", "colon", "app.command_palette", ":"),
    Key("help", "question_mark", "help", "?"),
    Key("quit", "q", "quit", "q"),
    Key("suspend", "ctrl+z", "app.suspend_process", "ctrl+z"),
)
CONTENTS = (
    Key("up", "up", "move(-1)", "↑"),
    Key("down", "down", "move(1)", "↓"),
    Key("left", "left", "chapter(-1)", "←"),
    Key("right", "right", "chapter(1)", "→"),
    Key("enter", "enter", "open", "↵"),
    Key("restart", "r", "resume", "r"),
    Key("find", "slash", "find", "/"),
    Key("out", "escape,b", "out", "esc"),
)


DIGITS = tuple(Key(f"digit_{n}", str(n), f"command('digit_{n}')", str(n)) for n in range(10))
"""Digits and the key that takes one back are not remapped."""
ERASE = Key("erase", "backspace", "command('erase')", "backspace")


HALF = dict(zip("。｡、《》〈〉【】「」", "../<><>[][]", strict=True))
"""What an input method for Chinese gives for a key, the full-width forms of ASCII aside: what stands on the key."""


def half_width(character: str) -> str:
    """The character on the key that gave this one: of full-width forms the ASCII character, else itself."""
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return " " if character == "\u3000" else HALF.get(character, character)


def bindings(*groups: tuple[Key, ...]) -> list[BindingType]:
    """Textual bindings, hidden from its own footer: the screens have their own line of keys."""
    fixed = (*DIGITS, ERASE) if LESSON in groups else ()
    found: list[BindingType] = [Binding(key.keys, key.action, show=False) for key in fixed]
    named = [(key, key.id.replace("_", " ")) for group in groups for key in group]
    return found + [Binding(key.keys, key.action, name, show=False, id=key.id) for key, name in named]


ALL = {key.id: key for group in (LESSON, EVERYWHERE, CONTENTS) for key in group}
