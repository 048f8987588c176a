"""What `unroll train charnn`, `music` and `translate` do alike: nets of recurrent cells, trained update by update."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lessons.contract.knobs import Refused
from tui.cli.running import OFTEN, TrainingRun, growing, reading

if TYPE_CHECKING:
    from engine.device import Device, HostArray
    from engine.walks.history import State
    from engine.walks.training import Run


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What reading a net may raise, as one line."""
    from engine.gated.run.files import ModelError

    try:
        with reading(path):
            yield
    except ModelError as error:
        raise Refused(f"model_{error.key}", **error.about) from None


def of_this_run(path: Path, held: Kept, begun: Begun) -> None:
    """Raises Refused where a checkpoint is another run's, or holds what this one's cannot."""
    for what, now in begun.started.items():
        was = held.about.get(what)
        if was != now:
            raise Refused("checkpoint_other", path=path, what=what, was=was, now=now)
    shapes = [{name: each.shape for name, each in memory.items()} for memory in (held.memory, begun.state.data.memory)]
    if held.done > begun.whole or shapes[0] != shapes[1]:
        raise Refused("vectors_checkpoint", path=path)


def placed(device: Device, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was read of a file, on a device; on the host as it is."""
    from engine.device import HOST

    return part if device is HOST else {name: device.put(value) for name, value in part.items()}


def on_host(device: Device, held: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of a device on the host."""
    return {name: device.get(value) for name, value in held.items()}


def columns(device: Device, drawn: Mapping[str, HostArray], kind: Any) -> dict[str, Any]:
    """Weights as they were drawn, vectors as columns, on a device; on the host in the precision `kind`."""
    from engine.device import HOST

    shaped = {name: value if value.ndim == 2 else value[:, None] for name, value in drawn.items()}
    return {name: value.astype(kind) if device is HOST else device.put(value) for name, value in shaped.items()}


class Kept(Protocol):
    """A checkpoint as it was read: the updates made, the optimiser's memory, the settings it was made with."""

    @property
    def done(self) -> int: ...
    @property
    def memory(self) -> Mapping[str, HostArray]: ...
    @property
    def about(self) -> Mapping[str, Any]: ...


class Begun(Protocol):
    """A run that is set up: how it learns, a net still without weights, where it stands, its updates and settings."""

    @property
    def run(self) -> Run[Any]: ...
    @property
    def model(self) -> Any: ...
    @property
    def state(self) -> State: ...
    @property
    def whole(self) -> int: ...
    @property
    def started(self) -> Mapping[str, Any]: ...


class NetTraining(TrainingRun):
    """One run that trains a net; a command says what it begins with, keeps, shows and tells at the end."""

    # what a command gives

    @abstractmethod
    def begin(self) -> Any:
        """What is trained, see `Begun`."""

    @abstractmethod
    def taken_up(self, begun: Any) -> Any:
        """The same run where its checkpoint left it. Raises Refused for another run's."""

    @abstractmethod
    def save(self, model: Any) -> None:
        """Write the net. Raises OSError."""

    @abstractmethod
    def keep_net(self, model: Any, state: State, started: Mapping[str, Any]) -> None:
        """Write a checkpoint. Raises Refused."""

    def waiting(self) -> str:
        """What the bar says before the first look."""
        return ""

    @abstractmethod
    def looked(self, begun: Any, model: Any, state: State) -> tuple[str, str]:
        """(What the bar says now, what the net makes), while it learns."""

    @abstractmethod
    def done(self, begun: Any, state: State, seconds: float) -> Mapping[str, Any]:
        """What was done, for --json."""

    # what is done with it

    def go(self) -> int:
        """Read, train, write. The exit code: 0, or 128 + the signal that ended it."""
        self.look()
        if self.options["resume"] and not self.checkpoint.exists():
            raise Refused("checkpoint_missing", path=self.checkpoint)
        begun: Begun = self.begin()
        if self.options["resume"]:
            begun = self.taken_up(begun)
        began = time.monotonic()
        with self.caught():
            state = self.learn(begun)
            if state.n < begun.whole:
                return 128 + self.stopped
            learned = begun.model._replace(theta=on_host(self.device, state.data.theta))
            with self.ending(lambda: self.keep_net(learned, state, begun.started)):
                self.save(learned)
        return self.finish(self.done(begun, state, time.monotonic() - began))

    def learn(self, begun: Begun) -> State:
        """All updates, with progress and what the net makes shown, and checkpoints kept."""
        from rich.console import Group
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.text import Text

        from engine.device import quiet

        state, whole = begun.state, begun.whole
        bar = Progress(
            TextColumn(self.words("train.bar")), BarColumn(),
            TextColumn("{task.percentage:3.0f} %  {task.fields[said]}"), TimeRemainingColumn(),
        )  # fmt: skip
        task = bar.add_task("", total=whole, completed=state.n, said=self.waiting())
        looked = kept = time.monotonic()
        stops = False
        with growing(bar, quiet=self.options["quiet"]) as live:
            while state.n < whole and not stops:
                with quiet():
                    state = begun.run.advance(state)
                loss = float(state.data.loss)
                if loss - loss != 0:
                    raise Refused("diverged_letters", update=state.n, rate=self.options["rate"])
                now, last, stops = time.monotonic(), state.n == whole, bool(self.stopped)
                if now - looked >= OFTEN or last or stops:
                    looked = now
                    shown = begun.model._replace(theta=on_host(self.device, state.data.theta))
                    said, made = self.looked(begun, shown, state)
                    bar.update(task, completed=state.n, said=said)
                    live.update(Group(Text(made, "dim"), bar), refresh=True)
                    if not last and (stops or now - kept >= self.options["keep_every"]):
                        self.hold(partial(self.keep_net, shown, state, begun.started))
                        kept = now
        if state.n < whole:
            self.say(self.words("train.stopped_letters", done=state.n, whole=whole))
        return state
