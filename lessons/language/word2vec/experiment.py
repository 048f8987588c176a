"""The experiment of `word2vec`: knobs become a text and a run; these give a reel, a training track, a result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Reel, Section
from engine.walks.step import Path
from engine.words import prepare
from engine.words.corpus.reading import Corpus
from engine.words.kernel.chunk import kept
from engine.words.kernel.examples import weights
from engine.words.kernel.fast import Vectors
from engine.words.run.live import Live
from engine.words.run.opened import Opened
from engine.words.run.training import STRETCH, Settings
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs, Start
from lessons.data.corpora import PYTHON, WORLDS
from lessons.data.corpora import read as corpora

xp = HOST.xp
GRAINS: Grains = {"act": 0, "update": 1, "batch": 2, "n": 3, "phase": 4, "c": 5, "j": 5, "w": 6, "op": 7}
FIRST = 24
"""Words whose chances are worked out one by one."""
BATCH, LARGER, MANY = 8, 64, 1000
"""Tokens of a batch, and of one where there are more words than `MANY`: they are not all met so soon."""
REAL: Mapping[str, Value] = {"min_count": 5, "window": 5, "dim": 50, "epochs": 3, "rate": 0.025}
"""What a real text asks for, where nothing else was given."""
WATCHED = {
    "world-en": "paris,cow,queen",
    "world-zh": "巴黎,老师,王后",
    PYTHON: "string,file,integer",
}
FORMS = (("sg", "ns"), ("sg", "hs"), ("cbow", "ns"), ("cbow", "hs"))


class Held(NamedTuple):
    """What is learned from, and what should come of it: the class of words, and analogies, where they are known."""

    corpus: Corpus
    classes: Mapping[int, str]
    questions: Mapping[str, list[tuple[int, int, int, int]]]
    watched: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return self.corpus.vocabulary.words


def settled(knobs: Knobs, given: Collection[str]) -> dict[str, Value]:
    """The knobs, those that were not given as the text asks for."""
    fits = {} if knobs["corpus"] in WORLDS else REAL
    return {**knobs, **{name: value for name, value in fits.items() if name not in given}}


def read(knobs: Knobs, look: bool = False) -> Corpus:
    """The text; a file as it was when it was last looked at. Raises Refused."""
    sentences, min_count, most = (int(knobs[name]) for name in ("sentences", "min_count", "vocabulary"))
    corpus = corpora.read(str(knobs["corpus"]), sentences, min_count, most, look)
    if look:
        word = xp.asarray(corpus.text[: len(corpus.text)]) >= 0
        if not (word[1:] & word[:-1]).any():
            raise Refused("no_pairs", corpus=knobs["corpus"])
    return corpus


def held(knobs: Knobs, look: bool = False) -> Held:
    """The text and what is known of its words. Raises Refused."""
    read(knobs, look)
    return _held(tuple(sorted(knobs.items())), id(read(knobs)))


@lru_cache(maxsize=8)
def _held(given: tuple[tuple[str, Value], ...], corpus_id: int) -> Held:
    """`corpus_id` tells a file that was changed from what it was: what is kept here keeps the corpus, and so its id."""
    knobs = dict(given)
    name, corpus = str(knobs["corpus"]), read(knobs)
    codes, small = corpus.vocabulary.codes(), corpora.small_world(name)
    watched = tuple(watch(codes, str(knobs["watch"]), name))
    if small is None:
        return Held(corpus, {}, {}, watched)
    classes = {codes[word]: kind for word, kind in small.classes().items() if word in codes}
    questions = {
        kind: [(codes[a], codes[b], codes[c], codes[d]) for a, b, c, d in some if {a, b, c, d} <= codes.keys()]
        for kind, some in small.analogies().items()
    }
    return Held(corpus, classes, {kind: some for kind, some in questions.items() if some}, watched)


def watch(codes: Mapping[str, int], asked: str, name: str) -> list[int]:
    """The words whose neighbours are watched: three at most. Raises Refused where one that was asked for is missing."""
    wanted = [word for word in asked.replace("，", ",").replace(" ", ",").split(",") if word]
    for word in wanted:
        if word not in codes:
            near = ", ".join(get_close_matches(word, codes, 3, 0.6))
            raise Refused("watch_missing" if near else "watch_unknown", word=word, count=len(codes), near=near)
    if not wanted:
        wanted = [word for word in WATCHED.get(name, "").split(",") if word in codes]
    if not wanted:  # words that are frequent, and long enough to mean something
        long = sorted(codes, key=lambda word: (len(word) < 4 and word.isascii(), codes[word]))
        wanted = long[:3]
    return [codes[word] for word in dict.fromkeys(wanted)][:3]


def settings(knobs: Knobs, seed: int, words: int) -> Settings:
    """What the engine is told. Noise is drawn anew for every eight tokens, as many words as a pair has negatives."""
    return Settings(
        model=str(knobs["model"]),
        loss=str(knobs["loss"]),
        dim=int(knobs["dim"]),
        window=int(knobs["window"]),
        negative=int(knobs["negatives"]),
        sample=float(knobs["sample"]),
        epochs=int(knobs["epochs"]),
        alpha=float(knobs["rate"]),
        min_alpha=min(0.0001, float(knobs["rate"])),
        seed=seed,
        exact=True,
        batch=BATCH if words <= MANY else LARGER,
        shared=int(knobs["negatives"]),
        group=BATCH,
    )


@lru_cache(maxsize=8)
def _live(device: Any, knobs: tuple[tuple[str, Value], ...], seed: int, text_id: int) -> Live:
    """`text_id` tells a file that was changed from what it was: what is kept here keeps the text, and so its id."""
    found = held(dict(knobs))
    vocabulary = found.corpus.vocabulary
    plan = settings(dict(knobs), seed, len(vocabulary.words))
    return Live(device, plan, vocabulary, found.corpus.text, found.classes, found.watched)


def live(device: Any, knobs: Knobs, start: Start) -> Live:
    """The text and how it is learned from."""
    return _live(device, tuple(sorted(knobs.items())), int(start.inputs["seed"]), id(read(knobs).text))


def out_name(knobs: Knobs) -> str:
    """The symbol of the vectors that are spoken to: of words, or of nodes."""
    return "Theta" if knobs["loss"] == "hs" else "U"


def begin_at(knobs: Knobs, seed: int) -> Start:
    """Input vectors drawn as the trainer draws them; all others zero."""
    found = held(knobs, look=True)
    start = Start({}, {"seed": seed, "words": list(found.words)})
    table = live(HOST, knobs, start).run.start().table
    V, D = len(found.words), int(knobs["dim"])
    return Start({"V": table[:-1, 0], out_name(knobs): xp.zeros((V - (knobs["loss"] == "hs"), D))}, start.inputs)


def vectors(device: Any, knobs: Knobs, start: Start) -> Vectors:
    """A start as tables on the device."""
    v, out = start.params["V"], start.params[out_name(knobs)]
    V, D = v.shape
    tree = knobs["loss"] == "hs"
    table = xp.zeros((V + 1, 1 if tree else 2, D))
    table[:V, 0] = v
    nodes = xp.zeros((V, D)) if tree else None
    if nodes is None:
        table[:V, 1] = out
    else:
        nodes[: V - 1] = out
    return Vectors(device.send(table), None if nodes is None else device.send(nodes))


def at(start: Start, state: State, device: Device) -> Start:
    """The start as training has changed it."""
    table, nodes = state.data.vectors
    host = device.get(table)
    params: dict[str, HostArray] = {"V": host[:-1, 0]}
    params |= {"U": host[:-1, 1]} if nodes is None else {"Theta": device.get(nodes)[:-1]}
    return Start(params, {**start.inputs, "updates": state.n + int(start.inputs.get("earlier", 0))})


def training(device: Any, knobs: Knobs, start: Start, fork: State | None) -> Track:
    """Training from update 0; or from a fork, whose vectors are `start`'s and whose place in the text goes on."""
    lv = live(device, knobs, start)
    state = lv.start(vectors(device, knobs, start))
    if fork is not None:
        data = fork.data._replace(vectors=state.data.vectors, reading=state.data.reading._replace(n=fork.n))
        state = State(fork.n, data)
    return lv.track(state, GRAINS)


def rivals(knobs: Knobs, start: Start) -> Sequence[tuple[str, Knobs, Start]]:
    """In a race the three other forms, on the same text with the same seed, from the same v."""
    if knobs["race"] != "four":
        return ()
    found = []
    for form in FORMS:
        if form != (knobs["model"], knobs["loss"]):
            other = {**knobs, "model": form[0], "loss": form[1]}
            V, D = start.params["V"].shape
            out = {out_name(other): xp.zeros((V - (form[1] == "hs"), D))}
            found.append((" + ".join(form), other, Start({"V": start.params["V"], **out}, start.inputs)))
    return found


class Stayed(NamedTuple):
    """The beginning of the text: its codes with ENDs, and which of them sub-sampling left."""

    codes: HostArray
    stays: HostArray


def beginning(lv: Live) -> Stayed:
    """The first chunk of the first pass."""
    codes = xp.asarray(lv.text[:STRETCH])
    _, _, place = kept(codes, lv.run.keep, lv.run.chance(0, 0))
    stays = xp.zeros(len(codes), dtype=bool)
    stays[place] = True
    return Stayed(codes, stays)


class Pair(NamedTuple):
    """Two words of the first batch: their places among those that stayed, from 1, and their codes."""

    centre: int
    other: int
    word: int
    near: int
    reach: int


def pairs(lv: Live) -> list[Pair]:
    """All pairs of the first batch, from left to right."""
    chunk, batch = lv.place(0, 0)
    laid = lv.laid(chunk).chunk
    if batch >= laid.batches:
        return []
    M, (B, _, window, _) = weights(laid, batch), laid.shape
    codes = laid.codes[batch * B : batch * B + laid.shape.rows]
    reach = xp.full(B, window) if laid.reach is None else laid.reach[batch]
    return [
        Pair(int(i) + 1, int(j) - window + 1, int(codes[i + window]), int(codes[j]), int(reach[i]))
        for i, j in zip(*xp.nonzero(M), strict=True)
    ]


def first_batch(device: Device, knobs: Knobs, start: Start, path: Path) -> Opened:
    """The first batch of the run, opened on any device."""
    lv = live(HOST, knobs, start)
    chunk, batch = lv.place(0, 0)
    some, form = lv.examples(chunk, batch, device=device), lv.run.form
    return Opened(device, some, lambda: vectors(HOST, knobs, start), lv.rate(chunk, batch), form.bound, form.tree, path)


def reel(device: Device, knobs: Knobs, start: Start) -> Reel:
    """The first three acts: the chances of words, the first pairs, the first update."""
    lv, found, device_xp = live(HOST, knobs, start), held(knobs), device.xp
    counts = found.corpus.vocabulary.counts
    known = pairs(lv)
    first = min(FIRST, len(counts))
    column, one = device.put([[float(c)] for c in counts]), device.put([[1.0]])
    total, sample, window = (
        device.put([[float(each)]]) for each in (sum(counts), float(knobs["sample"]), int(knobs["window"]))
    )
    places = [(device.put([[float(p.centre)]]), device.put([[float(p.other)]])) for p in known]
    sizes = [device.put([[float(p.reach)]]) for p in known] if knobs["model"] == "cbow" else None
    params = {name: device.put(value) for name, value in start.params.items()}
    plain = {"counts": column, "one": one, "total": total, "sample": sample, "window": window, **params}
    families: dict[str, Any] = {
        "count": lambda w: column[w : w + 1, :] if 0 <= w < len(counts) else None,
        "i": lambda n: places[n][0] if 0 <= n < len(places) else None,
        "o": lambda n: places[n][1] if 0 <= n < len(places) else None,
        "size": lambda n: sizes[n] if sizes and 0 <= n < len(sizes) else None,
    }
    begun = lambda: Env(plain, families)  # noqa: E731
    here: dict[str, Path] = {act: ((act, -1),) for act in ("corpus", "samples", "learn")}
    opened = first_batch(device, knobs, start, here["learn"])
    return Reel(
        [
            Section(
                here["corpus"],
                lambda: prepare.chances(device_xp, column, first, total, one, sample, here["corpus"]),
                begun,
                1 + 3 * first,
            ),
            Section(
                here["samples"],
                lambda: prepare.meetings(device_xp, places, window, sizes, here["samples"]),
                begun,
                2 * len(known),
            ),
            *opened.sections({name: partial(params.get, name) for name in params}),
        ],
        GRAINS,
    )


def gradient(device: Device, opened: Opened, knobs: Knobs, start: Start) -> dict[str, Array]:
    """∂L/∂ of the whole tables, from the walk of a batch; words that it does not know have zero."""
    grads, _ = opened.passed(len(opened.some))
    found = {name: device.xp.zeros_like(device.put(value)) for name, value in start.params.items()}
    for name, grad in grads.items():
        kind, w = name[:-1].split("[")
        of = "V" if kind == "dv" else out_name(knobs)
        found[of] = device.scatter_add(found[of], [int(w)], grad.T)
    return found
