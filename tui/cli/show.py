"""`unroll show`: a lesson at a place, as a picture in text or SVG, or every number as JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from lessons.contract.knobs import Refused
from lessons.contract.notations import NOTATIONS
from tui.cli.common import (
    above,
    at_work,
    given_knobs,
    given_seed,
    language_spoken,
    open_on,
    words_of,
)
from tui.cli.completing import addresses, lessons, settings
from tui.cli.speaking import SpokenCommand, lang_option


@click.command("show", cls=SpokenCommand)
@click.argument("lesson", shell_complete=lessons)
@click.option("--set", "pairs", multiple=True, metavar="KNOB=VALUE", shell_complete=settings)
@click.option("--seed", type=str, default=None)
@click.option("--at", "place", metavar="PATH", shell_complete=addresses)
@click.option("--step", type=str, default=None)
@click.option("--all", "all_steps", is_flag=True)
@click.option("--state", type=click.Path())
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--json", "as_json", is_flag=True)
@click.option("--exam", "with_exam", is_flag=True)
@click.option("--only", metavar="PATH")
@click.option("--svg", "svg_file", type=click.Path())
@click.option("--cell", metavar="CELL")
@click.option("--notation", type=click.Choice(list(NOTATIONS)), default="first")
@click.option("--glyphs", type=click.Choice(["auto", "unicode", "ascii"]), default=None)
@lang_option()
def show_command(
    lesson: str,
    pairs: tuple[str, ...],
    seed: str | None,
    place: str | None,
    step: str | None,
    all_steps: bool,
    state: str | None,
    device: str | None,
    as_json: bool,
    with_exam: bool,
    only: str | None,
    svg_file: str | None,
    cell: str | None,
    notation: str,
    glyphs: str | None,
    lang: str | None,
) -> None:
    """Print a lesson at a place: panels, or with --json every number in full."""
    from lessons.contract.knobs import read_all
    from lessons.course import find, open_lesson

    card = find(lesson)
    given = given_knobs(pairs)
    read_all(card.knobs, given)
    device, glyphs = device or above("device", "cpu"), glyphs or above("glyphs", "auto")
    for wrong, key in (
        (state and seed, "state_seed"),
        (place and step, "both_places"),
        (all_steps and not as_json, "all_json"),
        (only is not None and not as_json, "only_json"),
        (svg_file is not None and as_json, "svg_json"),
        (with_exam and svg_file is not None, "svg_exam"),
    ):
        if wrong:
            raise Refused(key)
    drawn = given_seed(seed)
    from lessons.player.state import load

    loaded = load(state, card.id) if state is not None else None
    target = open_on(device)
    from lessons.player.player import Player
    from lessons.player.state import restore

    with at_work():
        opened = open_lesson(card)
        if state is not None:
            knobs, start, drawn = restore(opened, state, given, loaded)
            player = Player(opened, target, knobs, drawn, start)
        else:
            player = Player(opened, target, given, drawn, language=language_spoken())
    _go(player, place, step)
    if as_json:
        from lessons.contract.text import text_of
        from lessons.player.show import everything, exam_object, part

        with at_work():
            found: Any = everything(player, all_steps)
            if with_exam or (only or "").strip("/").partition("/")[0] == "exam":
                found["exam"] = exam_object(player, text_of(player.lesson, language_spoken()))
        found = found if only is None else part(found, only)
        _print(json.dumps(found, ensure_ascii=False, allow_nan=False))
    elif with_exam:
        with at_work():
            lines = list(_exam(player, NOTATIONS[notation] == "second"))
        _print("\n".join(lines))
    else:
        from tui.cli.cells import cell_at
        from tui.cli.headless import picture
        from tui.machine.terminal import speaks_utf8

        ascii_only = glyphs == "ascii" or (glyphs == "auto" and not speaks_utf8())
        pointed = cell_at(player, cell) if cell is not None else None
        if svg_file is not None:
            _save_svg(player, svg_file, ascii_only, pointed, NOTATIONS[notation] == "second")
            return
        with at_work():
            painted = picture(player, language_spoken(), ascii_only, pointed, NOTATIONS[notation] == "second")
        _print(painted)


WIDTH = 79
"""Columns of what is printed of an exam."""


def _exam(player: Any, second: bool) -> Iterator[str]:
    """The exam questions and their answers, line by line. Raises Refused where the lesson has none."""
    from lessons.contract.text import text_of
    from lessons.player.exam import exam, lines_of
    from tui.canvas.canvas import wrap

    words = words_of()
    found = exam(player, text_of(player.lesson, language_spoken()), player.lesson.card.notation if second else {})
    if not found:
        raise Refused("no_exam", lesson=player.lesson.card.id)
    for n, worked in enumerate(found, 1):
        yield from (*([""] if n > 1 else []), f"{n}. {worked.title}")
        for paragraph in worked.asked:
            yield from ("", *lines_of(paragraph, WIDTH, wrap))
        yield from ("", words("drawer.exam_answer"))
        for paragraph in worked.answer:
            yield from ("", *lines_of(paragraph, WIDTH, wrap))


def _save_svg(player: Any, file: str, ascii_only: bool, pointed: Any, second: bool) -> None:
    """Save the picture, and say where in full."""
    from tui.cli.headless import drawn, save_svg, svg

    path = Path(file).expanduser().resolve()
    canvas = drawn(player, language_spoken(), ascii_only, pointed, second)
    save_svg(path, svg(canvas, f"unroll {player.lesson.card.id}"))
    _print(words_of()("say.saved", file=path))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


MOST_UPDATES = 1_000_000
"""As in `lessons.player.addresses`, which is not loaded for a light command."""


def _go(player: Any, place: str | None, step: str | None) -> None:
    """To the place or step that was asked for."""
    if step is not None:
        total = player.reel.total
        if not step.isdecimal() or len(step) > 18 or int(step) > total:
            raise Refused("step", step=step, total=total)
        player.jump(step)
    if place is not None:
        _jump(player, place)


def _jump(player: Any, place: str) -> None:
    """To an address as it is typed or shown; a long training on the way shows how far it is."""
    from engine.walks.step import parse_address
    from lessons.player.shown import readings

    for reading in readings(player.lesson, place):
        with contextlib.suppress(ValueError):
            _train(player, dict(parse_address(reading.typed)).get("update", 0))
            break
    player.jump(place)


def _train(player: Any, n: int) -> None:
    """Make the updates that lead to a place; a long way shows how far it is, where someone looks."""
    if n <= 2000 or not player.trains or n > MOST_UPDATES:
        return
    history, part = player.branch.history, max(1, n // 200)
    with click.progressbar(range(part, n + 1, part), file=sys.stderr, label=words_of()("train.bar")) as marks:
        for mark in marks:
            history.grow(mark)
