"""Moving: steps at a grain both ways, acts, jumps to an address, into an update and out of it."""

from __future__ import annotations

from dataclasses import replace

from engine.walks.reel import Reel, rank
from engine.walks.step import Path, address, parse_address
from lessons.contract.knobs import Refused
from lessons.player.position import Spot
from lessons.player.questions import Asking

MOST_UPDATES = 1_000_000
"""Updates that may be asked for by number."""


class Stepping(Asking):
    """The part of the player that moves."""

    def forward(self) -> bool:
        """One step at the grain; a prediction in the way is asked first. False at the end."""
        if self.asked is not None:
            return self.go_on()
        reel = self.scrub
        if reel is None:
            return self._train_to(self.spot.n + 1)
        if self.spot.training and (self.spot.p >= reel.total or self.grain <= self.lesson.grains["update"]):
            return self._next_update()
        target = reel.forward(self.spot.p, self.grain)
        return self.move(reel, self._stop_at_ask(target))

    def go_on(self) -> bool:
        """Past the card: one that has no answer yet is skipped, and shows its truth first; then one step."""
        if self.asked is not None and not self.asked.verdict:
            self.skip()
            return True
        self.asked = None
        return self.forward()

    def _next_update(self) -> bool:
        coarse = self.grain <= self.lesson.grains["update"]
        self.land(self.spot.n + 1, is_open=not coarse)
        if not coarse:
            reel = self.inside()
            self.move(reel, reel.forward(0, self.grain))
        return True

    def back(self) -> bool:
        """One step back at the grain. False at the start."""
        self.asked = None
        reel = self.scrub
        if reel is None:
            return self._train_to(self.spot.n - 1)
        if self.spot.training and (self.spot.p == 0 or self.grain <= self.lesson.grains["update"]):
            if self.spot.n == 0 and self.spot.p == 0:
                return False
            fine = self.grain > self.lesson.grains["update"]
            if self.spot.n > 0:
                if self.history.nearest(self.spot.n - 1) == self.spot.n:
                    return False
                self.land(self.spot.n - 1, is_open=fine)
                if fine:
                    self.move(self.inside(), self.inside().total)
            else:
                self.land(0, is_open=False)
            return True
        return self.move(reel, reel.back(self.spot.p, self.grain))

    def _train_to(self, n: int) -> bool:
        if n < 0 or (self.spot.n == 0 and n > 0 and self._ask_training()):
            return self.asked is not None
        if n < self.spot.n and self.history.nearest(n) > n:
            return False
        self.land(n, is_open=False)
        return True

    def home(self) -> None:
        """To the start."""
        self.asked, self.since = None, 0
        self.spot = replace(self.spot, p=0) if self.scrub is not None else replace(self.spot, n=0)

    def end(self) -> None:
        """To the last known step."""
        self.asked = None
        reel = self.scrub
        if reel is None:
            self.land(len(self.history), is_open=False)
        else:
            self.move(reel, reel.total)

    def scrub_to(self, share: float) -> None:
        """To a share of the bar, 0 to 1: landing on a step, whatever the grain."""
        self.asked = None
        reel, (_, last) = self.scrub, self.progress
        target = round(max(0.0, min(1.0, share)) * last)
        if reel is None:
            self.land(target, is_open=False)
        else:
            self.move(reel, target)

    def parts(self) -> list[tuple[str, int, int]]:
        """The parts of the address: (name, index, rank), the op last."""
        path = self.path
        found = [(name, index, rank(self.lesson.grains, path, i)) for i, (name, index) in enumerate(path)]
        reel = self.scrub
        step = reel.step(self.spot.p) if reel else None
        return [*found, (step.op, -1, self.lesson.grains["op"])] if step else found

    def focus(self) -> int:
        """Which part of the address is the grain: the last at or above it."""
        ranks = [r for _, _, r in self.parts()]
        return max((i for i, r in enumerate(ranks) if r <= self.grain), default=0)

    def set_grain(self, part: int) -> None:
        """Step by this part of the address from now on."""
        parts = self.parts()
        if 0 <= part < len(parts):
            self.grain = parts[part][2]
            reel = self.scrub
            if reel is not None and self.spot.p > 0:
                self.since = reel.start(self.spot.p, self.grain)

    def coarser(self) -> None:
        """One part of the address up."""
        self.set_grain(self.focus() - 1)

    def finer(self) -> None:
        """One part of the address down."""
        self.set_grain(self.focus() + 1)

    def to_act(self, act: str) -> None:
        """To the start of an act."""
        self.asked = None
        if act == "train":
            self.spot, self.since = Spot(True, 0, self.spot.n if self.branches else 0, False), 0
            self.branch  # noqa: B018 - made now, so that the first step is not late
            return
        first = next(i for i, section in enumerate(self.reel.sections) if section.place[0][0] == act)
        self.spot = Spot()
        start = self.reel.starts[first]
        self.move(self.reel, self.reel.forward(start, self.grain) if start else 0)

    def next_act(self, by: int = 1) -> bool:
        """To the next act, or the one before. False where there is none."""
        acts = self.lesson.card.acts
        at = acts.index(self.act) + by
        if not 0 <= at < len(acts):
            return False
        self.to_act(acts[at])
        return True

    def jump(self, text: str) -> None:
        """To an address as typed: "57", "update 57", "act 3", "t=3 k=1", "train/update=57/t=3". Raises Refused."""
        words = text.replace("/", " ").split()
        self.asked = None
        if len(words) == 2 and words[0] in ("act", "step") and words[1].isdigit():
            self._jump_to(words[0], int(words[1]))
        elif len(words) == 1 and words[0].isdigit():
            self._jump_number(int(words[0]))
        else:
            try:
                wanted = parse_address("/".join(paired(words)))
            except ValueError as error:
                raise Refused("address", error=str(error)) from None
            self.seek(wanted)

    def _jump_to(self, what: str, n: int) -> None:
        acts = self.lesson.card.acts
        if what == "step":
            if self.scrub is None:
                self.spot = Spot()
            self._jump_number(n)
        elif 1 <= n <= len(acts):
            self.to_act(acts[n - 1])
        else:
            raise Refused("place", place=f"act {n}", example=f"act {len(acts)}")

    def _jump_number(self, n: int) -> None:
        reel = self.scrub
        if reel is None:
            self._check_update(n)
            self.land(n, is_open=False)
        elif n > reel.total:
            raise Refused("step", step=n, total=reel.total)
        else:
            self.move(reel, n)

    def _check_update(self, n: int) -> None:
        if n > MOST_UPDATES:
            raise Refused("update", update=n, most=MOST_UPDATES)
        first = self.branch.history.nearest(n)
        if first > n:
            raise Refused("out_of_reach", update=n, first=first)

    def seek(self, wanted: Path) -> None:
        """To the end of the first group at an address; within the update in focus if it has one. Raises Refused."""
        acts = self.lesson.card.acts
        if wanted and wanted[0] in (("reel", -1), ("ledger", -1)) and wanted[0][0] not in acts:
            wanted = wanted[1:]
        if wanted and (wanted[0] == ("train", -1) or wanted[0][0] == "update") and self.trains:
            self._seek_training(tuple(place for place in wanted if place != ("train", -1)))
            return
        if wanted and self.spot.training:
            p = self.inside().seek(wanted)
            if p is not None:
                self.spot = replace(self.spot, p=p, open=True)
                self._mark_since(self.inside(), wanted)
                return
        here = self.reel.step(self.spot.p) if wanted and wanted[0][0] not in acts and not self.spot.training else None
        p = self.reel.seek((here.path[0], *wanted)) if here else None  # in the act that one is in, if it is there
        if p is None:
            p = self.reel.seek(wanted) if wanted else None
        if p is None:
            raise Refused("place", place=address(wanted) or "–", example=self.example())
        self.spot = Spot(p=p)
        self._mark_since(self.reel, wanted)

    def _seek_training(self, wanted: Path) -> None:
        loops = dict(wanted)
        n = loops.get("update", self.spot.n if self.spot.training else 0)
        if n < 0:
            raise Refused("place", place=address(wanted), example=self.example())
        self._check_update(n)
        finer = tuple(place for place in wanted if place[0] != "update")
        before = self.spot, self.since
        self.land(n, is_open=bool(finer))
        if finer:
            p = self.inside().seek(finer)
            if p is None:
                self.spot, self.since = before
                raise Refused("place", place=address(wanted), example=self.example())
            self.spot = replace(self.spot, p=p)
            self._mark_since(self.inside(), finer)

    def _mark_since(self, reel: Reel, wanted: Path) -> None:
        """What counts as just written after a jump: the group at the grain that the address names, if it is finer."""
        path = self.path
        named = [rank(self.lesson.grains, path, i) for i, place in enumerate(path) if place in wanted]
        self.since = reel.start(self.spot.p, max([*named, min(self.grain, self.lesson.grains["op"])]))

    def example(self) -> str:
        """An address that exists, for an error message."""
        reel = self.scrub or self.inside()
        sections = reel.sections
        step = reel.step(min(reel.starts[len(sections) // 2] + 1, reel.total))
        return ("train/" if self.spot.training else "") + address(step.path if step else self.path)

    def go_in(self) -> bool:
        """Open the update in focus. False where there is nothing to open."""
        if not self.spot.training or self.spot.open:
            return False
        self.land(self.spot.n, is_open=True)
        self.grain = max(self.grain, self.lesson.grains[self.lesson.grain])
        self.move(self.inside(), self.inside().forward(0, self.grain))
        return True

    def go_out(self) -> bool:
        """Close the opened update. False where none is open."""
        if not self.spot.open:
            return False
        self.land(self.spot.n, is_open=False)
        return True


def paired(words: list[str]) -> list[str]:
    """ "update", "57" as "update=57"; everything else as it is."""
    found: list[str] = []
    for word in words:
        if word.isdigit() and found and found[-1].isidentifier():
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found
