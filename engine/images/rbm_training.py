"""A restricted Boltzmann machine in training: every update takes the next batch, runs the chain, and moves W, a, b.

examples  v (V, N), one column an example, 0 … 1      batch   the columns of one update
a reading ln p of all examples, exactly where Z can be summed, and −ln p(v|h) of their reconstruction
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward.mlp_training import Batches
from engine.images import rbm, rbm_exact
from engine.images.rbm import NAMES, Draws, Rule, Theta
from engine.images.rbm_fast import Kernel
from engine.maths.optimisers import UNCLIPPED, update
from engine.maths.optimisers import rules as optimiser_rules
from engine.walks import descent, training
from engine.walks.far import Sliced
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Section, indexed
from engine.walks.step import Path, Walk, drain
from engine.walks.training import Gradient, Learning, Recipe

CHAINS, READINGS = 1_000_000, 2_000_000
"""Sections of the seed from here on draw the random numbers of the chains, one section a block of updates, and those
of the reconstructions that are measured.
"""
SHOWN = 256
"""Training examples whose reconstruction is measured."""
BLOCK = 1 << 16
"""Random numbers drawn at once: those of one update at least."""


class Reading(NamedTuple):
    """Mean ln p of the training and of the test examples, NaN where Z is not summable or there are none, and
    the reconstruction error −ln p(v|h) of the first `SHOWN` training examples, h being drawn from v.
    """

    likelihood: float
    test: float
    error: float


class RbmRun(training.Run[Reading]):
    """A machine in training on v (V, N); `every` updates its likelihood and its reconstruction are measured.

    On the host an update is `images.rbm_fast`; elsewhere it is the walks', drained. A test holds both equal. The
    recipe's clip is not used.
    """

    kinds = (Reading,)

    def __init__(
        self, device: Device, recipe: Recipe, of: Rule, hidden: int, batches: Batches, v: HostArray, test: HostArray,
        every: int,
    ) -> None:  # fmt: skip
        super().__init__(device, recipe._replace(clip=UNCLIPPED), NAMES)
        self.of, self.batches, self.host, self.every = of, batches, v, every
        self.units = v.shape[0], hidden
        self.count, self._rows = v.shape[1], HOST.xp.ascontiguousarray(v.T)
        self.per, self.most = batches.per_epoch(self.count), min(batches.size, self.count)
        self.train, self.test = device.put(v), device.put(test)
        self.beside += 8 * hidden * self.most * of.persistent
        self.block = max(1, BLOCK // (self.most * rbm.numbers(self.units, of.k)))
        self._own = threading.local()  # the screen may replay a state while training goes on
        self._epoch: tuple[int, list[HostArray]] = -1, []
        self._drawn: tuple[int, HostArray] = -1, HOST.xp.empty((0, 0))

    @property
    def kernel(self) -> Kernel:
        """The fast form, a separate one for each thread."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            kernel = self._own.kernel = Kernel(self.units, self.recipe, self.of)
        return kernel

    def batch(self, n: int) -> HostArray:
        """The examples of update n, on the host."""
        if self.per == 1:
            return self.host
        latest, epoch = self._epoch, n // self.per
        if latest[0] != epoch:
            order = self.batches.of_epoch(self.count, epoch)
            latest = self._epoch = epoch, [HOST.xp.ascontiguousarray(self._rows[some].T) for some in order]
        return latest[1][n % self.per]

    def row(self, n: int) -> HostArray:
        """The random numbers of update n."""
        (known, rows), number = self._drawn, n // self.block
        if known != number:
            size = self.most * rbm.numbers(self.units, self.of.k)
            rows = rng(self.batches.seed, CHAINS + number).random((self.block, size), dtype="f4")
            self._drawn = number, rows
        row: HostArray = rows[n % self.block]
        return row

    def begun(self, n: int, data: Learning[Reading], put: Any) -> tuple[HostArray, Draws, Array | None]:
        """(examples, random numbers, the chain's h or None) that update n starts from."""
        v, carried = self.batch(n), self.carried(data)
        B = v.shape[1]
        return v, rbm.draws(put, self.row(n), self.units, self.of.k, B, B if carried is None else self.most), carried

    def carried(self, data: Learning[Reading]) -> Array | None:
        """The chain's h, where it is persistent and of this machine."""
        if not self.of.persistent or data.carried is None:
            return None
        h = data.carried["h"]
        return h if h.shape == (self.units[1], self.most) else None

    def start(self, theta: Theta, reading: Reading | None = None) -> State:
        """The state that update 0 starts from."""
        return super().start(theta, reading or self.read(theta, 0))

    def fork(self, at: State, theta: Theta) -> State:
        """As in `training.Run`; likelihood and reconstruction are measured with `theta`."""
        state = super().fork(at, theta)
        return State(state.n, state.data._replace(reading=self.read(theta, at.n)))

    def read(self, theta: Theta, n: int) -> Reading:
        """Likelihood and reconstruction with these parameters, after n updates."""
        device, F, lnZ = self.device, [float("nan")] * 2, float("nan")
        if rbm_exact.summable(device, theta):
            lnZ = float(device.get(rbm_exact.log_partition(device, theta))[0, 0])
            sets = [v for v in (self.train, self.test) if v.shape[1]]
            for i, v in enumerate(sets):
                F[i] = float(device.get(rbm.free_energy(device.xp, theta, v)).mean())
        some = self.train[:, : min(SHOWN, self.count)]
        u = device.put(rng(self.batches.seed, READINGS + n).random((self.units[1], some.shape[1])))
        error = float(device.get(rbm.reconstruction_error(device.xp, theta, some, u)))
        return Reading(-F[0] - lnZ, -F[1] - lnZ, error)

    def move(self, n: int, data: Learning[Any]) -> Learning[Any]:
        """One update at full speed, without a reading: the loss is 0, or NaN beyond the finite numbers."""
        count, recipe = n - data.began + 1, self.recipe
        if self.device is HOST:
            v, u, h = self.begun(n, data, HOST.get)
            flat, kept, length, h = self.kernel.update(data.theta, data.memory, v, u, h, count)
            return Learning(flat, kept, 0 * length, data.began, None if h is None else {"h": h}, data.reading)
        grad, zero, carried = self.gradient(n, data)
        moved = update(self.device.xp, recipe.optimiser, data.theta, grad, data.memory, recipe.rate, count)
        return Learning(*moved, zero, data.began, carried, data.reading)

    def update(self, n: int, data: Learning[Reading]) -> Learning[Reading]:
        """One update at full speed; its loss is the reconstruction error that was measured last."""
        after = self.move(n, data)
        reading = self.read(after.theta, n + 1) if (n + 1) % self.every == 0 else data.reading
        return after._replace(loss=reading.error + after.loss, reading=reading)

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """The chain and the gradient of update n; the loss is 0, or NaN beyond the finite numbers."""
        xp = self.device.xp
        v, u, carried = self.begun(n, data, self.device.put)
        run = drain(rbm.chain(xp, data.theta, self.device.put(v), u, self.of, carried))
        grad = drain(rbm.gradient(xp, data.theta, run, u, self.of))
        zero = 0 * sum(float(self.device.get(xp.sum(g))) for g in grad.values())
        return Gradient(grad, zero, {"h": run.h} if self.of.persistent else None)

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """One section: the chain, the gradient, the step."""
        xp, of, theta, memory = self.device.xp, self.of, data.theta, data.memory
        host, u, carried = self.begun(n, data, self.device.put)
        v, count = self.device.put(host), n - data.began + 1
        B = v.shape[1]

        def walk() -> Walk[Any]:
            run = yield from rbm.chain(xp, theta, v, u, of, carried, (*at, ("chain", -1)))
            grad = yield from rbm.gradient(xp, theta, run, u, of, (*at, ("gradient", -1)))
            here = (*at, ("step", -1))
            return (
                yield from descent.walk_step(
                    xp, self.recipe.optimiser, theta, grad, memory, self.recipe.rate, count, here
                )
            )

        def env() -> Env:
            more = {} if carried is None else {"h[0]": carried}
            scalars = {
                "B": B, "C": B if carried is None else self.most, "rate": self.recipe.rate, "n": count,
                "decay": of.decay,
            }  # fmt: skip
            drawn = {"u": indexed(u.h), "r": indexed(u.v)}
            return Env({**theta, **memory, "v[0]": v, **more, **scalars}, drawn)

        moves = descent.steps(self.recipe.optimiser, NAMES, self.recipe.clip)[1]
        length = sum(rbm.steps(of, carried is not None)) + moves
        return [Section(at, walk, env, length)]

    def rules(self) -> dict[str, str]:
        """The rules of an opened update."""
        return {**rbm.rules(self.of), **optimiser_rules(self.recipe.optimiser, NAMES)}

    def track(self, begin_at: State, grains: Grains, also: Any = ()) -> Track:
        """Training from a state on; beside the error of reconstruction, ln p of the training and the test examples."""
        both = (lambda state: state.data.reading.likelihood, lambda state: state.data.reading.test)
        return super().track(begin_at, grains, (*both, *also))


def fitting(theta: Theta, recipe: Recipe, batches: Batches, v: HostArray, updates: int) -> Sliced[State]:
    """So many updates of CD-1 on v (V, N), on the host, made in slices: nothing is measured on the way."""
    run = RbmRun(HOST, recipe, Rule(), theta["b"].shape[0], batches, v, v[:, :0], updates + 1)
    return Sliced(run.start(theta), lambda _, state: run.advance(state), updates)
