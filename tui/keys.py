"""Every key of the app: its id (for remapping), its default keys, its action, and the words it is shown with."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """One thing that a key does. `sign` is how the key is written on the screen."""

    id: str
    keys: str
    action: str
    sign: str


LESSON = (
    Key("forward", "right", "forward", "→"),
    Key("back", "left", "back", "←"),
    Key("step_forward", "full_stop", "step_forward", "."),
    Key("step_back", "comma", "step_back", ","),
    Key("coarser", "up", "up", "↑"),
    Key("finer", "down", "down", "↓"),
    Key("play", "space", "play", "space"),
    Key("faster", "plus,equals_sign", "faster", "+"),
    Key("slower", "minus", "slower", "-"),
    Key("first", "home,less_than_sign", "first", "<"),
    Key("last", "end,greater_than_sign", "last", ">"),
    Key("next_act", "n", "act(1)", "n"),
    Key("previous_act", "p", "act(-1)", "p"),
    Key("jump", "j", "jump", "j"),
    Key("cursor", "tab", "cursor(1)", "tab"),
    Key("cursor_back", "shift+tab", "cursor(-1)", "shift+tab"),
    Key("enter", "enter", "enter", "↵"),
    Key("out", "escape", "out", "esc"),
    Key("out_too", "b", "out_too", "b"),
    Key("inspect", "i", "drawer('inspect')", "i"),
    Key("code", "c", "drawer('code')", "c"),
    Key("check", "g", "drawer('check')", "g"),
    Key("knobs", "k", "drawer('knobs')", "k"),
    Key("fork", "f", "fork", "f"),
    Key("edit", "e", "edit", "e"),
    Key("undo", "u", "undo", "u"),
    Key("nudge_up", "right_square_bracket", "nudge(1)", "]"),
    Key("nudge_down", "left_square_bracket", "nudge(-1)", "["),
    Key("view", "v", "view", "v"),
    Key("alone", "z", "alone", "z"),
    Key("notation", "m", "notation", "m"),
    Key("text", "t", "text", "t"),
    Key("copy", "y", "copy", "y"),
    Key("save", "s", "save", "s"),
    Key("open", "o", "open", "o"),
    Key("again", "a", "again", "a"),
    Key("restart", "r", "restart", "r"),
    Key("text_down", "pagedown", "scroll_text(1)", "pgdn"),
    Key("text_up", "pageup", "scroll_text(-1)", "pgup"),
)
EVERYWHERE = (
    Key("language", "l", "app.language", "l"),
    Key("theme", "T", "app.theme", "T"),
    Key("commands", "colon", "app.command_palette", ":"),
    Key("help", "question_mark", "help", "?"),
    Key("quit", "q", "app.quit", "q"),
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


def bindings(*groups: tuple[Key, ...]) -> list[BindingType]:
    """Textual bindings, hidden from its own footer: the screens have their own line of keys."""
    digits: list[BindingType] = (
        [Binding(str(n), f"digit({n})", show=False) for n in range(10)] if LESSON in groups else []
    )
    rub: list[BindingType] = [Binding("backspace", "rub", show=False)] if LESSON in groups else []
    return (
        digits
        + rub
        + [
            Binding(
                key.keys,
                key.action,
                key.id.replace("_", " "),
                show=False,
                id=key.id,
            )
            for group in groups
            for key in group
        ]
    )


ALL = {key.id: key for group in (LESSON, EVERYWHERE, CONTENTS) for key in group}
