"""The exam of a lesson: three questions, and their answers worked out from the run that the learner has set up.

A lesson's text has them as sections `exam.NAME`. What they compute is read from a copy of the run, which another thread
may walk through: the learner's own steps are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from engine.device import quiet
from engine.walks.history import History, State
from engine.walks.reel import Reel
from engine.walks.step import AddressError, Path, parse_address
from lessons.contract.knobs import Refused
from lessons.contract.text import Section, Text
from lessons.contract.view import NOTHING, View
from lessons.explaining.computed import CONDITION, PLACEHOLDER, Computed, Unresolved, written
from lessons.explaining.figures import cells
from lessons.explaining.inspect import Inspection
from lessons.explaining.notation import respelled
from lessons.explaining.numbering import numbering
from lessons.explaining.typeset import naming
from lessons.player import addresses
from lessons.player.branches import Branch, Branches
from lessons.player.player import Player
from lessons.player.position import Position
from lessons.player.setup import Setup
from lessons.player.views import view_at

SECTION = "exam."
MOST_UPDATES = 5_000
"""Updates that an address in a text may ask for: they are made anew for it."""
START = "start"
"""The address of what is there before the first step."""
LAST = {"last": 0, "last-1": 1, "last-2": 2}
"""Indices of an address that count from the last there is."""
UNKNOWN = "·"
"""What stands where something cannot be computed."""
SPACES = re.compile(r"(\s+)")
SIGN = re.compile("[∂Σδ₀-₉₋ₜₖᵢⱼᵀ∘‖²=·]")
OPERATORS = frozenset("=+−·∘×/←≈")
CAPITALS = frozenset("UVW")
"""What makes a word of a paragraph part of a formula: signs in it, operators beside it, capitals that are matrices."""
HELD = re.compile("[\ue000-\uf8ff]")
"""What stands for a placeholder while formulas are respelled."""

Paragraph = str | Inspection
"""Words, or the formula that made a number."""


class Worked(NamedTuple):
    """One question: what is asked, the answer, the numbers in it by what computes them, and what could not be."""

    id: str
    title: str
    asked: tuple[Paragraph, ...]
    answer: tuple[Paragraph, ...]
    values: Mapping[str, Any]
    unresolved: tuple[str, ...]


def has_exam(text: Text) -> bool:
    """Whether a lesson has exam questions."""
    return any(id.startswith(SECTION) for id in text.sections)


@dataclass(frozen=True)
class Run:
    """What a learner has set: a setup, and in training the run and the update in focus, else the latest one.

    `key` tells one from another.
    """

    setup: Setup
    branch: Branch | None
    state: State | None
    grain: int

    @classmethod
    def of(cls, player: Player) -> Run:
        """That of a player, as it is now."""
        branch = state = None
        if player.trains and player.runs.made:
            branch, n = player.branch, player.spot.n if player.spot.training else len(player.history)
            state = branch.history.state(n)
        return cls(player.setup, branch, state, player.grain)

    @property
    def key(self) -> tuple[int, int, int]:
        """What must be the same for its numbers to be the same."""
        return id(self.setup), id(self.branch), -1 if self.state is None else self.state.n


class Made(Sequence[View]):
    """Views that are made one by one as they are come to: an act that nobody asks for is not walked through."""

    def __init__(self, views: Iterator[View]) -> None:
        self._views, self._made = views, list[View]()

    def __iter__(self) -> Iterator[View]:
        yield from self._made
        while (view := next(self._views, None)) is not None:
            self._made.append(view)
            yield view

    def __getitem__(self, at: Any) -> Any:
        return next(islice(self, at, None))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Paper:
    """The exam over one run. It belongs to one thread: its reels are its own."""

    def __init__(self, run: Run) -> None:
        self.run, lesson = run, run.setup.lesson
        with quiet():
            reel = lesson.reel(run.setup.device, run.setup.knobs, run.setup.start)
        self.setup = replace(run.setup, reel=reel)
        self.begun, self.own = Branches(self.setup), Branches(self.setup)
        if run.branch is not None and run.state is not None:
            track = run.branch.history.track._replace(begin=run.state)
            self.own.made = [replace(run.branch, history=History(track, run.branch.history))]
        self._views: dict[str, Sequence[View]] = {}
        self.computed = Computed(self.views)

    # where

    def views(self, at: str) -> Sequence[View]:
        """The view at an address; of "" those at the ends of all acts, the last first. Raises Unresolved."""
        if at not in self._views:
            self._views[at] = [self._at(at)] if at else Made(self._ends())
        return self._views[at]

    def _ends(self) -> Iterator[View]:
        reel, acts = self.setup.reel, self.setup.lesson.card.acts
        for act in reversed(acts):
            p = reel.seek(((act, -1),))
            if p is not None:
                position = self._position(self.begun)
                position.move(reel, p)
                yield self._view(position, self.begun)
        if "train" in acts:
            yield self._at("train")

    def _at(self, at: str) -> View:
        if at == START:
            return self._view(self._position(self.begun), self.begun)
        try:
            path = parse_address(self._numbered(at))
        except AddressError:
            raise Unresolved(f"{at!r} is no address") from None
        trains = path[0] == addresses.TRAINING and "train" in self.setup.lesson.card.acts
        update = dict(path).get("update")
        if update is not None and update > MOST_UPDATES:
            raise Unresolved(f"update {update} is too far: {MOST_UPDATES} at most")
        runs = self.own if trains and update is None else self.begun
        position = self._position(runs)
        try:
            with quiet():
                if runs is self.own:
                    position.land(self.run.state.n if self.run.state is not None else 0, is_open=False)
                if path != (addresses.TRAINING,):
                    addresses.seek(position, path)
        except Refused as refused:
            raise Unresolved(str(refused)) from None
        return self._view(position, runs)

    def _numbered(self, at: str) -> str:
        """An address with `last` as the number that it is there."""
        parts = at.split("/")
        for n, part in enumerate(parts):
            name, _, index = part.partition("=")
            if index not in LAST:
                continue
            before = parse_address("/".join(parts[:n])) if n else ()
            found = addresses.indices(self._inside(before), tuple(p for p in before if not _of_training(p)), name)
            if not found:
                raise Unresolved(f"there is no {name} at {'/'.join(parts[:n])}")
            parts[n] = f"{name}={max(max(found) - LAST[index], min(found))}"
        return "/".join(parts)

    def _inside(self, before: Path) -> Reel:
        """The reel that an address goes on in."""
        if not before or before[0] != addresses.TRAINING:
            return self.setup.reel
        update = dict(before).get("update")
        if update is not None:
            return self.begun.inside(update)
        return self.own.inside(self.run.state.n if self.run.state is not None else 0)

    def _position(self, runs: Branches) -> Position:
        return Position(self.setup, runs, self.run.grain, set())

    def _view(self, position: Position, runs: Branches) -> View:
        return view_at(self.setup, runs, position, False, None, None, NOTHING)

    # what is said

    def questions(self, text: Text, names: Mapping[str, str]) -> tuple[Worked, ...]:
        """All questions with their answers, in the notation that calls symbols by these names."""
        with quiet(), naming(names), numbering(self.setup.lesson, self.setup.knobs, ()):
            sections = [each for id, each in text.sections.items() if id.startswith(SECTION)]
            return tuple(Writer(self, text, names).worked(section) for section in sections)


def _of_training(part: tuple[str, int]) -> bool:
    return part == addresses.TRAINING or part[0] == "update"


def spelled(said: str, names: Mapping[str, str]) -> str:
    """A paragraph in another notation: what stands between backticks, and what is a formula without them."""
    if not names:
        return said.replace("`", "")
    parts = said.split("`")
    return "".join(
        respelled(part, names) if n % 2 else _in_prose(SPACES.split(part), names) for n, part in enumerate(parts)
    )


def _in_prose(tokens: Sequence[str], names: Mapping[str, str]) -> str:
    """Words and spaces in turn: a word is part of a formula that has a sign, stands beside one, or is a capital."""
    words = tokens[::2]
    found = []
    for n, word in enumerate(words):
        beside = {*words[max(0, n - 1) : n], *words[n + 1 : n + 2]}
        is_formula = SIGN.search(word) or beside & OPERATORS or word.strip(".,;:()") in CAPITALS
        found.append(respelled(word, names) if is_formula else word)
        found += tokens[2 * n + 1 : 2 * n + 2]
    return "".join(found)


class Writer:
    """Fills a section; what cannot be computed is noted and stands as a dot."""

    def __init__(self, paper: Paper, text: Text, names: Mapping[str, str]) -> None:
        self.paper, self.text, self.names = paper, text, names
        self.values: dict[str, Any] = {}
        self.unresolved: list[str] = []

    def worked(self, section: Section) -> Worked:
        """One question."""
        self.values, self.unresolved = {}, []
        asked = [self.paragraph(each) for each in (*section.before, *(f"• {item}" for item in section.items))]
        answer = [self.paragraph(each) for each in section.after]
        return Worked(
            section.id.removeprefix(SECTION), str(self.paragraph(section.title)), tuple(filter(None, asked)),
            tuple(filter(None, answer)), self.values, tuple(self.unresolved),
        )  # fmt: skip

    def paragraph(self, template: str) -> Paragraph:
        """One paragraph: its conditions decided, formulas respelled, placeholders filled."""
        template = CONDITION.sub(self._decided, template).strip()
        alone = PLACEHOLDER.fullmatch(template)
        if alone is not None and alone["kind"] == "work ":
            return self._work(alone)
        found = list(PLACEHOLDER.finditer(template))
        held = iter(range(0xE000, 0xF8FF))
        said = spelled(PLACEHOLDER.sub(lambda match: chr(next(held)), template), self.names)
        return re.sub("  +", " ", HELD.sub(lambda match: self._filled(found[ord(match[0]) - 0xE000]), said))

    def _decided(self, match: re.Match[str]) -> str:
        asked = PLACEHOLDER.fullmatch(match["asked"])
        if asked is None:
            self.unresolved.append(match["asked"])
            return ""
        holds = self._or_noted(asked, lambda: self.paper.computed.value(asked["body"], asked["at"] or ""))
        return str(match["yes"] if holds not in (None, False) and bool(holds) else match["no"] or "")

    def _work(self, match: re.Match[str]) -> Paragraph:
        found = self._or_noted(match, lambda: self.paper.computed.work(match["body"], match["at"] or ""))
        return UNKNOWN if found is None else found

    def _filled(self, match: re.Match[str]) -> str:
        if match["kind"] == "work ":
            found = self._work(match)
            return found if isinstance(found, str) else "".join(found.short(10_000))
        if match["kind"] == "=":
            said = self._or_noted(match, lambda: self._computed(match))
        else:
            said = self._or_noted(match, lambda: self._field(match["body"], match["at"] or ""))
        return UNKNOWN if said is None else str(said)

    def _computed(self, match: re.Match[str]) -> str:
        value = self.paper.computed.value(match["body"], match["at"] or "")
        said = written(value, match["form"] or "")
        self.values[match[0][1:-1].lstrip("= ")] = value
        return said

    def _field(self, name: str, at: str) -> str:
        """What the lesson's other texts say under this name there."""
        for view in self.paper.views(at):
            said = str(self.paper.setup.lesson.says(view, self.text).get(name, UNKNOWN))
            if said not in (UNKNOWN, "…"):
                return said
        raise Unresolved(f"there is no field {name} at {at or 'any act'}")

    def _or_noted(self, match: re.Match[str], found: Callable[[], Any]) -> Any:
        try:
            return found()
        except Unresolved as error:
            self.unresolved.append(f"{match[0]}: {error}")
            return None


def exam(player: Player, text: Text, names: Mapping[str, str] | None = None) -> tuple[Worked, ...]:
    """The questions of a lesson, answered from the run of a player, at once."""
    return Paper(Run.of(player)).questions(text, names or {}) if has_exam(text) else ()


def lines_of(paragraph: Paragraph, width: int, wrap: Callable[[str, int], Sequence[str]]) -> Sequence[str]:
    """A paragraph in lines: of a formula its own, its = one under the other where they have room."""
    if not isinstance(paragraph, Inspection):
        return wrap(paragraph, width)
    return [part for line in paragraph.lines(width) for part in ([line] if cells(line) <= width else wrap(line, width))]
