"""Inks as terminal styles, for each theme. Blue is plus and orange minus; every sign also has a glyph."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

# −3 … +3, for text with a contrast of 4.5 or more on each
RAMPS = {
    "dark": ("#FFB454", "#A66200", "#5C3A10", "#20242B", "#123D63", "#1F6FB2", "#6CB8FF"),
    "light": ("#B35900", "#F0A24B", "#FBE3C4", "#F7F7F5", "#D3E5F5", "#7DB4E2", "#0B5CA8"),
    "contrast": ("#FFB454", "#FFB454", "#000000", "#000000", "#000000", "#6CB8FF", "#6CB8FF"),
}
WIRES = {
    "dark": ("#FFB454", "#B87A22", "#7A5A2E", "#7D8590", "#35607F", "#3C86C6", "#6CB8FF"),
    "light": ("#9A4B00", "#C97A22", "#D9A971", "#656D76", "#8FB6D6", "#3F86C2", "#0B5CA8"),
    "contrast": ("#FFB454", "#FFB454", "#FFB454", "#C0C0C0", "#6CB8FF", "#6CB8FF", "#6CB8FF"),
}
"""Edges of a net by sign and size, −3 … +3, on the background."""
SHADES = 20
"""Shades of a field between 0 and either end of the ramp, where a terminal has 24 bits for a colour."""
NAMES = ("dark", "light", "contrast")
"""The themes that a learner can choose; "mono" comes by itself with NO_COLOR."""

PALETTES: dict[str, dict[str, str]] = {
    "dark": {
        "": "#C9D1D9", "dim": "#7D8590", "title": "bold #FFFFFF", "head": "bold #FFFFFF", "rule": "#3D444D",
        "term": "bold #FFFFFF",
        "label": "#8B949E", "law": "#D2D9E0", "key": "bold #FFFFFF", "lit": "bold #FFFFFF on #2A3440",
        "forward": "#57C785", "backward": "#E08AE0", "update": "#E3C14B", "right": "bold #6CB8FF",
        "wrong": "bold #FFB454",
        "warn": "bold #FF7B72", "grain": "bold #FFFFFF", "play": "#57C785", "frame": "#6E7681", "curve": "#6CB8FF",
        "curve2": "#FFB454",
    },
    "light": {
        "": "#1F2328", "dim": "#656D76", "title": "bold #000000", "head": "bold #000000", "rule": "#C3C9D0",
        "term": "bold #000000",
        "label": "#57606A", "law": "#24292F", "key": "bold #000000", "lit": "bold #000000 on #DDE7F1",
        "forward": "#1A7F37", "backward": "#8A2A8A", "update": "#7A5B00", "right": "bold #0B5CA8",
        "wrong": "bold #9A4B00",
        "warn": "bold #B3261E", "grain": "bold #000000", "play": "#1A7F37", "frame": "#8C959F", "curve": "#0B5CA8",
        "curve2": "#B35900",
    },
    "contrast": {
        "": "#FFFFFF", "dim": "#C0C0C0", "title": "bold #FFFFFF", "head": "bold #FFFFFF", "rule": "#FFFFFF",
        "term": "bold #FFFFFF",
        "label": "#FFFFFF", "law": "#FFFFFF", "key": "bold #FFFFFF", "lit": "bold #000000 on #FFFFFF",
        "forward": "bold #57FF9A", "backward": "bold #FF9AFF", "update": "bold #FFE14B", "right": "bold #6CB8FF",
        "wrong": "bold #FFB454",
        "warn": "bold #FF7B72", "grain": "bold #FFFFFF", "play": "#57FF9A", "frame": "#FFFFFF",
        "curve": "bold #6CB8FF", "curve2": "bold #FFB454",
    },
}  # fmt: skip
MONO = {
    "title": "bold",
    "head": "bold",
    "term": "bold",
    "key": "bold",
    "lit": "reverse",
    "grain": "bold",
    "warn": "bold reverse",
    "right": "bold",
    "wrong": "bold",
}
BACKGROUNDS = {"dark": "#0F1318", "light": "#FFFFFF", "contrast": "#000000"}
FLAGS = {"written": "bold", "read": "underline", "cursor": "reverse"}


@lru_cache(maxsize=4096)
def style(theme: str, ink: str) -> Style:
    """The terminal style of an ink such as "pos2+written"; mono themes have no colour at all.

    "h3/h-1" is a half block, its upper half's level in front and the lower's behind; "d7/d-20"
    the same in shades; "dot:" before it, a point on it.
    """
    if "/" in ink and theme != "mono":
        return _halves(theme, ink)
    found = Style() if theme == "mono" else Style.parse(PALETTES[theme][""]) + Style(bgcolor=BACKGROUNDS[theme])
    words = ink.split("+")
    on_ramp = any(word[:3] in ("pos", "neg") for word in words)
    for word in words:
        found += Style(bold=True) if on_ramp and word == "written" else _word(theme, word)
    return found


def _halves(theme: str, ink: str) -> Style:
    upper, lower = ink.removeprefix("dot:").split("/")
    if ink.startswith("dot:"):
        return _readable(_shade(theme, max(upper, lower, key=lambda half: abs(int(half[1:]))))) + Style(bold=True)
    return Style(color=_shade(theme, upper), bgcolor=_shade(theme, lower))


def _shade(theme: str, half: str) -> str:
    """The colour of half a cell: "h2" is a step of the ramp, "d13" lies between two of them."""
    if half[0] == "h":
        return RAMPS[theme][int(half[1:]) + 3]
    at = 3 + 3 * int(half[1:]) / SHADES
    low = min(int(at), 5)
    one, other = (tuple(int(RAMPS[theme][n][i : i + 2], 16) for i in (1, 3, 5)) for n in (low, low + 1))
    mixed = (round(a + (at - low) * (b - a)) for a, b in zip(one, other, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def _word(theme: str, word: str) -> Style:
    if word in FLAGS:
        bright = {"dark": "#FFFFFF", "light": "#000000", "contrast": "#FFFFFF"}.get(theme)
        return Style.parse(FLAGS[word] + (f" {bright}" if word == "written" and bright else ""))
    if theme == "mono":
        return Style.parse(MONO.get(word, "")) if word else Style()
    if word[:3] in ("pos", "neg") and word[3:].isdigit():
        return _ramp(theme, int(word[3:]) * (1 if word[:3] == "pos" else -1))
    if word.startswith("wire"):
        return Style(color=WIRES[theme][int(word[4:]) + 3])
    return Style.parse(PALETTES[theme].get(word, ""))


def _ramp(theme: str, level: int) -> Style:
    """The background of a magnitude, and text on it."""
    return _readable(RAMPS[theme][level + 3])


def _readable(colour: str) -> Style:
    """A background, and black or white text on it, whichever is further off."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return Style(bgcolor=colour, color="#0B0D10" if light > 0.18 else "#F5F7FA")


def textual_theme(name: str) -> Theme:
    """The theme for Textual's own widgets: input line and command palette."""
    p = PALETTES[name]
    plain = {key: value.split()[-1] for key, value in p.items()}
    return Theme(
        name=f"unroll-{name}",
        primary=plain["curve"],
        secondary=plain["curve2"],
        foreground=plain[""],
        background=BACKGROUNDS[name],
        surface=BACKGROUNDS[name],
        panel=RAMPS[name][3],
        dark=name != "light",
    )
