"""The command line: opens the course, and prints lessons, states and numbers. Light until a lesson is really needed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.threads import hold_to_one_thread
from lessons.contract.knobs import Refused
from lessons.contract.notations import NOTATIONS
from lessons.contract.phrases import reason
from tui.canvas.visible import visible
from tui.cli.as_json import print_json
from tui.cli.common import (
    above,
    at_work,
    fail,
    given_knobs,
    given_seed,
    language_spoken,
    open_on,
    words_of,
)
from tui.cli.completing import addresses, lessons, settings
from tui.cli.speaking import SpokenCommand, SpokenGroup, begin, cells, complaint, lang_option, say_version
from tui.machine import collecting
from tui.machine.terminal import language

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from lessons.deck import Stop
    from lessons.finding import Found


ELSEWHERE = {
    "show": "tui.cli.show:show_command",
    "train": "tui.cli.vectors:train_group",
    "neighbours": "tui.cli.vectors:neighbours_command",
    "analogy": "tui.cli.vectors:analogy_command",
    "generate": "tui.cli.charnn:generate_command",
    "translate": "tui.cli.translate:translate_command",
}
"""Commands whose options are not needed to say which commands there are."""


def main() -> None:
    """The console script: errors are one line and exit code 2."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        with contextlib.suppress(AttributeError):
            getattr(sys, name).reconfigure(errors="replace")
    begin()
    try:
        result = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        fail(complaint(error))
    except click.Abort:
        sys.exit(130)
    except Refused as refused:
        fail(refused.say(words_of()))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it is quiet
        sys.exit(1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        words = words_of()
        fail(words("error.write", error=reason(error)(words)))
    sys.exit(result if isinstance(result, int) else 0)


def lecture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a lecturer wants of the app."""
    present = click.option("--present", is_flag=True)
    return present(click.option("--fresh-record", is_flag=True)(command))


def is_lesson(args: list[str]) -> bool:
    """Whether "generate" or "translate" is the lesson: alone, or with what opens one. With a file it is the command."""
    takes = {
        name: not each.is_flag for each in open_command.params if isinstance(each, click.Option) for name in each.opts
    }
    rest = args[1:]
    while rest and (name := rest[0].partition("=")[0]) in takes:
        rest = rest[2 if takes[name] and "=" not in rest[0] else 1 :]
    return args[:1] in (["generate"], ["translate"]) and not rest


class Lessons(SpokenGroup):
    """A group whose unknown commands are lessons: `unroll bptt` opens one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        lesson = args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-")
        file_follows = ctx.resilient_parsing and len(args) == 1  # a shell asks what may stand behind "generate"
        if lesson or (is_lesson(args) and not file_follows):
            return args[0], open_command, args
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands, options and lessons."""
        offered = super().shell_complete(ctx, incomplete)
        names = {item.value for item in offered}
        return [*offered, *(item for item in lessons(ctx, None, incomplete) if item.value not in names)]


@click.group(
    "unroll",
    cls=Lessons,
    elsewhere=ELSEWHERE,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=say_version)
@lang_option()
@click.option("--glyphs", type=click.Choice(["auto", "unicode", "ascii"]), default=None)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default="cpu")
@click.pass_context
def cli(ctx: click.Context, lang: str | None, glyphs: str | None, device: str) -> None:
    """Step through neural networks, one operation at a time. Without a command, opens the course."""
    hold_to_one_thread()
    ctx.obj = {"lang": lang, "glyphs": glyphs, "device": device}
    if ctx.invoked_subcommand is None:
        run_app(None, **ctx.obj)


class OpenCommand(SpokenCommand):
    """Opens a lesson. What is none is refused before its help is given, since any unknown command may be a lesson."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and not {*args}.isdisjoint(self.get_help_option_names(ctx)):
            from lessons.course import course
            from lessons.finding import find_places

            find_places(" ".join(takewhile(lambda arg: not arg.startswith("-"), args)), course())
        return super().parse_args(ctx, args)


@click.command("open", cls=OpenCommand, hidden=True)
@click.argument("query", metavar="", nargs=-1, required=True)
@click.option("--at", metavar="PATH", shell_complete=addresses)
@click.option("--set", "pairs", multiple=True, metavar="KNOB=VALUE", shell_complete=settings)
@click.option("--seed", type=str, default=None)
@click.option("--notation", type=click.Choice(list(NOTATIONS)), default=None)
@lang_option()
@click.option("--glyphs", type=click.Choice(["auto", "unicode", "ascii"]), default=None)
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default=None)
@click.option("--afresh", is_flag=True)
@lecture_options
@click.pass_context
def open_command(
    ctx: click.Context,
    query: tuple[str, ...],
    at: str | None,
    pairs: tuple[str, ...],
    seed: str | None,
    notation: str | None,
    lang: str | None,
    glyphs: str | None,
    device: str | None,
    afresh: bool,
    present: bool,
    fresh_record: bool,
) -> None:
    """Open a lesson, or what a slide, a title or a term leads to."""
    above = ctx.obj or {}
    from lessons.contract.card import Place
    from lessons.course import course
    from lessons.finding import Found, find_places, one_place

    found = find_places(" ".join(query), course())
    one = one_place(found)
    if at or pairs or seed or notation:
        one = one or found[0]
        place = one.place or Place()
        given = {**place.knobs, **given_knobs(pairs)}
        wanted = Place(at or place.at, given, NOTATIONS[notation] if notation else place.notation, given_seed(seed))
        one = Found(one.lesson, wanted, one.name, one.rank)
    run_app(
        None if one is None else one.lesson,
        lang or above.get("lang"),
        glyphs or above.get("glyphs"),
        device or above.get("device", "cpu"),
        afresh,
        found=(" ".join(query), found if one is None else [one]),
        present=present,
        fresh_record=fresh_record,
    )


def run_app(
    lesson: str | None,
    lang: str | None,
    glyphs: str | None,
    device: str,
    afresh: bool = False,
    found: tuple[str, Sequence[Found]] | None = None,
    stops: Sequence[Stop] = (),
    present: bool = False,
    fresh_record: bool = False,
) -> None:
    """Open the app, if there is a terminal to open it in. `found` is what was typed, and the places that fit it."""
    from lessons.contract.knobs import read_all
    from lessons.course import course, find

    place = found[1][0].place if lesson is not None and found is not None else None
    if lesson is not None:
        card = find(lesson)
        read_all(card.knobs, place.knobs if place is not None else {})
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        fail(words_of()("error.terminal", lesson=lesson or "LESSON"))
    open_on(device)
    collecting.put_off()
    from tui.app import Opening, UnrollApp
    from tui.machine.signals import ending
    from tui.machine.store import Store
    from tui.machine.terminal import wants_ascii
    from tui.picture.boxes import Choices

    store = Store(background=True, lang=language_spoken(), fresh_record=fresh_record)
    if lang:
        store.settings.language = lang
    begun: list[UnrollApp] = []
    with ending(
        lambda number: bool(begun) and begun[0].end(number), lambda: begun[0].keep_now() if begun else None
    ):  # asking the terminal changes it too
        ascii_only = wants_ascii(glyphs or store.settings.glyphs)
        choices = Choices(*found, course()) if found is not None and lesson is None else None
        opening = Opening(place, choices, stops, present)
        app = UnrollApp(lesson, store, language(lang or ""), device, ascii_only, afresh, opening)
        app.forgives = True
        begun.append(app)
        app.run()
        store.flush()
    collecting.begin()
    if app.refused is not None:
        raise app.refused
    code = app.return_code or 0
    if 0 < code < 128:
        print(f"unroll: {words_of()('error.ended', folder=store.data)}", file=sys.stderr)
    rescued = store.rescue()
    if rescued is not None:
        why, folder = rescued
        key = "error.rescued" if folder != Path() else "error.not_kept"
        print(f"unroll: {visible(words_of()(key, why=why, folder=folder))}", file=sys.stderr)
    if code or rescued is not None:
        sys.exit(code or 1)


@cli.command("deck")
@click.argument("file", default="slides", metavar="[FILE]")
@click.option("--check", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@lecture_options
@lang_option()
@click.pass_context
def deck_command(
    ctx: click.Context, file: str, check: bool, as_json: bool, present: bool, fresh_record: bool, lang: str | None
) -> None:
    """Give a lecture: page down goes from stop to stop, as FILE lists them; without one, through the slides."""
    from lessons.course import course
    from lessons.deck import read_deck, slides_deck

    lessons = course()
    stops = slides_deck(lessons) if file == "slides" else read_deck(_read(file), file, lessons)
    if check:
        _try_stops(stops, file)
    if as_json:
        print_json({"stops": [_described(stop) for stop in stops]})
    elif check:
        click.echo(words_of()("say.stops", n=len(stops)))
    if check or as_json:
        return
    above = ctx.obj or {}
    run_app(
        None,
        lang or above.get("lang"),
        above.get("glyphs"),
        above.get("device", "cpu"),
        stops=stops,
        present=present,
        fresh_record=fresh_record,
    )


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None
    except UnicodeDecodeError:
        raise Refused("file_read", file=file, error="UTF-8") from None


def _try_stops(stops: Sequence[Stop], file: str) -> None:
    """Open every stop in turn. Raises Refused for the first that does not open."""
    from engine.walks.far import Far
    from lessons.course import find, open_lesson
    from lessons.player.player import Player

    device = open_on(above("device", "cpu"))
    for number, stop in enumerate(stops, 1):
        try:
            lesson, place = open_lesson(find(stop.lesson)), stop.place
            player = Player(lesson, device, place.knobs, place.seed, language=language_spoken())
            player.patience = player.runs.patience = 0.0  # updates that a stop lies behind need not be made
            if stop.place.at:
                player.jump(stop.place.at)
        except Far:
            continue
        except Refused as refused:
            raise Refused("deck_line", file=file, line=stop.line or number, why=refused.say) from None


def _described(stop: Stop) -> dict[str, Any]:
    """A stop as plain data."""
    place = stop.place
    return {
        "lesson": stop.lesson, "slide": stop.slide or None, "at": place.at, "knobs": dict(place.knobs),
        "seed": place.seed, "notation": place.notation or "first", "note": stop.note, "line": stop.line or None,
    }  # fmt: skip


@cli.command("lessons")
@click.option("--json", "as_json", is_flag=True)
@lang_option()
def lessons_command(as_json: bool, lang: str | None) -> None:
    """List the lessons."""
    from lessons.contract.card import Broken
    from lessons.course import course

    found = course()
    if as_json:
        print_json({"lessons": [card.describe(language_spoken()) for card in found.values()]})
        return
    speak = language_spoken()
    for card in found.values():
        if isinstance(card, Broken):
            click.echo(f"! {card.id:<12} {card.error}")
        else:
            click.echo(f"{card.id:<22}{card.slides:<22}{card.title[speak]}")


@cli.command("doctor")
@click.option("--clear", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@lang_option()
def doctor_command(clear: bool, as_json: bool, lang: str | None) -> None:
    """Say what works here and what does not."""
    from tui.cli.doctor import clear_training, examine, name_of

    if clear:
        click.echo(clear_training())
        return
    with at_work():
        found = examine()
    if as_json:
        print_json(found)
        return
    for name, entry in found.items():
        shown = name_of(name)
        click.echo(f"{'✓' if entry['ok'] else '!'} {shown}{' ' * (12 - cells(shown))} {entry['said']}")


@cli.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the shell's completion script: eval "$(unroll completion bash)"."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "unroll", "_UNROLL_COMPLETE").source())
