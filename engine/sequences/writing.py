"""Writing with a decoder: the likeliest word each time, words drawn at random, or a beam of several sentences at once.

greedy    `net.decode` where no timestep is forced
sampling  p[t] = softmax(a[t] / tau), F[t] its sums from the first word on; pick[t] the first whose F reaches u[t]
beam      a column for each of k sentences; score (1, k) = Σ ln ŷ of their words so far. Of all their continuations
          total[t] (L, k) the k best go on: parent[t] (1, k) says from which column, pick[t] (1, k) with which word.
          A sentence that has ended goes on with the end, at no cost. No score is divided by a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import Array, Device
from engine.maths import selecting
from engine.maths.activations import log_softmax, softmax
from engine.maths.side_by_side import stacked
from engine.sequences import net as nets
from engine.sequences.attention import SHUT, Memory, memory
from engine.sequences.net import Made, Seq2seq, Theta
from engine.sequences.pairs import END
from engine.walks.step import Path, Step, Walk

RULES = {
    "drawn": "w[t] = (words == pick[t-1])",
    "p": "p[t] = softmax(a[t] / tau)",
    "F": "F[t] = cumulative(p[t])",
    "pick": "pick[t] = minimum(sum(F[t] < u[t]), last)",
    "total": "total[t] = score + going * log_softmax(a[t]) - 1e9 * (1 - going) * (1 - end)",
    "parent": "parent[t] = best_columns(total[t], k)",
    "pick_best": "pick[t] = best_rows(total[t], k)",
    "score": "score = best_entries(total[t], k)",
    "going": "going = columns(going, parent[t]) * (pick[t] > 0)",
}
"""The rule of every op beside those of the decoder; with a beam, `beam_rules` too."""


def beam_rules(net: Seq2seq) -> dict[str, str]:
    """The rules of a beam's states: each sentence goes on from the states of the one that it continues."""
    names = [net.writes.name(state) for state in net.decoder.states]
    return {f"{name}_from": f"{name}[t] = columns({name}[t], parent[t])" for name in names}


class Begun(NamedTuple):
    """What writing starts from, for one source: the decoder's states, what it looks at, and the codes (L, 1)."""

    states: Made
    seen: Memory | None
    words: Array


def begun(device: Device, net: Seq2seq, theta: Theta, batch: nets.Batch, read: Sequence[Made], b: int = 0) -> Begun:
    """The start of writing for example b of a batch that has been read."""
    one = slice(b, b + 1)
    states = {name: value[:, one] for name, value in nets.handed_over(net, read[-1], batch.zero).items()}
    if not net.looks:
        return Begun(states, None, batch.words)
    mine: list[dict[str, Array]] = [{name: now[name][:, one] for name in ("h", "k") if name in now} for now in read]
    mask = None if batch.mask is None else batch.mask[:, one]
    return Begun(states, memory(device.xp, mine, mask), batch.words)


def sample(
    device: Device,
    net: Seq2seq,
    theta: Theta,
    start: Begun,
    chances: Sequence[Array],
    tau: float,
    at: Path = (),
) -> Walk[list[int]]:
    """Words drawn with these chances, numbers from 0 to 1, up to the end of the sentence. Returns their codes."""
    xp, states, found = device.xp, start.states, list[int]()
    words, L = start.words, net.L
    for t, u in enumerate(chances):
        here = (*at, ("t", t))
        word = column(device, words, [found[-1] if found else END])
        if found:
            yield Step((*here, ("input", -1)), "drawn", {f"w[{t}]": word})
        now = yield from nets.timestep(xp, net, theta, word, states, start.seen, t, here)
        now |= yield from nets.answer(xp, net, theta, now, t, here)
        p = softmax(xp, now["a"] / tau)
        yield Step((*here, ("draw", -1)), "p", {f"p[{t}]": p})
        F = xp.sum(xp.tril(xp.ones_like(p) @ p.T), axis=1, keepdims=True)
        yield Step((*here, ("draw", -1)), "F", {f"F[{t}]": F})
        below = xp.sum(xp.astype(u > F, F.dtype))
        pick = xp.minimum(below, xp.ones_like(below) * (L - 1))
        yield Step((*here, ("draw", -1)), "pick", {f"pick[{t}]": pick})
        found.append(int(device.get(pick)))
        if found[-1] == END:
            break
        states = now
    return found


def beam(
    device: Device, net: Seq2seq, theta: Theta, start: Begun, k: int, longest: int, at: Path = ()
) -> Walk[list[tuple[list[int], float]]]:
    """The k sentences of a beam, up to `longest` words: (codes, Σ ln ŷ), the likeliest first."""
    xp, words = device.xp, start.words
    states = {name: value + device.put([[0.0] * k]) for name, value in start.states.items()}
    seen = None if start.seen is None else side_by_side(xp, start.seen, k)
    score, going = device.put([[0.0] + [-SHUT] * (k - 1)]), device.put([[1.0] * k])
    end, paths = xp.astype(words == END, words.dtype), [list[int]() for _ in range(k)]
    picks = [END] * k
    for t in range(longest):
        here = (*at, ("t", t))
        word = column(device, words, picks)
        if t:
            yield Step((*here, ("input", -1)), "drawn", {f"w[{t}]": word})
        now = yield from nets.timestep(xp, net, theta, word, states, seen, t, here)
        now |= yield from nets.answer(xp, net, theta, now, t, here)
        total = score + going * log_softmax(xp, now["a"]) - SHUT * (1 - going) * (1 - end)
        yield Step((*here, ("choose", -1)), "total", {f"total[{t}]": total})
        best = selecting.best(device.get(total), k)
        parent = device.put([[column for _, column in best]])
        yield Step((*here, ("choose", -1)), "parent", {f"parent[{t}]": parent})
        pick = device.put([[row for row, _ in best]])
        yield Step((*here, ("choose", -1)), "pick_best", {f"pick[{t}]": pick})
        score = device.put(selecting.best_entries(device.get(total), k))
        yield Step((*here, ("choose", -1)), "score", {"score": score})
        kept = [column for _, column in best]
        going = taken(xp, going, kept) * xp.astype(pick > 0, pick.dtype)
        yield Step((*here, ("choose", -1)), "going", {"going": going})
        for state in net.decoder.states:
            name = net.writes.name(state)
            states[state] = taken(xp, now[state], kept)
            yield Step((*here, ("choose", -1)), f"{name}_from", {f"{name}[{t}]": states[state]})
        picks = [row for row, _ in best]
        paths = [[*paths[column], row] for row, column in best]
        if all(row == END for row in picks):
            break
    scores = [float(each) for each in device.get(score)[0]]
    return [(ended(path), value) for path, value in zip(paths, scores, strict=True)]


def column(device: Device, words: Array, codes: Sequence[int]) -> Array:
    """Codes as one-hot columns (L, B)."""
    return device.xp.astype(words == device.put([codes]), words.dtype)


def taken(xp: Any, a: Array, kept: Sequence[int]) -> Array:
    """Some columns of a matrix, in this order."""
    return xp.concat([a[:, column : column + 1] for column in kept], axis=1)


def side_by_side(xp: Any, seen: Memory, k: int) -> Memory:
    """What one sentence looks at, for k of them."""

    def times(rows: Array | None) -> Array | None:
        if rows is None:
            return None
        S = rows.shape[0]
        apart = [xp.reshape(rows[s : s + 1, :], (-1, 1)) for s in range(S)]
        return stacked(xp, [xp.concat([each] * k, axis=1) for each in apart])

    return Memory(times(seen.hs), times(seen.ks), None if seen.mask is None else xp.concat([seen.mask] * k, axis=1))


def ended(codes: Sequence[int]) -> list[int]:
    """A sentence up to its first end, and with it."""
    return [*codes[: codes.index(END) + 1]] if END in codes else [*codes]
