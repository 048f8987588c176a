"""What `tree` shows and claims: the steps make the gradient, the chain is `bptt`'s net, small trees teach large."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.device import HOST
from engine.trees.beside_cells import Beside, shares
from engine.trees.tree import Leaf, balanced, distances, leaning, numbered
from engine.walks.history import advanced
from lessons.building.defaults import on_device
from lessons.contract.knobs import Refused, read_all
from lessons.contract.panels import Note, Panel, Table, Tree
from lessons.contract.phrases import LANGUAGES, Words
from lessons.contract.text import load
from lessons.contract.view import Start
from lessons.course import course, open_lesson
from lessons.data import treebank, trees
from lessons.data.trees import CHINESE, ENGLISH, LOGIC, parsed, said, valued
from lessons.deck import slides_deck
from lessons.player.player import Player
from lessons.player.state import restore
from lessons.recurrent.tree import CARD
from lessons.recurrent.tree import experiment as exp
from tests.engine.cases import assert_close
from tests.engine.ruling import assert_rules_hold
from tests.lessons.playing import played, result

SHIPPED = str(Path(__file__).parents[2] / "docs" / "data" / "trees.txt")


def panels(player: Player, lang: str = "en") -> dict[str, Panel]:
    """What is shown, by id."""
    text = load("lessons.recurrent.tree", lang)
    return {panel.id: panel for panel in player.lesson.panels(player.view(), text)}


def begun(seed: int, **given: Any) -> tuple[Any, Start]:
    """Settled knobs, and a start."""
    knobs = exp.settled(read_all(CARD.knobs, given), given)
    return knobs, exp.begin(knobs, seed, exp.TypedTree().begin(knobs))


def refusal(text: str, data: str = "phrases") -> str:
    with pytest.raises(Refused) as refused:
        treebank.typed(text, data)
    assert refused.value.say(Words("zh")) != str(refused.value)
    return str(refused.value)


# the acts


@pytest.mark.parametrize("tree", ["", "(not (not ((T or F) and (not F))))", "((T and T) or (F and (not T)))"])
def test_the_steps_make_the_gradient(tree: str) -> None:
    player = played(CARD, seed=3, tree=tree)
    player.jump("ledger")
    player.move(player.reel, player.reel.starts[3])
    grad = result(player)["grad"]
    for q in grad:
        assert_close(player.view().get(f"d{q}"), np.array(grad[q]), 1e-12, q)


@pytest.mark.parametrize(("data", "units"), [("phrases", "relu"), ("短语", "sigmoid"), (SHIPPED, "tanh")])
def test_every_data_set_has_its_rules_and_its_stages(data: str, units: str) -> None:
    player = played(CARD, seed=4, data=data, activation=units)
    assert_rules_hold(HOST, player.reel, player.lesson.rule(player.knobs))
    for lang in LANGUAGES:
        for p in range(0, player.reel.total + 1, 7):
            player.move(player.reel, p)
            shown = panels(player, lang)
            assert {"law", "tree"} <= set(shown)


def test_hell_is_a_chain() -> None:
    """Loss and gradient of `bptt`, as a tree; and its states stand beside."""
    player = played(CARD)
    chain = result(player)["chain"]
    assert chain["E"] == pytest.approx(5.865422191, abs=5e-10)
    dW = np.array(chain["dW"])
    assert_close(dW[:, :2].reshape(-1), [0.4875542051, 0.2233577542, -0.0176253782, 0.4054405051], 1e-9)
    bptt = result(played(course()["bptt"]))["grad"]  # type: ignore[arg-type]
    assert_close(dW, np.hstack([np.array(bptt["W"]), np.array(bptt["U"])]), 1e-12)
    player.jump("chain/forward/n=9")
    twins = panels(player)["twins"]
    assert isinstance(twins, Table)
    assert [row[2] == row[3] and row[4] == row[5] for row in twins.rows] == [True] * 4
    assert [row[1] for row in twins.rows] == list("hell")
    player.jump("chain/ledger/n=6")
    assert_close(player.view().get("dW"), dW, 1e-12)


def test_the_worked_example_from_a_file(tmp_path: Path) -> None:
    """(not (very good)) with two units and two classes, its weights from a state."""
    file = tmp_path / "own.txt"
    file.write_text("(0 not (1 very (1 good)))\n(0 (0 not) (1 good))\n", encoding="utf-8")
    player = played(CARD, data=str(file), hidden=2, tree="(0 not (1 very (1 good)))")
    state = json.loads(json.dumps({"lesson": "tree", "knobs": player.knobs, "inputs": player.start.inputs}))
    params = {
        "L": [[0.8, 0.3, -0.4], [-0.6, 0.2, 0.9]], "W": [[0.5, -0.3, 0.2, 0.4], [0.1, 0.6, -0.4, 0.3]],
        "b": [0.1, -0.1], "V": [[1, -0.5], [-1, 0.5]],
    }  # fmt: skip
    (tmp_path / "state.json").write_text(json.dumps({**state, "params": params, "schema": 2}), encoding="utf-8")
    knobs, start, seed = restore(player.lesson, str(tmp_path / "state.json"), {})
    again = Player(open_lesson(CARD), HOST, knobs, seed, start)
    found = result(again)
    assert found["E"] == pytest.approx(1.2417487365, rel=1e-9)
    assert_close(np.array(found["p"]["5"]), [0.7380293263, -0.3981147909], 1e-9)
    assert_close(np.array(found["grad"]["b"]), [0.8021935148, -0.3851970322], 1e-9)


def test_the_root_of_other_brackets_is_another() -> None:
    for seed in range(5):
        knobs, start = begun(seed)
        typed, chained = exp.both_roots(knobs, start)
        assert np.abs(typed - chained).max() > 0.05
        knobs, start = begun(seed, tree="((not T) F)")
        typed, chained = exp.both_roots(knobs, start)
        assert (typed == chained).all()


def test_what_is_asked_is_true_of_the_run() -> None:
    player = Player(open_lesson(CARD), HOST, {})
    truths = {ask.id: ask.truth(player.view()) for ask in player.lesson.asks}
    assert truths == {"brackets": "other", "halves": "half", "terms": 3.0, "far": "three_seven", "one": "some"}
    assert [ask.id for ask in player.lesson.asks if ask.where(player.knobs, player.start)] == list(truths)
    leans = Player(open_lesson(CARD), HOST, {"tree": "((not T) F)"})
    assert [a.where(leans.knobs, leans.start) for a in leans.lesson.asks if a.id == "brackets"] == [None]


def test_the_drawing_has_what_is_known_of_every_node() -> None:
    player = played(CARD)
    player.jump("forward/n=6")
    tree = panels(player)["tree"]
    assert isinstance(tree, Tree)
    held = player.view().get("yhat[6]")
    assert held is not None
    said = {node.id: node.text for node in tree.nodes}
    assert said["6"] == f"p₆=F {held[0]:.3f}".replace("0.", ".")
    assert (said["1"], said["7"]) == ("not", "p₇=T")
    assert {node.id: node.parent for node in tree.nodes} == dict(zip("7162534", ["0", *"776655"], strict=True)) | {
        "3": "5", "4": "5",
    }  # fmt: skip


# bad input


def test_bad_trees_are_refused_with_the_place() -> None:
    for text, words in {
        "(not (very good)": "column 1: this bracket is never closed",
        "(not ((very good)": "column 6",
        "(not good))": "column 11: this ) closes nothing",
        "()": "column 1: nothing stands",
        "(a b c d)": "column 1: 4 parts",
        "(not good) (bad": "column 12: ( stands after the end",
        "good": "good is one word",
        "": "no tree",
        "(-1 not good)": "column 2: -1 is no label",
        "(77 not good)": "0 to 19",
        "(not (5 good))": "label 5 is none of the classes, which are 0 to 4",
        "(not " * 500 + "good" + ")" * 500: "column 201: more than 40 brackets",
        "((not good)": "column 1: this bracket",
    }.items():
        assert words in refusal(text), text
    words = "a"
    for _ in range(6):  # 64 words
        words = f"({words} {words})"
    assert treebank.typed(words, "phrases")
    assert refusal(f"({words} a)").startswith("tree: 65 words")


def test_one_word_in_brackets_takes_their_label() -> None:
    assert parsed("(not (3 good))").parts[1] == trees.Parsed((), "good", 3)
    assert parsed("（不 （太 好））") == parsed("(不 (太 好))")
    assert said(parsed("(0 not (1 very (1 good)))"), True) == "(0 not (1 very (1 good)))"
    assert parsed("(not 3)").parts[1].text == "3"


def test_a_word_that_is_not_known_is_said_and_read_as_0() -> None:
    player = played(CARD, data="phrases", tree="(not (3 (very superb)))")
    note = panels(player)["unknown"]
    assert isinstance(note, Note)
    assert "superb" in note.text
    player.jump("forward/n=3")
    assert player.view().get("p[3]").tolist() == [0.0] * 8  # type: ignore[union-attr]
    bare = played(CARD, data="phrases", tree="(very superb)")
    assert "E is 0" in panels(bare)["unknown"].text  # type: ignore[attr-defined]
    assert result(bare)["E"] == 0.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(1 a b)\n(0 a (b c)\n", "column 2:1"),
        ("(1 a b)\n(a b)\n", "1 trees have a label"),
        ("# nothing\n", "0 trees"),
        ("(1 a b)\n(0 " + "(a " * 500 + "b" + ")" * 501 + "\n", "column 2:"),
        ("(1 a b)\n(25 a b)\n", "25 is no label"),
    ],
)
def test_files_that_hold_no_trees_are_refused(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"own\.txt") as refused:
        treebank.of_file(str(file))
    assert words in str(refused.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.txt").write_bytes(b"(1 \xff\xfe a)")
    for name, words in {"": "folder", "none.txt": "no", "bytes.txt": "text"}.items():
        with pytest.raises(Refused, match=words):
            trees.read_trees(str(tmp_path / name))


# data


def test_labels_are_what_the_words_mean() -> None:
    for text, language, value in (
        ("(not (T and F))", LOGIC, 1),
        ("((not T) and F)", LOGIC, 0),
        ("((T or F) and (not F))", LOGIC, 1),
        ("(not (very good))", ENGLISH, -1),
        ("(very (not good))", ENGLISH, -2),
        ("(not (good but bad))", ENGLISH, 1),
        ("((not good) but bad)", ENGLISH, -1),
        ("(very plain)", ENGLISH, 0),
        ("(不 (太 好))", CHINESE, -1),
        ("(好 但 (太 差))", CHINESE, -2),
    ):
        tree, found = valued(parsed(text), language)
        assert found == value, text
        assert tree.label == value - language.least


@pytest.mark.parametrize("name", trees.LANGUAGES)
def test_made_trees_have_the_depth_and_the_labels_that_are_asked_for(name: str) -> None:
    def deep(tree: trees.Parsed) -> int:
        return 1 + max(map(deep, tree.parts)) if tree.parts else 0

    language = trees.LANGUAGES[name]
    made = trees.made(name, (1, 2, 5), 60, 7)
    assert [deep(tree) for tree in made] == [1, 2, 5] * 20
    assert made == trees.made(name, (1, 2, 5), 60, 7) != trees.made(name, (1, 2, 5), 60, 8)
    for tree in made:
        assert valued(parsed(said(tree)), language)[0] == tree
    classes = {tree.label for tree in trees.made(name, (2,), 200, 1)}
    assert classes == set(range(len(language.classes)))


def test_the_shipped_file_is_learned_from() -> None:
    words, every = treebank.of_file(SHIPPED)
    assert words == (("not", "very", "good", "bad", "but"), ("0", "1"))
    assert len(every) == 12
    bank = treebank.treebank(SHIPPED, 3, 0)
    assert (len(bank.train.trees), [each.name for each in bank.tests]) == (11, ["train", "kept"])
    knobs, start = begun(0, data=SHIPPED)
    race = exp.race(HOST, knobs, start)
    state = advanced(race.advance, race.start(on_device(HOST, start.params)), 500)
    assert state.data.tree.reading.right[0] == 1.0


def test_sequences_end_in_the_token_that_is_asked_for() -> None:
    some = [valued(parsed(text), LOGIC)[0] for text in ("(not (T and F))", "(T or F)")]
    assert treebank.tokens(some[0]) == ["(", "not", "(", "T", "and", "F", ")", ")"]
    assert [said(each) for each in treebank.expressions(some[0])] == ["(T and F)", "(not (T and F))"]
    x, y = treebank.coded(some, LOGIC.words)
    assert (x.shape, y.tolist()) == ((8, 2), [1, 1])
    assert x[:, 1].tolist() == [0, 0, 0, 1, *(3 + LOGIC.words.index(word) for word in ("T", "or", "F")), 2]


def test_slides_38_and_39_lead_here() -> None:
    stops = [(stop.slide, stop.lesson) for stop in slides_deck(course())]
    assert {(38, "bptt"), (38, "tree"), (39, "tree")} <= set(stops)
    assert stops.index((38, "bptt")) < stops.index((38, "tree"))
    for lesson, place in (("bptt", "dW/t=3/k=1"), ("vanishing", "compare")):
        player = played(course()[lesson])  # type: ignore[arg-type]
        player.jump(place)
        lead = player.lesson.lead(player.view())
        assert lead is not None
        assert (lead.lesson, lead.place.at) == ("tree", "chain")


# claims


@cache
def raced(seed: int) -> Beside:
    """All three after 2,000 updates on formulas of depth 1 to 3."""
    knobs, start = begun(seed)
    race = exp.race(HOST, knobs, start)
    state = advanced(race.advance, race.start(on_device(HOST, start.params)), 2000)
    assert shares(state) == (state.data.tree.reading.right, *state.data.right)
    data: Beside = state.data
    return data


@pytest.mark.exhaustive
def test_the_tree_reads_deeper_than_it_has_seen_and_the_sequences_do_not() -> None:
    """Depth 8, trained to depth 3: .99 to 1 by the tree; .52 to .58 by the GRU, .47 to .61 by the SRN."""
    for seed in range(5):
        data = raced(seed)
        gru, srn = data.right
        assert min(data.tree.reading.right[:3]) == 1.0
        assert data.tree.reading.right[-1] > 0.97
        assert gru[0] == 1.0
        assert gru[1] > 0.97
        assert max(gru[-1], srn[-1]) < 0.7
        assert gru[-1] < gru[2] - 0.2


@pytest.mark.exhaustive
@pytest.mark.parametrize(("units", "least"), [(4, 0.7), (8, 0.8)])
def test_trained_on_depth_one_only_errors_add_up(units: int, least: float) -> None:
    """Mean at depth 8 .88 and .92: more than by guessing, which has .53, less than after depth 3."""
    found = []
    for seed in range(5):
        knobs, start = begun(seed, depth=1, hidden=units)
        run = exp.training(HOST, knobs, start)
        right = advanced(run.advance, run.start(on_device(HOST, start.params)), 1000).data.reading.right
        assert right[0] == 1.0
        assert right[-1] > least
        found.append(right[-1])
    assert 0.82 < np.mean(found) < 0.96


@pytest.mark.exhaustive
def test_phrases_of_five_classes_too() -> None:
    """Eight units, 3,000 updates: .98 to 1 at depth 4, .8 to .95 at depth 8, where guessing has about .35."""
    for seed in range(5):
        knobs, start = begun(seed, data="phrases")
        run = exp.training(HOST, knobs, start)
        right = advanced(run.advance, run.start(on_device(HOST, start.params)), 3000).data.reading.right
        assert min(right[:3]) > 0.98
        assert right[3] > 0.93
        assert right[-1] > 0.72


def test_a_leaf_moves_the_root_more_in_a_balanced_tree() -> None:
    for seed in range(5):
        knobs, start = begun(seed)
        words = [Leaf(k % 5) for k in range(32)]
        for T, times in ((8, 3), (32, 1000)):
            flat, deep = exp.shaped(knobs, start, [shape(words[:T]) for shape in (balanced, leaning)])
            assert (flat[1], deep[1]) == (int(np.log2(T)), T - 1)
            assert flat[2] > times * deep[2]
    assert max(distances(numbered(leaning(words)))) == 31
