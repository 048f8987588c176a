"""To an address as it is typed: "57", "update 57", "act 3", "t=3 k=1", "train/update=57/t=3"."""

from __future__ import annotations

from dataclasses import replace

from engine.walks.reel import Reel, rank
from engine.walks.step import AddressError, Path, address, agrees, is_whole, parse_address
from lessons.contract.knobs import Refused
from lessons.player.position import Position, Spot
from lessons.player.shown import readings

MOST_UPDATES = 1_000_000
"""Updates that may be asked for by number."""
MOST_STEPS = 20_000
"""Steps that are gone through to say which places there are."""
REEL_NAMES = ("reel", "ledger")
"""What an address in the reel may begin with, as one in training with "train"; "ledger" is what it once was called."""
TRAINING = ("train", -1)


def jump(position: Position, text: str) -> None:
    """To the address, act, step or update that was typed, or that is shown so. Raises Refused where there is none."""
    refused: Refused | None = None
    for reading in readings(position.setup.lesson, text):
        try:
            _jump_typed(position, reading.typed)
        except Refused as error:
            refused = refused or error
        else:
            if reading.exact:
                _back_to_exact(position, reading.typed)
            return
    raise refused or Refused("place", place=text.strip() or "–", example=example(position))


def _back_to_exact(position: Position, typed: str) -> None:
    """From the end of a group to its last step that is not in a finer group, if it has one."""
    wanted, reel, p = parse_address(typed), position.scrub, position.spot.p
    if reel is None:
        return
    if position.spot.training:
        wanted = tuple(part for part in wanted if part != TRAINING and part[0] != "update")
    while p > 0 and (step := reel.step(p)) is not None and agrees(step.path, wanted):
        if step.path == wanted:
            position.move(reel, p)
            return
        p -= 1


def _jump_typed(position: Position, text: str) -> None:
    """To the address, act, step or update that was typed. Raises Refused where there is none."""
    words = text.replace("/", " ").split()
    if len(words) == 2 and words[0] in ("act", "step") and is_whole(words[1]):
        _jump_to(position, words[0], int(words[1]))
    elif len(words) == 1 and is_whole(words[0]):
        _jump_number(position, int(words[0]))
    else:
        try:
            wanted = parse_address("/".join(paired(words)))
        except AddressError as error:
            raise Refused("address", part=error.part) from None
        seek(position, wanted, position.setup.reel.patience)


def paired(words: list[str]) -> list[str]:
    """ "update", "57" as "update=57"; everything else as it is."""
    parts: list[str] = []
    for word in words:
        if is_whole(word) and parts and parts[-1].isidentifier():
            parts[-1] += f"={word}"
        else:
            parts.append(word)
    return parts


def _jump_to(position: Position, what: str, n: int) -> None:
    """To the n-th act from 1, or to step n of the reel or the opened update."""
    acts = position.setup.lesson.card.acts
    if what == "step":
        if position.scrub is None:
            position.spot = Spot()
        _jump_number(position, n)
    elif 1 <= n <= len(acts):
        position.to_act(acts[n - 1])
    else:
        raise Refused("place", place=f"act {n}", example=f"act {acts.index(position.setup.acts[-1]) + 1}")


def _jump_number(position: Position, n: int) -> None:
    """To step n; on the training curve to update n."""
    reel = position.scrub
    if reel is None:
        _check_update(position, n)
        position.land(n, is_open=False)
    elif n > reel.total and position.spot.training:
        raise Refused("step_inside", step=n, total=reel.total, update=position.spot.n)
    elif n > reel.total:
        raise Refused("step", step=n, total=reel.total)
    else:
        position.move(reel, n)


def _check_update(position: Position, n: int) -> None:
    if n > MOST_UPDATES:
        raise Refused("update", update=n, most=MOST_UPDATES)
    first = position.branches.history.nearest(n)
    if first > n:
        raise Refused("out_of_reach", update=n, first=first)


def seek(position: Position, wanted: Path, seconds: float = float("inf")) -> None:
    """To the end of the first group at an address: in the update in focus, in the act in focus, else in the reel.

    An address that begins with "train" or an update is looked for there. Raises Refused, and Far where that takes
    longer than so many seconds.
    """
    lesson, reel = position.setup.lesson, position.setup.reel
    acts = lesson.card.acts
    if wanted and wanted[0] in ((name, -1) for name in REEL_NAMES if name not in acts):
        wanted = wanted[1:]
    if wanted and (wanted[0] == TRAINING or wanted[0][0] == "update") and position.setup.trains:
        _seek_training(position, tuple(part for part in wanted if part != TRAINING))
        return
    if wanted and position.spot.training:
        p = position.inside().seek(wanted)
        if p is not None:
            position.spot = replace(position.spot, p=p, open=True)
            _mark_since(position, position.inside(), wanted)
            return
    in_act = wanted and wanted[0][0] not in acts and not position.spot.training
    here = reel.step(position.spot.p) if in_act else None
    p = reel.seek((here.path[0], *wanted), seconds) if here else None
    if p is None:
        p = reel.seek(wanted, seconds) if wanted else None
    if p is None:
        inside = position.inside() if position.spot.training else None
        raise no_place(position, inside or reel, here.path[:1] if here else (), wanted)
    reel.run(p, reel.patience)
    position.spot = Spot(p=p)
    _mark_since(position, reel, wanted)


def _seek_training(position: Position, wanted: Path) -> None:
    n = dict(wanted).get("update", position.spot.n if position.spot.training else 0)
    if n < 0:
        raise Refused("place", place=address(wanted), example=example(position))
    _check_update(position, n)
    finer = tuple(part for part in wanted if part[0] != "update")
    before = position.spot, position.since
    position.land(n, is_open=bool(finer))
    if finer:
        p = position.inside().seek(finer)
        if p is None:
            refused = no_place(position, position.inside(), (), finer)
            position.spot, position.since = before
            raise refused
        position.spot = replace(position.spot, p=p)
        _mark_since(position, position.inside(), finer)


def no_place(position: Position, reel: Reel, act: Path, wanted: Path) -> Refused:
    """Why there is no such place: which indices a loop of it has, where all before that loop is there; else an example.

    `act` is where an address without one is looked for first.
    """
    for cut, (name, index) in enumerate(wanted):
        for before in ((*act, *wanted[:cut]), wanted[:cut]):
            found = indices(reel, before, name) if index >= 0 else set()
            if found and index not in found:
                where = address(before) or address(act) or position.setup.lesson.card.id
                return Refused(
                    "place_index", place=address(wanted), name=name, where=where, first=min(found), last=max(found)
                )  # fmt: skip
            if found:
                break
    return Refused("place", place=address(wanted) or "–", example=example(position))


def indices(reel: Reel, before: Path, name: str) -> set[int]:
    """The indices that a loop has at an address; none where too many steps would have to be gone through."""
    sections = reel.holding(before)
    if sum(reel.sections[n].length for n in sections) > MOST_STEPS:
        return set()
    paths = (step.path for n in sections for step in reel.tape(n))
    return {i for path in paths if agrees(path, before) for part, i in path if part == name and i >= 0}


def _mark_since(position: Position, reel: Reel, wanted: Path) -> None:
    """What counts as just written after a jump: the group at the grain, or the finer one that the address names."""
    path, grains = position.path, position.setup.lesson.grains
    named = [rank(grains, path, i) for i, part in enumerate(path) if part in wanted]
    position.since = reel.start(position.spot.p, max([*named, min(position.grain, grains["op"])]))


def example(position: Position) -> str:
    """An address that exists, for an error message."""
    reel = position.scrub or position.inside()
    step = reel.step(min(reel.starts[len(reel.sections) // 2] + 1, reel.total))
    return ("train/" if position.spot.training else "") + address(step.path if step else position.path)
