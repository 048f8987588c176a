"""What `unroll show --json` prints: the state, the result, the step in focus, and every step where they are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from engine.device import finite, quiet
from engine.walks.reel import Reel
from engine.walks.step import address
from lessons.contract.knobs import Refused
from lessons.contract.plain import plain
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.player.branches import left_finite
from lessons.player.exam import Paragraph, exam
from lessons.player.player import Player
from lessons.player.state import export

WIDE = 10_000
"""No formula is folded to be printed as data."""
MOST_STEPS = 2_000_000
"""Steps that --all prints at most."""
NAMED = 12
"""Names that are offered where one is not there."""


def everything(player: Player, all_steps: bool) -> dict[str, Any]:
    """The object that is printed. Knobs, parameters and result are those of the player's position.

    Raises Refused where `all_steps` are too many.
    """
    knobs = player.branch.knobs if player.spot.training else player.knobs
    start = player.start_here()
    state = export(player.lesson, player.seed, knobs, start)
    first = {name: state[name] for name in ("lesson", "schema", "seed")}
    language = player.setup.setting.language
    begun = {} if language == "en" else {"defaults": language}
    shown = {**first, "device": player.device.name, **begun, **state}
    reel = player.scrub
    if all_steps:
        reel = reel or player.inside()
        if reel.total > MOST_STEPS:
            raise Refused("too_many", count=reel.total // 1_000_000)
        view = player.view()
        shown["steps"] = [step_object(reel, view, index) for index in range(1, reel.total + 1)]
    if reel is not None and player.spot.p:
        shown["at"] = {"address": _where(player), **step_object(reel, player.view(), player.spot.p)}
    elif player.spot.training:
        shown["at"] = {"address": _where(player)}
    with quiet():
        result = player.lesson.result(player.device, knobs, start)
    shown["result"] = plain(result)
    where = diverged_at(player, finite(result.get("loss", 0.0)))
    if where is not None:
        shown["diverged_at"] = where
    return shown


def exam_object(player: Player, text: Text) -> list[dict[str, Any]]:
    """The exam questions as plain data; `values` are the numbers of the answer by what computes them."""
    return [
        {
            "id": worked.id, "title": worked.title, "question": _paragraphs(worked.asked),
            "answer": _paragraphs(worked.answer), "values": {key: plain(each) for key, each in worked.values.items()},
        }
        for worked in exam(player, text)
    ]  # fmt: skip


def _paragraphs(paragraphs: Sequence[Paragraph]) -> list[str]:
    """As texts; a formula in one line for each =."""
    return [each if isinstance(each, str) else "\n".join(each.lines(WIDE)) for each in paragraphs]


def part(found: Any, path: str) -> Any:
    """What stands at a path of plain data: names, and numbers from 0 in lists, between slashes: result/losses/3.

    Raises Refused where there is nothing, with what is near.
    """
    gone: list[str] = []
    for name in [name for name in path.split("/") if name]:
        where = "/".join(gone)
        if isinstance(found, Mapping):
            if name not in found:
                known = [str(key) for key in found]
                near = get_close_matches(name, known, 5, 0.4) or known
                raise Refused("only_name", name=_short(name), where=where or "/", near=", ".join(near[:NAMED]))
            found = found[name]
        elif isinstance(found, list):
            if not (name.isdecimal() and name.isascii() and len(name) <= 18 and int(name) < len(found)):
                raise Refused("only_number", name=_short(name), where=where, count=len(found), last=len(found) - 1)
            found = found[int(name)]
        else:
            raise Refused("only_value", name=_short(name), where=where)
        gone.append(name)
    return found


def _short(name: str) -> str:
    return repr(name if len(name) <= 24 else f"{name[:23]}…")


def step_object(reel: Reel, view: View, index: int) -> dict[str, Any]:
    """One step as plain data; `index` counts from 1, as positions do."""
    step, source = reel.step(index), reel.source(index)
    assert step is not None
    assert source is not None
    values = {name: plain(view.shown(name, value)) for name, value in step.values.items()}
    return {"index": index, "path": [list(p) for p in step.path], "op": step.op, "line": source.line, "values": values}


def _where(player: Player) -> str:
    return ("train/" if player.spot.training else "") + address(player.path)


def diverged_at(player: Player, is_finite: bool) -> str | None:
    """Address and operation of the first step that left the finite numbers, here or on the way here, or None."""
    in_training = player.divergence()
    if in_training is not None:
        n, p = in_training
        step = player.history.track.inside(player.history.state(n)).step(p)
    elif is_finite:
        return None
    else:
        reel = player.scrub or player.inside()
        step = reel.step(left_finite(reel, player.device) or 0)
    if step is None:
        return None
    return ("train/" if in_training else "") + address((*step.path, (step.op, -1)))
