"""The experiment of `translate`: pairs, nets and weights as the knobs have them, training, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.device import HOST, Device, rng
from engine.feedforward.mlp_training import Batches
from engine.gated.gru import AFTER
from engine.gated.lstm import LSTM
from engine.gated.plain import SRN
from engine.sequences import looking
from engine.sequences import net as nets
from engine.sequences.net import Seq2seq, Theta
from engine.sequences.pairs import batch, padded
from engine.sequences.training import PairsRun
from engine.sequences.translating import Translating
from engine.walks.history import advanced
from lessons.building.defaults import on_device, recipe
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start
from lessons.data.translations.read import Pairs, pairs_of, translation
from lessons.recurrent.gated import seed_of

CELLS = {"gru": AFTER, "lstm": LSTM, "srn": SRN}
WEIGHTS = 1
"""Section of the seed that draws the weights."""
AHEAD, EVERY = 400, 20
"""Updates that a prediction looks ahead, and from one measurement to the next."""
FIRST = {"digits": "三八一", "numbers": "三百二十一"}
"""The sentence of the first acts, where none is given; of a file its first pair that is not learned."""


def pairs(knobs: Knobs, seed: int, look: bool = False) -> Pairs:
    """The pairs. Raises Refused."""
    return pairs_of(str(knobs["data"]), int(knobs["pairs"]), seed, look)


def net_of(knobs: Knobs, K: int, L: int) -> Seq2seq:
    """The net for so many words of either language."""
    cell = CELLS[str(knobs["cell"])]
    return Seq2seq(cell, cell, str(knobs["attention"]), int(knobs["hidden"]), K, L)


def shapes(knobs: Knobs, lengths: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter."""
    return nets.shapes(net_of({**knobs, "hidden": lengths["H"]}, lengths["K"], lengths["L"]))


def read_inputs(knobs: Knobs, seed: int) -> dict[str, Any]:
    """The sentence, its translation and the words of both languages. Raises Refused."""
    data, name = pairs(knobs, seed), str(knobs["data"])
    given = str(knobs["sentence"]) or FIRST.get(name, "")
    source, target = translation(name, data, given) if given else (data.test or data.train)[0]
    words, translations = list(data.source), list(data.target)
    return {"source": [*source], "target": [*target], "words": words, "translations": translations, "seed": seed}


def begin(knobs: Knobs, seed: int) -> Start:
    """Weights that are drawn, and the sentence of the first acts; in `force` 1 where the right word is read."""
    inputs = read_inputs(knobs, seed)
    net = net_of(knobs, len(inputs["words"]), len(inputs["translations"]))
    return Start(nets.drawn(net, rng(seed, WEIGHTS)), {**inputs, "force": [0.0] * (len(inputs["target"]) + 1)})


def translating(
    device: Device, knobs: Knobs, theta: Theta, inputs: Mapping[str, Any], forced: bool = True
) -> Translating:
    """The sentence of the first acts through the net; where it is not `forced`, as `force` says."""
    words, translations = tuple(inputs["words"]), tuple(inputs["translations"])
    data = Pairs((), (), (), words, translations)
    pair = data.coded([(tuple(inputs["source"]), tuple(inputs["target"]))])[0]
    net, switches = net_of(knobs, len(words), len(translations)), [forced or bool(each) for each in inputs["force"]]
    force = device.put([[float(each)] for each in inputs["force"]])
    return Translating(device, net, theta, batch(device, net, padded([pair]), switches), force=force)


def training(device: Device, knobs: Knobs, start: Start) -> PairsRun:
    """The net in training."""
    seed = seed_of(start.inputs)
    data = pairs(knobs, seed)
    net = net_of(knobs, len(start.inputs["words"]), len(start.inputs["translations"]))
    batches = Batches(int(knobs["batch"]), seed)
    train, test = data.coded(data.train), data.coded(data.test)
    return PairsRun(device, net, recipe(knobs), batches, train, test, data.ranges, EVERY)


def other(knobs: Knobs, start: Start) -> tuple[str, dict[str, Any], Start]:
    """The rival: the same net without attention, or with it where this one has none."""
    kind = "general" if knobs["attention"] == "none" else "none"
    changed = {**knobs, "attention": kind}
    drawn = begin(changed, seed_of(start.inputs))
    return f"attention={kind}", changed, Start(drawn.params, dict(start.inputs))


class Ahead(NamedTuple):
    """After `AHEAD` updates: exact translations of the longest sentences without attention, and with it of longer ones
    than were learned; how often the largest weight is before the character that is translated, on it, and after it.
    """

    without: float
    longer: float
    where: tuple[float, float, float]


_ahead: dict[Any, Ahead] = {}


def ahead(knobs: Knobs, start: Start) -> Ahead:
    """Both nets, trained."""
    mine, rival = (knobs, start), other(knobs, start)[1:]
    both = (mine, rival) if knobs["attention"] != "none" else (rival, mine)
    key = [(*sorted(k.items()), *(v.tobytes() for v in s.params.values()), s.inputs["seed"]) for k, s in both]
    if tuple(key) not in _ahead:
        runs = [training(HOST, *each) for each in both]
        ends = [
            advanced(run.advance, run.start(on_device(HOST, begun.params)), AHEAD).data
            for run, (_, begun) in zip(runs, both, strict=True)
        ]
        data, run, theta = pairs(knobs, seed_of(start.inputs)), runs[0], ends[0].theta
        longer = run.answers(theta, data.coded(data.longer)).exact.mean() if data.longer else float("nan")
        _ahead.clear()
        where = looking.sides(HOST, run.net, theta, run.tests)
        _ahead[tuple(key)] = Ahead(ends[1].reading.by_length[-1], float(longer), where)
    return _ahead[tuple(key)]


def checked(knobs: Knobs, given: Mapping[str, Any], file: str) -> dict[str, Any]:
    """The inputs of a state. Raises Refused where its words are others than those of the data."""
    own = read_inputs(knobs, seed_of(given))
    for name in ("words", "translations"):
        if given.get(name, own[name]) != own[name]:
            raise Refused("inputs_other_vocabulary", file=file, words=" ".join(own[name][:8]))
    return own
