"""The frame of the lesson screen, drawn from the player: title and acts, text, address, transport and keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from engine.walks.step import Path, Step
from lessons.contract.panels import Told
from lessons.contract.phrases import Words
from lessons.contract.text import Text, fill
from lessons.explaining.figures import number
from lessons.explaining.numbering import part
from lessons.explaining.typeset import NAMES
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.canvas.canvas import Canvas, fit, wrap
from tui.picture.bar import act_ends, share
from tui.picture.boxes import slides_of

TEXT = 34
"""Columns of the text, its border not counted."""
ADDRESS = 1
"""The line of the foot that has the address."""


def told(player: Player, text: Text, fields: dict[str, Any]) -> Told:
    """The text of the act in focus, its fields filled, its formulas marked no more."""
    section = text[f"act.{player.act}"]
    asks = player.unanswered()
    fields = {name: "…" if value == "·" else value for name, value in fields.items()}  # still to come, in a sentence
    fields |= {name: "…" for ask in asks for name in ask.hides.fields}
    said = [closed(fill(p, fields, [ask.id for ask in asks])) for p in section.before]
    return Told(section.title.replace("`", ""), [paragraph for paragraph in said if paragraph])


def closed(said: str) -> str:
    """A paragraph without the punctuation that would stand around a number still to come: in commas, or at its end."""
    return re.sub(r"…[.。]", "…", re.sub(r"[,，] ?…[,，]", "", said))


def title(
    player: Player, words: Words, text: Text, number_of: str, width: int, ascii_only: bool, beside: bool
) -> Canvas:
    """Line 1: lesson, acts, slides, where it runs; line 2: a rule, joined by that of the text where it is `beside`."""
    card = player.lesson.card
    canvas = Canvas(width, 2, ascii_only)
    wide = width >= 100
    name = card.title[words.lang] if wide or words.lang != "en" else card.id.upper()  # other titles are shorter
    x = canvas.put(1, 0, f"{number_of} {name}".strip(), "title")
    slides, device = slides_of(card, words), player.device.name
    rights = (f"{slides} · {device} · float64", f"{slides} · {device} · f64", f"{card.slides} · {device} · f64")
    x += 2
    acts = [act for act in player.setup.acts if wide or act == player.act]
    shown = act_names(
        acts, [f"{card.acts.index(act) + 1} {text.phrase('acts', act)}" for act in acts], player.act, width - x
    )
    for act, short in shown.items():
        here = act == player.act
        start = x
        x = canvas.put(x, 0, f"[{short}]" if here else f" {short} ", "grain" if here else "dim")
        canvas.hit(start, 0, x - start, 1, "act", act)
        if act != acts[-1]:
            x = canvas.put(x, 0, "·", "dim")
    right = next((said for said in rights if x + cell_len(said) + 2 < width), "")
    canvas.right(width - 1, 0, right, "dim")
    canvas.fill(0, 1, width, "─", "rule")
    if beside:
        canvas.put(TEXT, 1, "┬", "rule")
    return canvas


def act_names(acts: Sequence[str], names: Sequence[str], here: str, room: int) -> dict[str, str]:
    """The acts by what stands for each: where not all names have room, of those farthest from here the number alone."""
    shown, at = dict(zip(acts, names, strict=True)), acts.index(here)
    for act in sorted(acts, key=lambda act: abs(acts.index(act) - at), reverse=True)[:-1]:
        if sum(cell_len(name) + 3 for name in shown.values()) - 1 <= room:
            break
        shown[act] = shown[act].split()[0]
    return shown


def column(said: Told, height: int, top: int, ascii_only: bool) -> Canvas:
    """The text beside the stage, scrolled to line `top`, its border at the right."""
    canvas = Canvas(TEXT + 1, height, ascii_only)
    lines = text_lines(said, TEXT - 2)
    for y, (line, ink) in enumerate(lines[top : top + height - 1]):
        canvas.put(1, y + 1, line, ink)
    if len(lines) - top > height - 1:
        canvas.put(1, height - 1, " " * (TEXT - 1))
        canvas.put(1, height - 1, "▼ pgdn", "dim")
    for y in range(height):
        canvas.put(TEXT, y, "│", "rule")
    return canvas


def text_lines(said: Told, width: int) -> list[tuple[str, str]]:
    """Heading and paragraphs, wrapped; the heading's words and inks."""
    lines = [(line, "head") for line in wrap(said.heading, width)]
    for paragraph in said.paragraphs:
        lines.append(("", ""))
        lines += [(line, "") for line in wrap(paragraph, width)]
    return lines


def place_name(text: Text, name: str, index: int) -> str:
    """One part of an address in words: t=3, update 57, ∂E/∂W."""
    label = text.phrase("places", name, name)
    if index < 0:
        return NAMES.get().get(label, label)  # a parameter that is checked, in the notation chosen
    index = part(name, index)
    return f"{label} {number(index)}" if label != name or name == "update" else f"{name}={index}"


def op_name(text: Text, step: Step) -> str:
    """The operation in a word or two; without any, what it wrote."""
    written = ", ".join(symbol_name(symbol) for symbol in step.values)
    return text.phrase("ops", step.op, written).partition(":")[0].partition("：")[0].partition(" {")[0]


def address(player: Player, words: Words, text: Text, written: Sequence[str], width: int, ascii_only: bool) -> Canvas:
    """The address, its grain in brackets, and what the step did."""
    canvas = Canvas(width, 1, ascii_only)
    x = canvas.put(1, 0, words("where.at"), "dim") + 1
    parts, focus = player.parts(), player.focus()
    step = player.scrub.step(player.spot.p) if player.scrub is not None else None
    open_question = player.asked is not None and not player.asked.verdict
    end = width - cell_len(words("where.asked")) - 5 if open_question else width + 2
    for i, (name, index, _) in enumerate(parts):
        label = op_name(text, step) if step and i == len(parts) - 1 else place_name(text, name, index)
        run = f" {player.branch.name}" if name == "update" and index >= 0 and len(player.branches) > 1 else ""
        shown = f"{i + 1} {label}{run}"
        # that a prediction is open is said before the rest of the address
        if x + cell_len(shown) + 2 > end and i > focus:
            canvas.put(x, 0, "…", "dim")
            break
        start = x
        ink = player.lesson.card.role(name) if i == 0 or index < 0 else ""
        x = canvas.put(x, 0, f"[{shown}]" if i == focus else f" {shown} ", "grain" if i == focus else ink)
        canvas.hit(start, 0, x - start, 1, "part", i)
        if i + 1 < len(parts):
            x = canvas.put(x, 0, "›", "dim")
    room = max(0, width - x - 3)
    canvas.right(width - 1, 0, fit(what_happened(player, words, written, room), room), "dim")
    return canvas


def what_happened(player: Player, words: Words, written: Sequence[str], room: int) -> str:
    """What the last group of steps wrote, in a line: as many whole symbols as have room, four at most."""
    if player.asked is not None and not player.asked.verdict:
        return words("where.asked")
    if player.scrub is None and len(player.history) == 0:
        return words("where.untrained")
    if player.scrub is None:
        return words("where.update", n=number(player.spot.n), latest=number(len(player.history)))
    if not player.spot.p:
        return words("where.start")
    shown = [symbol_name(s) for s in written]
    lines = (", ".join(shown[:n]) + (" …" if len(shown) > n else "") for n in (4, 3, 2, 1))
    found = [words("where.wrote", what=line) for line in lines]
    return next((line for line in found if cell_len(line) <= room), found[-1])


def transport(player: Player, words: Words, playing: str, width: int, ascii_only: bool) -> Canvas:
    """|◄ ◄ ► ►|, the position, the scrub bar with the ends of the acts, and whether it plays."""
    canvas = Canvas(width, 1, ascii_only)
    x = 1
    for sign, action in (("|◄", "first"), ("◄", "back"), (" ►", "forward"), ("►|", "last")):
        canvas.hit(x, 0, cell_len(sign), 1, "key", action)
        x = canvas.put(x, 0, sign, "key") + 1
    p, last = player.progress
    x = canvas.put(x + 1, 0, f"{number(p)} / {number(last)}", "head") + 2
    room = width - x - cell_len(playing) - 3
    ends = act_ends(player)
    done = round(room * share(ends, p))
    canvas.fill(x, 0, room, "─", "rule")
    canvas.fill(x, 0, done, "━", "curve")
    for end in ends[:-1]:
        if done <= (at := round(room * share(ends, end))) < room:
            canvas.put(x + at, 0, "┼", "rule")
    if 0 < done < room:
        canvas.put(x + done - 1, 0, "╸", "curve")
    canvas.hit(x, 0, room, 1, "bar", x, room)
    canvas.hit(x + room, 0, width - x - room, 1, "key", "play")
    canvas.right(width - 1, 0, playing, "play" if not playing.startswith(words("play.paused")) else "dim")
    return canvas


def at_name(text: Text, path: Path) -> str:
    """A whole address in words: update 5, backward, t=3."""
    return ", ".join(place_name(text, name, index) for name, index in path)
