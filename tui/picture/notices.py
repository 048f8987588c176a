"""Notices that follow from where the player has come to: a loss that is finite no more, the end of a lesson."""

from __future__ import annotations

from engine.walks.step import Step
from lessons.contract.phrases import Words
from lessons.contract.text import Text
from lessons.explaining.typeset import name as symbol_name
from lessons.player.player import Player
from tui.picture.boxes import Notice
from tui.picture.frame import at_name, op_name


def first_not_finite(player: Player) -> tuple[int, int, Step] | None:
    """(update, position in it, step) that first left the finite numbers in training, if one did."""
    found = player.divergence()
    if found is None:
        return None
    n, p = found
    step = player.history.track.inside(player.history.state(n)).step(p)
    assert step is not None
    return n, p, step


def diverged(player: Player, words: Words, text: Text) -> Notice | None:
    """Where the last update's loss is finite no more: names the operation, with the way to just before it."""
    if not player.spot.training or player.spot.open or player.spot.n == 0:
        return None
    loss = player.history.value(player.spot.n - 1)
    found = first_not_finite(player) if loss is not None and loss - loss != 0 else None
    if found is None:
        return None
    n, p, step = found
    where = f"{at_name(text, step.path)}, {op_name(text, step)}"
    what = ", ".join(symbol_name(symbol) for symbol in step.values)
    shown = [knob.id for knob in player.lesson.card.knobs if knob.live or knob.kind == "choice"]
    recipe = ", ".join(f"{id} {player.branch.knobs[id]}" for id in shown)
    said = words("drawer.diverged", where=where, what=what)
    keys = (("←", "finite"), ("k", "knobs"), ("esc", "leave"))
    return Notice(words("drawer.stopped"), said, keys, recipe, {"n": n, "p": p})


def done(player: Player, words: Words) -> Notice | None:
    """When all acts are through and all predictions met: what was done and what to look at again."""
    if not player.finished:
        return None
    count = list(player.record.values()).count
    acts = len(player.setup.acts)
    said = words("drawer.done_acts", acts=acts, all=acts, asks=len(player.record))
    hint = words("drawer.done_right", right=count("right"), wrong=count("wrong"), skipped=count("skipped"))
    return Notice(words("drawer.done", id=player.lesson.card.id), said, hint=hint, passing=True)
