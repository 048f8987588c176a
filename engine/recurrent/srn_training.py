"""A simple recurrent network in training: back-propagation through time on one sequence (slides 34-37)."""

from __future__ import annotations

from engine.device import Device
from engine.maths.activations import Activation
from engine.recurrent.srn import PARAMETERS, Inputs, Params, forward
from engine.recurrent.unrolled import Unrolled, gradient
from engine.walks import training
from engine.walks.reel import Section
from engine.walks.step import Path, drain
from engine.walks.training import Gradient, Learning, Recipe


class SrnRun(training.Run[None]):
    """An SRN with hidden units `f` on `inputs`, the same at every update.

    `window` is how many timesteps back-propagation goes back from each loss.
    """

    def __init__(self, device: Device, f: Activation, recipe: Recipe, inputs: Inputs, window: int) -> None:
        super().__init__(device, recipe, PARAMETERS)
        self.f, self.inputs, self.window = f, inputs, window

    def gradient(self, n: int, data: Learning[None]) -> Gradient:
        """The gradient of all losses by one sweep, or from the ledger's diagonals where `window` truncates."""
        theta = Params(**data.theta)
        forward_pass = drain(forward(self.device.xp, self.f, theta, self.inputs))
        grad = gradient(self.device, self.f, theta, self.inputs, forward_pass, self.window)
        return Gradient(grad._asdict(), sum(forward_pass.E))

    def sections(self, n: int, data: Learning[None], at: Path) -> list[Section]:
        """Forward; the ledger's rows (V, W, U, b, c of each E_t); their sum; clip; step."""
        net = Unrolled(self.device, self.f, Params(**data.theta), self.inputs, self.window)
        return [
            net.section_forward((*at, ("forward", -1))),
            net.section_output((*at, ("output", -1))),
            *(net.section_row((*at, ("backward", -1)), t, "WUb") for t in range(net.steps)),
            net.section_sum((*at, ("sum", -1))),
            *self.clip_and_step(n, data, lambda: net.ledger.grad._asdict(), net.env_run, at),
        ]
