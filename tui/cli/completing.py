"""What a shell offers on tab: lessons, acts of a lesson, and knobs with their values, as KNOB=VALUE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import click
from click.shell_completion import BashComplete, CompletionItem, ZshComplete, add_completion_class, split_arg_string

from lessons.contract.knobs import FILES, Knob
from tui.cli.common import language_spoken, words_of

if TYPE_CHECKING:
    from lessons.contract.card import Card

Items: TypeAlias = "list[CompletionItem[str]]"


def lessons(ctx: click.Context, param: click.Parameter | None, incomplete: str) -> Items:
    """Lessons, with their titles."""
    from lessons.contract.card import Card
    from lessons.course import course

    cards = (card for card in course().values() if isinstance(card, Card))
    return [_item(card.id, card.title[language_spoken()]) for card in cards if card.id.startswith(incomplete)]


def card_of(ctx: click.Context) -> Card | None:
    """The card of the lesson that stands before what is completed."""
    from lessons.contract.card import Card
    from lessons.course import course

    given = ctx.params.get("lesson") or next(iter(ctx.params.get("query") or ()), None)
    card = course().get(given) if isinstance(given, str) else None
    return card if isinstance(card, Card) else None


def addresses(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The acts of the lesson."""
    card = card_of(ctx)
    return [_item(act) for act in card.acts if act.startswith(incomplete)] if card else []


def settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The knobs of the lesson, as `hidden=`; behind the sign the values that one may have."""
    card = card_of(ctx)
    name, equals, value = incomplete.partition("=")
    if card is None:
        return []
    if not equals:
        return _knobs(card, name)
    knob = next((knob for knob in card.knobs if knob.id == name), None)
    if knob is None:
        return []
    found = [_item(f"{name}={each}") for each in values(knob, value) if each.startswith(value)]
    return found if found or knob.kind not in FILES else [CompletionItem(incomplete, type="file")]


def _knobs(card: Card, start: str) -> Items:
    """The knobs that begin so, with what they set, as the lesson says it, else as all do."""
    from lessons.contract.text import load

    text, words = load(card.load.partition(":")[0].rpartition(".")[0], language_spoken()), words_of()
    found = []
    for knob in card.knobs:
        if knob.id.startswith(start):
            about = text.phrase("knobs", knob.id, "") or words.get(f"knob.{knob.id}", "")
            found.append(_item(f"{knob.id}=", f"{about} ({knob.range()})".strip()))
    return found


def values(knob: Knob, typed: str) -> Iterator[str]:
    """What a knob may be: its choices; of numbers the default, the lowest and the highest; else the default."""
    if knob.kind == "several":
        before = typed[: typed.rfind(",") + 1]
        taken = before.split(",")
        yield from (before + choice for choice in knob.choices if choice not in taken)
    elif knob.choices:
        yield from knob.choices
    else:
        numbers = (knob.low, knob.high) if knob.kind in ("int", "float") else ()
        yield from dict.fromkeys([str(knob.begins(language_spoken())), *(f"{number:.10g}" for number in numbers)])


def _item(value: str, about: str | None = None) -> CompletionItem[str]:
    return CompletionItem(value, help=about)


def replaced(script: str, *pairs: tuple[str, str]) -> str:
    """A script of click's with parts replaced; as it was where a part is not there."""
    known = all(part in script for part, _ in pairs)
    for part, ours in pairs if known else ():
        script = script.replace(part, ours)
    return script


@add_completion_class
class Bash(BashComplete):
    """Bash cuts a word at "=": the parts are put together to be understood, and the last alone is handed back."""

    source_template = replaced(
        BashComplete.source_template,
        ("COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *= ]] && compopt -o nospace"),
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the cursor, and the one that it stands in."""
        words, at = split_arg_string(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
        whole: list[str] = []
        for part in words[1:at] + (words[at : at + 1] or [""]):
            if whole and part and (part == "=" or whole[-1].endswith("=")):
                whole[-1] += part
            else:
                whole.append(part)
        return whole[:-1], whole[-1]

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """As in every shell, but for what stands before the last "="."""
        cut = incomplete[: incomplete.rfind("=") + 1]
        if cut.startswith("-"):
            cut = cut.partition("=")[2]
        found = super().get_completions(args, incomplete)
        return [CompletionItem(item.value.removeprefix(cut), item.type, item.help) for item in found]


@add_completion_class
class Zsh(ZshComplete):
    """After `hidden=` the value follows at once, without a space."""

    source_template = replaced(
        ZshComplete.source_template,
        ("local -a response\n", "local -a response suffix\n"),
        ("in ${response}; do\n", 'in ${response}; do\n        [[ "$key" == *= ]] && suffix=(-S "")\n'),
        ("completions_with_descriptions -U\n", 'completions_with_descriptions -U "${suffix[@]}"\n'),
        ("compadd -U", 'compadd "${suffix[@]}" -U'),
    )
