"""An encoder and a decoder: one recurrent net reads a sequence, another writes one from the state it left (slide 28).

    x[s] (K, B) source, one-hot    h[s] (H, B) encoder    w[t] (L, B) word read    d[t] (H, B) decoder, d₋₁ the last h
    c[t] context, see `attention`   h̃[t] = tanh(Wc c[t] + Wd d[t])    a[t] = V h̃[t] + by (L, B)    ŷ = softmax(a)
    E[t] = −Σ y[t] ln ŷ[t] / N      the loss is their sum over t

Sutskever et al. (2014) without attention; Bahdanau et al. (2015) and Luong et al. (2015) with. Columns are the examples
of a batch. With embeddings v[s] = Tx x[s] and v_d[t] = Ty w[t] take the place of x and w. Shorter sources begin later:
until then h keeps its start. A column of y[t] that is 0 has no target there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import Array, HostArray, Rng
from engine.gated.cell import Cell
from engine.maths.activations import log_softmax, softmax
from engine.maths.side_by_side import slab
from engine.sequences import attention
from engine.sequences.attention import Collected, Memory
from engine.sequences.side import Side
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

Theta = Mapping[str, Array]
"""Parameters, and gradients, by symbol."""
Made = dict[str, Any]
"""The values of one timestep, those of a cell by the cell's names; what attention made stands under "looked"."""


FED = frozenset({"k", "both", "gc_fed", "gd_asked", "gd_start_asked", "gk", "dUa", "gh_key"})
"""Ops of attention that is part of the decoder's input."""


class Seq2seq(NamedTuple):
    """A net without its weights: K kinds of words read, L written; embeddings of `table` numbers, 0 for none."""

    encoder: Cell
    decoder: Cell
    attention: str
    H: int
    K: int
    L: int
    table: int = 0

    @property
    def reads(self) -> Side:
        """The encoder's cell."""
        return Side(self.encoder, "e", "h", "s")

    @property
    def writes(self) -> Side:
        """The decoder's cell."""
        return Side(self.decoder, "d", "d", "t")

    @property
    def fed(self) -> bool:
        """Whether the context is part of the decoder's input."""
        return self.attention == "additive"

    @property
    def looks(self) -> bool:
        """Whether there is attention."""
        return self.attention != "none"


class Batch(NamedTuple):
    """B pairs on the device, columns side by side: see the module. `mask` (S, B) is 1 at words, None without padding.

    `w` is read where a timestep is `forced` (teacher forcing); elsewhere the decoder reads the word that it held most
    likely. y[t] is None where no example has a target, `ended[t]` where some have none. E is divided by N.
    """

    x: Sequence[Array]
    mask: Array | None
    w: Sequence[Array]
    y: Sequence[Array | None]
    forced: tuple[bool, ...]
    ended: tuple[bool, ...]
    zero: Array
    words: Array
    """(L, 1): the codes of the words, to make columns from codes."""
    N: float = 1.0

    @property
    def B(self) -> int:
        """How many examples."""
        count: int = self.zero.shape[1]
        return count

    def late(self, s: int) -> Array | None:
        """(1, B): 1 for the examples that have begun at s; None where all have."""
        return None if self.mask is None else self.mask[s : s + 1, :]


class Decoded(NamedTuple):
    """The result of the decoder's forward pass: the values of every timestep, and the losses of those with a target."""

    made: tuple[Made, ...]
    E: tuple[Array, ...]


def shapes(net: Seq2seq) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, in order, from the output to the words; vectors have one axis."""
    H, D = net.H, net.table
    tables = {"Tx": (D, net.K), "Ty": (D, net.L)} if D else {}
    return {
        "V": (net.L, H), "by": (net.L,), "Wd": (H, H), **({"Wc": (H, H)} if net.looks else {}),
        **attention.shapes(net.attention, H, H),
        **tables,
        **net.reads.shapes(H, D or net.K),
        **net.writes.shapes(H, (D or net.L) + (H if net.fed else 0)),
    }  # fmt: skip


def drawn(net: Seq2seq, draw: Rng) -> dict[str, HostArray]:
    """Initial parameters: matrices N(0, 1/3H), biases 0, at an LSTM's forget gate 1."""
    theta = {}
    for name, shape in shapes(net).items():
        if len(shape) == 2 or name == "va":
            theta[name] = draw.normal(0, (3 * net.H) ** -0.5, shape)
        else:
            theta[name] = 0 * draw.normal(size=shape) + name.startswith("bf_")
    return theta


def rules(net: Seq2seq) -> dict[str, str]:
    """The rule of every op of the walks below."""
    enc, dec = net.reads, net.writes
    word = "v_d[t]" if net.table else "w[t]"
    by_op = {
        "v": "v[s] = Tx @ x[s]", "v_d": "v_d[t] = Ty @ w[t]", "k": "k[s] = Ua @ h[s]",
        "read": "w[t] = (words == argmaxes(a[t-1]))",
        "both": f"x_d[t] = stack({word}, c[t])",
        "htilde": "htilde[t] = tanh(Wc @ c[t] + Wd @ d[t])" if net.looks else "htilde[t] = tanh(Wd @ d[t])",
        "a": "a[t] = V @ htilde[t] + by", "yhat": "yhat[t] = softmax(a[t])",
        "E": "E[t] = -sum(y[t] * log_softmax(a[t])) / N",
        "delta_a": "delta_a[t] = (yhat[t] - y[t]) / N",
        "delta_a_ended": "delta_a[t] = (yhat[t] * column_sum(y[t]) - y[t]) / N",
        "delta_htilde": "delta_htilde[t] = (V.T @ delta_a[t]) * (1 - htilde[t]**2)",
        "dV": "dV = dV + delta_a[t] @ htilde[t].T", "dby": "dby = dby + batch(delta_a[t])",
        "dWd": "dWd = dWd + delta_htilde[t] @ d[t].T", "dWc": "dWc = dWc + delta_htilde[t] @ c[t].T",
        "gc": "gc[t] = Wc.T @ delta_htilde[t]", "gc_0": "gc[t] = 0 * c[t]",
        "gc_fed": "gc[t] = gc[t] + right(gx_d[t], c[t])",
        "gd": "gd[t] = Wd.T @ delta_htilde[t]", "gd_0": "gd[t] = 0 * d[t]",
        "gd_seen": f"gd[t] = gd[t] + {'Wa @ gq[t]' if net.attention == 'general' else 'gq[t]'}",
        "gd_asked": "gd[t] = gd[t] + Wa.T @ gq[t+1]",
        "gd_carried": f"gd[t] = gd[t] + {dec.carried}",
        "gd_start": f"gd_init = {dec.of_start(dec.carried)}",
        "gd_start_asked": "gd_init = gd_init + Wa.T @ gq[0]",
        "gx_d": f"gx_d[t] = {dec.by_input_rule()}", "gx": f"gx[s] = {enc.by_input_rule()}",
        "dTy": "dTy = dTy + left(gx_d[t], Ty) @ w[t].T", "dTx": "dTx = dTx + gx[s] @ x[s].T",
        "gh_end": "gh[s] = gd_init", "gh_carried": f"gh[s] = {enc.carried}",
        "gh_seen": "gh[s] = gh[s] + slab(ghs, s, B)",
        "gk": "gk[s] = slab(gks, s, B)", "dUa": "dUa = dUa + gk[s] @ h[s].T", "gh_key": "gh[s] = gh[s] + Ua.T @ gk[s]",
    }  # fmt: skip
    by_op |= attention.rules(net.attention) | enc.rules("v" if net.table else "x")
    by_op |= dec.rules("x_d" if net.fed else word.partition("[")[0])
    by_op |= {f"d{p}_0": f"d{p} = 0 * {p}" for p in shapes(net)}
    for state in enc.cell.states:
        kept = enc.name(state)
        by_op[f"{kept}_kept"] = f"{kept}[s] = mask[s] * {kept}[s] + (1 - mask[s]) * {kept}[s-1]"
    for q in enc.cell.gates:
        delta = enc.name(f"delta_{q}")
        by_op[f"{delta}_masked"] = f"{delta}[s] = mask[s] * {delta}[s]"
    for state in dec.cell.states[1:]:
        of = f"g{dec.name(state)}"
        by_op[f"{of}_start"] = f"{of}_init = {of}[0] * {dec.name(dec.cell.road)}[0]"
        if state in enc.cell.states:
            by_op[f"g{enc.name(state)}_end"] = f"g{enc.name(state)}[s+1] = {of}_init"
    absent = set() if net.table else {"v", "v_d", "gx", "dTx", "dTy"}
    absent |= FED if not net.fed else {"gd_seen"}
    absent |= {"dWc", "gc", "gc_0", "gd_seen", "gh_seen"} if not net.looks else set()
    absent |= {"gx_d"} if not net.table and not net.fed else set()
    return {op: rule for op, rule in by_op.items() if op not in absent}


def start_states(net: Seq2seq, zero: Array) -> Made:
    """The states of the encoder before the first word: zeros."""
    return dict.fromkeys(net.encoder.states, zero)


def handed_over(net: Seq2seq, last: Made, zero: Array) -> Made:
    """The states that the decoder begins with: the encoder's last ones; zeros for one that the encoder lacks."""
    return {state: last.get(state, zero) for state in net.decoder.states}


# forward


def encode(xp: Any, net: Seq2seq, theta: Theta, batch: Batch, at: Path = ()) -> Walk[list[Made]]:
    """The encoder, word by word. An example that has not begun keeps its state."""
    side, made = net.reads, list[Made]()
    states = start_states(net, batch.zero)
    for s, word in enumerate(batch.x):
        here, x = (*at, ("s", s)), word
        if net.table:
            x = theta["Tx"] @ word
            yield Step((*here, ("input", -1)), "v", {f"v[{s}]": x})
        now = yield from side.step(xp, theta, x, states, s, here)
        late = batch.late(s)
        if late is not None:
            for state in side.cell.states:
                now[state] = late * now[state] + (1 - late) * states[state]
                yield Step((*here, ("cell", -1)), f"{side.name(state)}_kept", {f"{side.name(state)}[{s}]": now[state]})
        if net.fed:
            now["k"] = theta["Ua"] @ now["h"]
            yield Step((*here, ("attention", -1)), "k", {f"k[{s}]": now["k"]})
        states = now
        made.append({**now, "word": word})
    return made


def decode(
    xp: Any, net: Seq2seq, theta: Theta, batch: Batch, start: Made, seen: Memory | None, at: Path = ()
) -> Walk[Decoded]:
    """The decoder from its start states; `seen` is what it looks at, None without attention."""
    states, made, losses = start, list[Made](), list[Array]()
    for t, y in enumerate(batch.y):
        here, word = (*at, ("t", t)), batch.w[t]
        if not batch.forced[t]:
            word = one_hot(xp, batch.words, made[-1]["a"])
            yield Step((*here, ("input", -1)), "read", {f"w[{t}]": word})
        now = yield from timestep(xp, net, theta, word, states, seen, t, here)
        states = now
        now |= yield from answer(xp, net, theta, now, t, here)
        if y is not None:
            E = -xp.sum(y * log_softmax(xp, now["a"])) / batch.N
            yield Step((*here, ("output", -1)), "E", {f"E[{t}]": E})
            losses.append(E)
        made.append(now)
    return Decoded(tuple(made), tuple(losses))


def one_hot(xp: Any, words: Array, a: Array) -> Array:
    """The likeliest word of each column, of equal ones the first, as columns."""
    picked = xp.argmax(a, axis=0, keepdims=True)
    return xp.astype(words == xp.astype(picked, words.dtype), words.dtype)


def timestep(
    xp: Any, net: Seq2seq, theta: Theta, word: Array, states: Made, seen: Memory | None, t: int, at: Path = ()
) -> Walk[Made]:
    """One timestep of the decoder, which reads `word`: state and context."""
    x, looked = word, dict[str, Array]()
    if net.table:
        x = theta["Ty"] @ word
        yield Step((*at, ("input", -1)), "v_d", {f"v_d[{t}]": x})
    if net.fed:
        assert seen is not None
        looked = yield from attention.attend(xp, net.attention, theta, seen, states["h"], t, at)
        x = xp.concat([x, looked["c"]], axis=0)
        yield Step((*at, ("input", -1)), "both", {f"x_d[{t}]": x})
    cell = yield from net.writes.step(xp, theta, x, states, t, at)
    if net.looks and not net.fed:
        assert seen is not None
        looked = yield from attention.attend(xp, net.attention, theta, seen, cell["h"], t, at)
    return {**cell, "looked": looked, "word": word}


def answer(xp: Any, net: Seq2seq, theta: Theta, now: Made, t: int, at: Path = ()) -> Walk[Made]:
    """Attentional state, scores and probabilities of timestep t."""
    here = (*at, ("output", -1))
    if net.looks:
        htilde = xp.tanh(theta["Wc"] @ now["looked"]["c"] + theta["Wd"] @ now["h"])
        yield Step(here, "htilde", {f"htilde[{t}]": htilde})
    else:
        htilde = xp.tanh(theta["Wd"] @ now["h"])
        yield Step(here, "htilde", {f"htilde[{t}]": htilde})
    a = theta["V"] @ htilde + theta["by"]
    yield Step(here, "a", {f"a[{t}]": a})
    yhat = softmax(xp, a)
    yield Step(here, "yhat", {f"yhat[{t}]": yhat})
    return {"htilde": htilde, "a": a, "yhat": yhat}


# back


def back(
    xp: Any, net: Seq2seq, theta: Theta, batch: Batch, read: list[Made], start: Made, seen: Memory | None,
    run: Decoded, at: Path = (),
) -> Walk[Theta]:  # fmt: skip
    """∂E/∂θ: through the decoder from its last timestep, at its start into the encoder, and on to the first word."""
    total: dict[str, Array] = {}
    for p in shapes(net):
        total[p] = xp.zeros_like(theta[p])
        yield Step((*at, ("decoder", -1)), f"d{p}_0", {f"d{p}": total[p]})
    into = Collected(total)
    if seen is not None:
        yield from attention.begin(xp, seen, into, (*at, ("decoder", -1)))
    handed = yield from back_decoder(xp, net, theta, batch, start, seen, run, into, (*at, ("decoder", -1)))
    if read:
        yield from back_encoder(xp, net, theta, batch, read, handed, into, (*at, ("encoder", -1)))
    return total


def summed(xp: Any, total: dict[str, Array], terms: Mapping[str, tuple[Array, Array | None]], at: Path) -> Walk[None]:
    """Adds the (error, input) pairs of a timestep to the gradients."""
    for p, (error, factor) in terms.items():
        part = xp.sum(error, axis=1, keepdims=True) if factor is None else error @ factor.T
        total[p] = total[p] + part
        yield Step((*at, ("sum", -1)), f"d{p}", {f"d{p}": total[p]})


def back_output(
    xp: Any, net: Seq2seq, theta: Theta, batch: Batch, now: Made, t: int, total: dict[str, Array], at: Path
) -> Walk[dict[str, Array]]:
    """Back from the loss of timestep t to d[t] and c[t]; with no target there, zeros."""
    here, y, back_to = (*at, ("output", -1)), batch.y[t], dict[str, Array]()
    if y is None:
        back_to["d"] = xp.zeros_like(now["h"])
        yield Step(here, "gd_0", {f"gd[{t}]": back_to["d"]})
        if net.looks:
            back_to["c"] = xp.zeros_like(now["looked"]["c"])
            yield Step(here, "gc_0", {f"gc[{t}]": back_to["c"]})
        return back_to
    if batch.ended[t]:
        delta_a = (now["yhat"] * xp.sum(y, axis=0, keepdims=True) - y) / batch.N
        yield Step(here, "delta_a_ended", {f"delta_a[{t}]": delta_a})
    else:
        delta_a = (now["yhat"] - y) / batch.N
        yield Step(here, "delta_a", {f"delta_a[{t}]": delta_a})
    delta = (theta["V"].T @ delta_a) * (1 - now["htilde"] ** 2)
    yield Step(here, "delta_htilde", {f"delta_htilde[{t}]": delta})
    terms = {"V": (delta_a, now["htilde"]), "by": (delta_a, None), "Wd": (delta, now["h"])}
    back_to["d"] = theta["Wd"].T @ delta
    yield Step(here, "gd", {f"gd[{t}]": back_to["d"]})
    if net.looks:
        back_to["c"] = theta["Wc"].T @ delta
        yield Step(here, "gc", {f"gc[{t}]": back_to["c"]})
        terms["Wc"] = delta, now["looked"]["c"]
    yield from summed(xp, total, terms, at)
    return back_to


def back_decoder(
    xp: Any, net: Seq2seq, theta: Theta, batch: Batch, start: Made, seen: Memory | None, run: Decoded,
    into: Collected, at: Path,
) -> Walk[Made]:  # fmt: skip
    """Back through the decoder; returns ∂E/∂ its start states, by the names of its cell."""
    side, total = net.writes, into.total
    later: Made = {}
    asked: Array | None = None
    own = side.part(theta)
    for t in range(len(run.made) - 1, -1, -1):
        here, now = (*at, ("t", t)), run.made[t]
        before = run.made[t - 1] if t else start
        back_to = yield from back_output(xp, net, theta, batch, now, t, total, here)
        gd = back_to["d"]
        if net.looks and not net.fed:
            assert seen is not None
            looked = now["looked"]
            gq = yield from attention.back(xp, net.attention, theta, seen, looked, back_to["c"], t, into, here)
            gd = gd + (theta["Wa"] @ gq if net.attention == "general" else gq)
            yield Step((*here, ("attention", -1)), "gd_seen", {f"gd[{t}]": gd})
        if later:
            gd = gd + side.cell.carried(own, later)
            yield Step((*here, ("error", -1)), "gd_carried", {f"gd[{t}]": gd})
        if asked is not None:
            gd = gd + theta["Wa"].T @ asked
            yield Step((*here, ("error", -1)), "gd_asked", {f"gd[{t}]": gd})
        later = yield from side.back(xp, theta, now, before, gd, later, t, here)
        terms = {side.name(p): pair for p, pair in side.cell.terms(later, before).items()}
        yield from summed(xp, total, terms, here)
        if net.fed or net.table:
            gx = side.by_input(theta, later)
            yield Step((*here, ("input", -1)), "gx_d", {f"gx_d[{t}]": gx})
            D = net.table or net.L
            if net.table:
                yield from summed(xp, total, {"Ty": (gx[:D, :], now["word"])}, here)
            if net.fed:
                assert seen is not None
                gc = back_to["c"] + gx[D:, :]
                yield Step((*here, ("input", -1)), "gc_fed", {f"gc[{t}]": gc})
                asked = yield from attention.back(xp, "additive", theta, seen, now["looked"], gc, t, into, here)
    here = (*at, ("start", -1))
    handed = {"h": side.cell.carried(own, later)}
    yield Step(here, "gd_start", {"gd_init": handed["h"]})
    if asked is not None:
        handed["h"] = handed["h"] + theta["Wa"].T @ asked
        yield Step(here, "gd_start_asked", {"gd_init": handed["h"]})
    for state in side.cell.states[1:]:
        handed[state] = side.carried_state(state, later)
        yield Step(here, f"g{side.name(state)}_start", {f"g{side.name(state)}_init": handed[state]})
    return handed


def back_encoder(
    xp: Any, net: Seq2seq, theta: Theta, batch: Batch, read: list[Made], handed: Made, into: Collected, at: Path
) -> Walk[None]:
    """Back through the encoder, from what the decoder's start and attention hand it."""
    side, total, last = net.reads, into.total, len(read) - 1
    own, zero = side.part(theta), start_states(net, batch.zero)
    later: Made = {}
    for s in range(last, -1, -1):
        here, now = (*at, ("s", s)), read[s]
        before = read[s - 1] if s else zero
        if s == last:
            gh = handed["h"]
            yield Step((*here, ("error", -1)), "gh_end", {f"gh[{s}]": gh})
            later = after_the_end(net, handed)
            for state in side.cell.states[1:] if later else ():
                of = f"g{side.name(state)}"
                yield Step((*here, ("error", -1)), f"{of}_end", {f"{of}[{s + 1}]": handed[state]})
        else:
            gh = side.cell.carried(own, later)
            yield Step((*here, ("error", -1)), "gh_carried", {f"gh[{s}]": gh})
        if into.ghs is not None:
            gh = gh + slab(xp, into.ghs, s, batch.B)
            yield Step((*here, ("error", -1)), "gh_seen", {f"gh[{s}]": gh})
        if into.gks is not None:
            gk = slab(xp, into.gks, s, batch.B)
            yield Step((*here, ("error", -1)), "gk", {f"gk[{s}]": gk})
            gh = gh + theta["Ua"].T @ gk
            yield Step((*here, ("error", -1)), "gh_key", {f"gh[{s}]": gh})
            yield from summed(xp, total, {"Ua": (gk, now["h"])}, here)
        later = yield from side.back(xp, theta, now, before, gh, later, s, here)
        late = batch.late(s)
        for q in side.cell.gates if late is not None else ():
            later[f"delta_{q}"] = late * later[f"delta_{q}"]
            delta = side.name(f"delta_{q}")
            yield Step((*here, ("cell", -1)), f"{delta}_masked", {f"{delta}[{s}]": later[f"delta_{q}"]})
        terms = {side.name(p): pair for p, pair in side.cell.terms(later, before).items()}
        yield from summed(xp, total, terms, here)
        if net.table:
            gx = side.by_input(theta, later)
            yield Step((*here, ("input", -1)), "gx", {f"gx[{s}]": gx})
            yield from summed(xp, total, {"Tx": (gx, now["word"])}, here)


def after_the_end(net: Seq2seq, handed: Made) -> Made:
    """∂E/∂ a second state, where both cells have one: what would stand at the timestep after the encoder's last."""
    side = net.reads
    both = [state for state in side.cell.states[1:] if state in handed]
    made = {f"g{state}": handed[state] for state in both}
    return made | ({side.cell.road: handed[both[0]] ** 0} if both else {})


def objective(xp: Any, net: Seq2seq, theta: Theta, batch: Batch) -> Objective:
    """E, the sum over t, as a function of the parameters, and its gradient."""

    def passed(theta: Theta) -> tuple[list[Made], Made, Memory | None, Decoded]:
        read = drain(encode(xp, net, theta, batch))
        start = handed_over(net, read[-1], batch.zero)
        seen = attention.memory(xp, read, batch.mask) if net.looks else None
        return read, start, seen, drain(decode(xp, net, theta, batch, start, seen))

    def E(**moved: Array) -> Array:
        return sum(passed({**theta, **moved})[3].E)

    return Objective(theta, E, drain(back(xp, net, theta, batch, *passed(theta))))
