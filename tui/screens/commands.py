"""What the command palette offers: the keys of a screen, lessons, slides, and the knobs of the open lesson."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from lessons.contract.card import Card
from lessons.finding import all_places
from tui.keys import ALL
from tui.screens.base import Context, PaintedScreen


def commands(app: Context, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """All commands, those of the keys first."""
    words = app.words
    for key in ALL.values():
        own = next((binding for _, binding in screen._bindings if binding.id == key.id), None)
        if own is not None:
            yield SystemCommand(words(f"help.{key.id}"), key.sign, runner(screen, own.action))
    cards = {card.id: card for card in app.course.values() if isinstance(card, Card)}
    for card in cards.values():
        name = f"{app.number_of(card)} {card.id}  {card.title[words.lang]}"
        yield SystemCommand(name, card.lead[words.lang], partial(app.go, card.id), discover=False)
    for slide, lesson, place in all_places(app.course):
        name = words("title.slide", slide=slide, title=cards[lesson].title[words.lang])
        yield SystemCommand(name, f"{lesson} {place.at}", partial(app.go, lesson, place), discover=False)
    if isinstance(screen, PaintedScreen):
        for name, what, ask in screen.knobs():
            yield SystemCommand(name, what, ask, discover=False)


def runner(screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
    """What does an action on a screen."""

    async def run() -> None:
        await screen.run_action(action)

    return run
