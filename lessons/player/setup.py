"""A lesson as it is set up: what was chosen (a `Setting`), and what follows from it (a `Setup`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from engine.device import Device, quiet
from engine.walks.reel import Reel
from lessons.contract.knobs import Refused, Value, read_all
from lessons.contract.lesson import Lesson
from lessons.contract.view import Knobs, Start


@dataclass(frozen=True)
class Setting:
    """What a learner chose, which can be undone: knobs by id, the seed, and a start of their own.

    A knob that is not in `given` has its default, or follows from the others; `seed` and `start` are None where the
    lesson's own are wanted. `language` is the one whose defaults it has: that in which the lesson was begun, whatever
    is spoken later.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    start: Start | None = None
    language: str = "en"

    @property
    def own(self) -> bool:
        """Whether it is the lesson's own setting, in its language."""
        return self == Setting(language=self.language)


@dataclass(frozen=True, eq=False)
class Setup:
    """A lesson on a device with every knob settled, its start made and its reel ready to be stepped through.

    `seed` is None where nothing is drawn; `changed` are the knobs that have not their default.
    """

    lesson: Lesson
    device: Device
    setting: Setting
    knobs: Knobs
    seed: int | None
    start: Start
    reel: Reel
    changed: frozenset[str]

    @classmethod
    def of(cls, lesson: Lesson, device: Device, setting: Setting, patience: float = float("inf")) -> Setup:
        """Build all that follows from a setting. Raises Refused for knobs or a start that cannot be.

        Raises Far where that takes longer than `patience` seconds, and has built nothing then; not for the lesson's own
        setting, which is there at once.
        """
        with quiet():
            knobs = lesson.settled(read_all(lesson.card.knobs, setting.given, setting.language), setting.given)
            default = defaults(lesson, setting.language)
            changed = frozenset(name for name, value in knobs.items() if value != default[name])
            drawn = not lesson.example or (bool(lesson.draws & set(setting.given) & changed) and setting.start is None)
            seed = setting.seed if setting.seed is not None else (0 if drawn else None)
            lesson.prepare(knobs, seed, setting.start, float("inf") if setting.own else patience)
            start = setting.start or lesson.start(knobs, seed)
            reel = lesson.reel(device, knobs, start)
            reel.patience = patience
        return cls(lesson, device, setting, knobs, seed, start, reel, changed)

    @cached_property
    def acts(self) -> tuple[str, ...]:
        """The acts that there are with these knobs."""
        there = {"train", *(section.place[0][0] for section in self.reel.sections)}
        return tuple(act for act in self.lesson.card.acts if act in there)

    @property
    def trains(self) -> bool:
        """Whether the lesson has a training track."""
        return "train" in self.lesson.card.acts

    @property
    def from_file(self) -> bool:
        """Whether the start was read from a file of the learner's, which may have gone or changed since."""
        return any(knob.names_file(self.knobs[knob.id]) for knob in self.lesson.card.knobs)

    def with_knobs(self, given: Mapping[str, Any], seed: int | None) -> Setting:
        """These knobs changed; a start of the learner's own goes where a knob or a seed makes a new one. May refuse."""
        merged = {**self.setting.given, **given}
        read_all(self.lesson.card.knobs, merged, self.setting.language)
        own = self.start if self.from_file else self.setting.start
        start = None if self.lesson.rebuilds & set(given) or seed is not None else own
        return replace(self.setting, given=merged, seed=self.setting.seed if seed is None else seed, start=start)

    def with_entry(self, symbol: str, index: tuple[int, ...], raw: str) -> Setting:
        """One weight or input changed. Raises Refused."""
        return replace(self.setting, start=self.lesson.edit(self.start, symbol, index, raw))

    def with_state(self, knobs: Mapping[str, Value], start: Start, seed: int | None) -> Setting:
        """What a state file holds; a knob that follows from the others counts as not given."""
        default = defaults(self.lesson, self.setting.language)
        given = {name: value for name, value in knobs.items() if value != default[name]}
        try:
            settled = self.lesson.settled({**default, **given}, given)
            given |= {name: value for name, value in knobs.items() if value != settled[name]}
        except Refused:  # what they would follow from is not here; then nothing is left to follow
            given = dict(knobs)
        return Setting(given, seed, start, self.setting.language)


def defaults(lesson: Lesson, language: str = "en") -> dict[str, Value]:
    """The default of every knob in a language, by its id."""
    return read_all(lesson.card.knobs, {}, language)
