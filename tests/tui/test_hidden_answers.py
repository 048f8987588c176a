"""While a prediction is open, nothing on the screen gives its answer away: in no lesson, language or size."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine.device import HOST
from lessons.contract.card import Card
from lessons.contract.phrases import LANGUAGES, Words
from lessons.contract.text import SENTENCE, Section, Text, fill, load
from lessons.course import open_lesson
from lessons.explaining.figures import five
from lessons.player.player import Player
from lessons.player.questions import Asked
from tests.lessons.playing import CARDS, every_card
from tui.picture import frame
from tui.picture.lesson_picture import WIDE, LessonPicture, Manner
from tui.picture.look import Look
from tui.picture.question import draw_card, options

SIZES = ((80, 24), (100, 30), (120, 36))
every = every_card()
FIGURES = re.compile(r"[−-]?[\d,]*\.?\d+(e[−-]?\d+)?")
SEEN = {
    ("activations", "steeper"): r"\.149|\.181",
    ("activations", "hotter"): r"become alike|more alike the",
    ("perceptron", "mistakes"): r"\b18\b",
    ("mlp", "silent"): r"exactly 0",
    ("depth", "arrives"): r"4e-5",
    ("bptt", "vectors"): r"\b325\b",
    ("bptt", "leaves_out"): r"leaves nothing out",
    ("vanishing", "tanh"): r"explode",
    ("vanishing", "linear"): r"linear net",
    ("memory", "arrives"): r"\.826|\.808",
    ("generate", "sharper"): r"low temperature",
    ("windows", "pairs"): r"\b16\b",
    ("windows", "ratio"): r"1\.68",
    ("windows", "updates"): r"One update for",
    ("hierarchical-softmax", "total"): r"1\.000000|\.107|add up to 1",
    ("hierarchical-softmax", "target"): r"larger than before",
    ("word2vec", "first"): r"dh.*\b0\b.*\b0\b",
    ("hebb", "growth"): r"y grows with w|limits this growth",
    ("hebb", "tamed"): r"○ 1\b",
    ("tree", "halves"): r"left half|left\(",
    ("neuron", "felt"): r"product of two|f' xᵢ",
    ("network", "falls"): r"it works",
    ("mlp", "sign"): r"h₂ − y",
    ("mlp", "falls"): r"step down",
    ("playground", "sign"): r"h₃ − y",
    ("srn", "moved"): r"\.443|every timestep moves",
    ("bptt", "guessing"): r"1\.698",
    ("bptt", "first_term"): r"E₀ +0\b",
    ("lstm", "keep"): r"\.666",
    ("lstm", "most"): r"−\.150",
    ("lstm", "whose"): r"\.242",
    ("gru", "keep"): r"\.743",
    ("gru", "most"): r"−\.040",
    ("gru", "whose"): r"\.153",
    ("words", "saved"): r"100,000,000",
    ("hierarchical-softmax", "longest"): r"n₅ 11",
    ("negative-sampling", "most"): r"the sign of every",
    ("negative-sampling", "ends"): r"comes to rest",
}
"""What once stood beside a question and answered it: the findings that this law was made from."""


def questions(card: Card, player: Player | None = None) -> Iterator[tuple[Player, Asked]]:
    """Every prediction of a lesson at its own knobs, as a learner meets it: in each act, and in training."""
    player = player or Player(open_lesson(card), HOST)
    player.grain = player.lesson.grains["act"]
    while player.forward():
        while (asked := player.asked) is not None:
            yield player, asked
            player.record[asked.ask.id] = "skipped"
            player.asked = None
    if "train" in card.acts:
        player.to_act("train")
        while player.questions.stop_training():
            assert player.asked is not None
            yield player, player.asked
            player.record[player.asked.ask.id] = "skipped"


def fields_of(*templates: str) -> set[str]:
    return {name for said in templates for _, name, _, _ in string.Formatter().parse(said) if name}


def squeezed(said: str) -> str:
    """Without what stands between words: a sentence is found however it was wrapped."""
    return re.sub(r"[\s│┌┐└┘─]", "", said)


def long_number(value: Any) -> str:
    """A number of three figures or more, as lessons print it; "" where it is none."""
    whole = not isinstance(value, str) and float(value).is_integer()
    said = value.strip() if isinstance(value, str) else str(int(value)) if whole else five(float(value)).strip()
    figures = re.sub(r"e.*|\D", "", said).lstrip("0")
    return said if FIGURES.fullmatch(said) and len(figures) >= 3 else ""


def only_in_the_verdict(section: Section) -> set[str]:
    """The fields that only the verdict has; of a question for a number that is all after its first paragraph."""
    asked, verdict = (section.before, section.after) if section.items else (section.before[:1], section.before[1:])
    return fields_of(*verdict) - fields_of(*asked, *section.items)


def give_away(player: Player, asked: Asked, lang: str, size: tuple[int, int]) -> list[str]:
    """What on the screen answers the open prediction."""
    ask, found = asked.ask, list[str]()
    picture = LessonPicture(player, Look(), Manner(Words(lang, "tui")))
    drawn = picture.draw(*size, "", list)
    shown = "\n".join(canvas.text() for canvas in drawn if canvas is not None)
    text, ahead = picture.text, player.ahead(ask)
    with picture.drawing():
        true = player.lesson.says(ahead, text)
        told = squeezed("".join(frame.told(player, text, player.lesson.says(picture.view, text)).paragraphs))
        hidden = [b.symbol for panel in picture.panels() for b in panel.blocks() if picture.view.hides(b.symbol)]
        known = [symbol for symbol in hidden if picture.view.get(symbol) is not None]
        panels = {panel.id for panel in picture.panels()} & asked.hides.panels
    found += [f"symbol {symbol}" for symbol in known] + [f"panel {panel}" for panel in panels]
    for sentence in sentences(text, ask.id):
        if squeezed(fill(sentence, true)) in told or squeezed(fill(sentence, true)) in squeezed(shown):
            found.append(f"sentence {sentence}")
    for paragraph in text[f"act.{player.act}"].before:
        if fields_of(paragraph) & asked.hides.fields and squeezed(fill(paragraph, true)) in told:
            found.append(f"field in {paragraph}")
    assert not [name for name in only_in_the_verdict(text[f"ask.{ask.id}"]) if "·" in str(true.get(name))], ask.id
    numbers = [long_number(true[name]) for name in only_in_the_verdict(text[f"ask.{ask.id}"]) if name in true]
    if ask.kind == "number":
        numbers.append(long_number(ask.truth(ahead)))
    for number in filter(None, numbers):
        if re.search(rf"(?<![\d.,−-]){re.escape(number)}(?![\d.,e])", shown):
            found.append(f"number {number}")
    if lang == "en" and re.search(SEEN.get((player.lesson.card.id, ask.id), "$^"), shown):
        found.append(f"as found: {SEEN[player.lesson.card.id, ask.id]}")
    return found


def sentences(text: Text, ask: str) -> list[str]:
    """The sentences that are marked as answering a prediction."""
    paragraphs = (paragraph for section in text.sections.values() for paragraph in section.before)
    marked = (found for paragraph in paragraphs for found in SENTENCE.finditer(paragraph))
    return [found["said"] for found in marked if ask in found["ids"].split()]


def law(card: Card, sizes: tuple[tuple[int, int], ...], langs: tuple[str, ...]) -> None:
    met = set()
    for player, asked in questions(card):
        met.add(asked.ask.id)
        where = asked.ask.where(player.knobs, player.start)
        assert where is not None
        assert player.act == (where[0][0] if asked.ask.track == "reel" else "train"), "it stands in its own act"
        for size in sizes:
            for lang in langs:
                found = give_away(player, asked, lang, size)
                assert not found, (asked.ask.id, lang, size)
    asks = [ask.id for ask in Player(open_lesson(card), HOST).lesson.asks]
    assert met <= set(asks)
    assert {ask for lesson, ask in SEEN if lesson == card.id} <= met


@pytest.mark.exhaustive
@every
def test_the_verdict_on_every_wrong_option_fits_its_card(card: Card) -> None:
    for player, asked in questions(card):
        if asked.ask.kind != "choice":
            continue
        asked.view = player.ahead(asked.ask)
        for lang, (width, height) in product(LANGUAGES, SIZES):
            picture = LessonPicture(player, Look(), Manner(Words(lang, "tui")))
            inner = frame.TEXT - 2 if width >= WIDE else width - 2
            offered = [option for option, _ in options(asked, picture.text)]
            for chosen, truth in zip(offered, offered[1:] + offered[:1], strict=True):
                asked.given, asked.truth, asked.verdict = chosen, truth, "wrong"
                fields = player.lesson.says(asked.view, picture.text) | {"previous": ""}
                box = draw_card(asked, picture.words, picture.text, fields, inner, ascii_only=False)
                assert box.height <= height - 6, (asked.ask.id, chosen, lang, width)
        asked.verdict = ""


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("id", ["bptt", "lstm"])
def test_a_verdict_is_whole_where_the_text_stands_beside_a_small_stage(id: str, lang: str) -> None:
    """In the column of the text, or where it is too long for that, over the stage."""
    over = set()
    for player, asked in questions(next(card for card in CARDS if card.id == id)):
        asked.view = player.ahead(asked.ask)
        picture = LessonPicture(player, Look(), Manner(Words(lang, "tui"), text=True))
        offered = [option for option, _ in options(asked, picture.text)]
        for chosen, truth in zip(offered, offered[1:] + offered[:1], strict=True):
            asked.given, asked.truth, asked.verdict = chosen, truth, "wrong"
            drawn = picture.draw(100, 30, "", list)
            assert drawn.text is not None
            ways = [f"→ {picture.words('keys.go_on')}" in part.text() for part in (drawn.text, drawn.stage)]
            assert ways.count(True) == 1, (asked.ask.id, chosen)
            over.add(ways[1])
        asked.verdict = ""
    assert True in over or (id, lang) != ("bptt", "en")


@every
def test_no_answer_is_on_the_screen_while_it_is_asked(card: Card) -> None:
    law(card, SIZES[2:], ("en",))


@every
def test_no_panel_answers_a_prediction_before_it_is_asked(card: Card) -> None:
    """Whoever opens the lesson or goes to an act is asked at the next step; what answers is not there yet."""
    player = Player(open_lesson(card), HOST)
    for act in card.acts:
        player.to_act(act)
        player.questions.hold(player.position)
        ids = {panel.id for panel in LessonPicture(player, Look(), Manner(Words("en", "tui"))).panels()}
        assert not [ask.id for ask in player.unanswered() if ids & ask.hides.panels], act


@pytest.mark.representative("neuron", "bptt", "rivals")
@every
def test_what_was_passed_by_and_is_asked_again_is_hidden_again(card: Card) -> None:
    """From act to act to the last: then all that was passed by is asked again, in its place, and nothing tells it."""
    player = Player(open_lesson(card), HOST)
    while player.act != card.acts[-1]:
        player.questions.pass_by(player.position, player.next_act)
    if not player.spot.training:
        player.questions.pass_by(player.position, player.end)
    passed, last = set(player.record), player.reel.total
    assert player.ask_again() == len(passed)
    assert passed == {ask.id for at, ask in player.asks() if at < last}
    player.to_act(card.acts[0])
    player.home()
    met = set()
    for _, asked in questions(card, player):
        met.add(asked.ask.id)
        assert not give_away(player, asked, "en", SIZES[2]), asked.ask.id
    assert passed <= met


@pytest.mark.exhaustive
@every
def test_no_answer_is_on_a_screen_of_any_size_in_any_language(card: Card) -> None:
    law(card, SIZES, LANGUAGES)


@pytest.mark.representative("srn", "lstm")
@every
def test_no_punctuation_is_left_where_a_number_is_still_to_come(card: Card) -> None:
    left = re.compile(r"…[.。,，;；、]|[,，:：;；(（] *[.。,，;；)）](?!\d)")
    player = Player(open_lesson(card), HOST)
    for lang in LANGUAGES:
        text = LessonPicture(player, Look(), Manner(Words(lang, "tui"))).text
        for act in card.acts:
            player.to_act(act)
            said = frame.told(player, text, player.lesson.says(player.view(), text)).paragraphs
            assert not [paragraph for paragraph in said if left.search(paragraph)], (act, lang)
        for asking, asked in questions(card):
            said = frame.told(asking, text, asking.lesson.says(asking.view(), text)).paragraphs
            assert not [paragraph for paragraph in said if left.search(paragraph)], (asked.ask.id, lang)


def test_what_stands_around_a_number_still_to_come_is_closed() -> None:
    assert frame.closed("The sum of all, …, is it. The rest: ….") == "The sum of all is it. The rest: …"
    assert frame.closed("剩下的比例：…。") == "剩下的比例：…"


@every
def test_the_same_sentences_wait_in_both_languages(card: Card) -> None:
    lesson = open_lesson(card)
    en, zh = (load(type(lesson).__module__.rpartition(".")[0], lang) for lang in LANGUAGES)
    for key in en.sections:
        first, second = (
            {id for said in text[key].before for found in SENTENCE.finditer(said) for id in found["ids"].split()}
            for text in (en, zh)
        )
        assert first == second, key
        assert first <= {ask.id for ask in lesson.asks}, "each names a prediction"
