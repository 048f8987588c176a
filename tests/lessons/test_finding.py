"""What someone types leads to a place: every slide that has a screen, every lesson, title, term and title of an act."""

from __future__ import annotations

import pytest

from engine.device import open_device
from lessons.contract.card import Card, Place
from lessons.contract.knobs import Refused, read_all
from lessons.course import course, find, open_lesson
from lessons.finding import EXACT, Found, act_titles, all_places, find_places, one_place, slides_of
from lessons.player.player import Player

COURSE = course()
CARDS = [card for card in COURSE.values() if isinstance(card, Card)]
SCREENS = [3, 4, 5, 6, 7, 8, 9, *range(28, 38), *range(38, 49)]
"""The slides 2-9 and 28-48 that have a screen today; lessons that come add theirs."""
QUICK = ["neuron", "bptt", "windows"]


def places_of(card: Card) -> list[Place]:
    """All places that a card declares, those of its terms too."""
    return [*card.places.values(), *(Place(term.at) for term in card.terms)]


def opens(card: Card, place: Place) -> None:
    """The place is there: its knobs are the lesson's, its address exists."""
    read_all(card.knobs, place.knobs)
    player = Player(open_lesson(card), open_device("cpu"), place.knobs, place.seed)
    if place.at:
        player.jump(place.at)
    assert place.at == "" or player.act == place.at.partition("/")[0]


@pytest.mark.parametrize("lesson", QUICK)
def test_the_places_of_a_card_open(lesson: str) -> None:
    card = find(lesson)
    for place in places_of(card):
        opens(card, place)


@pytest.mark.exhaustive
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_place_of_every_card_opens(card: Card) -> None:
    for place in places_of(card):
        opens(card, place)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_place_begins_with_an_act(card: Card) -> None:
    for place in places_of(card):
        assert place.at.partition("/")[0] in ("", *card.acts), place
        assert place.notation in ("", "first", "second")
        assert place.notation == "" or card.notation


@pytest.mark.parametrize("slide", SCREENS)
def test_a_slide_that_has_a_screen_is_found_by_its_number(slide: int) -> None:
    wanted = [(lesson, place) for number, lesson, place in all_places(COURSE) if number == slide]
    assert wanted
    for typed in (str(slide), f"第 {slide} 页", f"slide {slide}"):
        found = find_places(typed, COURSE)
        assert [(each.lesson, each.place) for each in found if each.is_exact] == wanted


def test_every_slide_that_a_card_names_leads_to_its_lesson() -> None:
    for card in CARDS:
        for slide in slides_of(card):
            assert card.id in [each.lesson for each in find_places(str(slide), COURSE)]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_titles_and_terms_in_both_languages_find_their_lesson(card: Card) -> None:
    names = [(name, term.at) for term in card.terms for name in term.names]
    names += [(title, act) for act, titles in act_titles(card).items() for title in titles.values()]
    for name, at in names:
        found = find_places(name.upper(), COURSE)
        places = [(each.lesson, each.place.at if each.place else None) for each in found if each.rank <= EXACT + 1]
        assert (card.id, at) in places or found == [Found(COURSE[name.lower()].id, None, found[0].name, 0)], name
    for title in card.title.values():
        best = find_places(title, COURSE)[0]
        assert (best.lesson, best.is_exact) == (card.id, True)
    assert find_places(card.id, COURSE) == [Found(card.id, None, card.title, 0)]


def test_one_place_is_meant_beyond_doubt() -> None:
    def meant(query: str) -> tuple[str, str] | None:
        found = one_place(find_places(query, COURSE))
        return None if found is None else (found.lesson, found.place.at if found.place else "")

    assert meant("36") == ("bptt", "dW/t=3/k=1")
    assert meant("softmax") == ("activations", "softmax")
    assert meant("Ｓｏｆｔｍａｘ") == ("activations", "softmax")
    assert meant("bptt/dW/t=2") == ("bptt", "dW/t=2")
    assert meant("39") is None
    assert meant("词向量") is None


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("2", r"slide 2 has no screen; those next to it are 3, 4, 5, 6"),
        ("sotfmax", r"nothing is called sotfmax; near it: softmax"),
        ("zzzz", r"there is no lesson zzzz; the lessons are timeline, "),
        ("", r"there is no lesson"),
    ],
)
def test_what_is_not_found_says_what_is_near(query: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        find_places(query, COURSE)


def test_nothing_is_loaded_to_find_it() -> None:
    import subprocess
    import sys

    code = "import sys; from lessons.course import course; from lessons.finding import find_places; "
    code += "find_places('softmax', course()); print([m for m in sys.modules if m.endswith('.lesson')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['lessons.contract.lesson']")
