"""One batch as sections of a reel: one for each example, and one for the moves; each can be entered on its own.

The vectors before the batch, and the gradients summed up to an example, are computed on first use and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from inspect import signature
from typing import Any

from engine.device import HOST, Array, Device
from engine.walks.gradient_check import Objective
from engine.walks.reel import Env, Late, Section
from engine.walks.step import Path, Walk, drain
from engine.words.batch import Example, Table, learn, move
from engine.words.kernel.fast import Vectors, halves, unpacked
from engine.words.run.sample import loss, sample


class Opened:
    """A batch of `some` examples on `device`; `begin()` gives the vectors before it, on the host.

    `bound` is the longest move of a vector; with `tree` targets are nodes; paths begin with `at`.
    """

    def __init__(
        self,
        device: Device,
        some: Sequence[Example],
        begin: Callable[[], Vectors],
        rate: float,
        bound: float,
        tree: bool,
        at: Path,
    ) -> None:
        self.device, self.some, self.begin, self.at = device, some, begin, at
        self.of = "theta" if tree else "u"
        self.rate, self.bound = device.put([[rate]]), device.put([[bound]])
        self._passed: list[tuple[Table, Array]] = [({}, 0 * self.rate)]

    @cached_property
    def table(self) -> dict[str, Array]:
        """The vectors (D, 1) of all words and nodes of the batch, by symbol."""
        vectors: dict[str, Array] = {}
        words = {
            "v": [i.word for e in self.some for i in e.inputs],
            self.of: [t.word for e in self.some for t in e.targets],
        }
        for (name, used), rows in zip(words.items(), halves(self.begin()), strict=True):
            vectors |= {f"{name}[{w}]": self.device.put(rows[w][:, None]) for w in sorted(used)}
        return vectors

    def passed(self, n: int) -> tuple[Table, Array]:
        """(gradients, L) summed over the examples before n; n may be their number."""
        while len(self._passed) <= n:
            last = len(self._passed) - 1
            self._passed.append(drain(self.example(last)))
        return self._passed[n]

    def example(self, n: int) -> Walk[tuple[Table, Any]]:
        """The example after n others, one operation at a time; its steps count examples from 1."""
        return learn(self.device.xp, self.some[n], self.table, *self.passed(n), self.of, (*self.at, ("n", n + 1)))

    def move(self) -> Walk[Table]:
        """The moves of all words and nodes of the batch."""
        grads, _ = self.passed(len(self.some))
        return move(self.device.xp, self.table, grads, self.rate, self.bound, (*self.at, ("move", -1)))

    def objective(self) -> Objective:
        """L of the batch as a function of the whole tables that it begins with; its gradient is that of the walk.

        The tables are V and U, or V and Theta: see `engine.words.kernel.fast.packed`.
        """
        theta = {name: self.device.put(table) for name, table in unpacked(HOST, self.begin()).items()}
        tree = "Theta" in theta
        out, some = "Theta" if tree else "U", sample(self.device, self.some, tree)

        def L(**moved: Array) -> Array:
            whole = {**theta, **moved}
            return loss(self.device.xp, some, whole["V"], whole[out])

        gradient = {name: self.device.xp.zeros_like(table) for name, table in theta.items()}
        for symbol, slope in self.passed(len(self.some))[0].items():
            kind, w = symbol[:-1].split("[")
            name = "V" if kind == "dv" else out
            gradient[name] = self.device.scatter_add(gradient[name], [int(w)], slope.T)
        return Objective(theta, L, gradient)

    def env(self, n: int, late: Late) -> Env:
        """The values before example n; `late` are further symbols."""
        grads, L = self.passed(n)
        some = self.some
        families: dict[str, Callable[..., Any]] = {
            "share": lambda e, c: some[e].inputs[c].share,
            "back": lambda e, c: some[e].inputs[c].back,
            "m": lambda e, j: some[e].targets[j].m,
            "t": lambda e, j: some[e].targets[j].t,
        }
        plain = {**self.table, **grads, "L": L, "rate": self.rate, "bound": self.bound}
        return Env(plain, {name: within(make) for name, make in families.items()}, late)

    def sections(self, late: Late) -> list[Section]:
        """The sections of the batch; all have the symbols `late` too."""
        sections, known = [], set[str]()
        for n, (inputs, targets) in enumerate(self.some):
            met = {f"d{self.of if not t.noise else 'noise'}[{t.word}]" for t in targets}
            met |= {f"dv[{i.word}]" for i in inputs}
            count = 2 + 2 * len(inputs) + 6 * len(targets) + len(met - known)
            known |= met
            env = partial(self.env, n, late)
            sections.append(Section((*self.at, ("n", n + 1)), partial(self.example, n), env, count))
        last = len(self.some)
        return [*sections, Section((*self.at, ("move", -1)), self.move, partial(self.env, last, late), 2 * len(known))]


def within(make: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a family by its first index from 1, an example, which gives None for indices without a value."""

    count = len(signature(make).parameters)

    def at_index(*index: int) -> Any:
        try:
            return make(index[0] - 1, *index[1:]) if len(index) == count and index[0] > 0 <= index[-1] else None
        except IndexError:
            return None

    return at_index
