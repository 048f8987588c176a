"""Help, usage and click's own errors in the learner's language.

A text of the command line is a phrase of `tui.cli`: `command.<name>`, `option.<name>` (or `option.<command>.<name>`
where one command means something else by it), `metavar.<as click writes it>`. Code gives no help text. What click says
by itself it looks up with gettext, by its English; `translate_click` puts the phrases `click.*` in gettext's place.
"""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from lessons.contract.phrases import Words
from tui.cli.common import language_spoken, speak, words_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

TRANSLATED = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)
"""The modules of click that say something to a user of ours: we ask at no prompt and page no text."""


class Said(str):
    """A phrase of click's. What fills it may be a phrase too: "integer" in "'x' is not a valid integer"."""

    def format(self, *args: object, **fields: object) -> str:
        """As str.format."""
        known = click_phrases(language_spoken())
        said = {key: known.get(str(each), each) if isinstance(each, str) else each for key, each in fields.items()}
        return str.format(self, *args, **said)


@cache
def click_phrases(lang: str) -> Mapping[str, str]:
    """What click says in English → in this language; empty for English itself."""
    if lang == "en":
        return {}
    english, spoken = words_of("en"), words_of(lang)
    return {said: spoken(key) for prefix in ("click.", "kind.") for key, said in english.under(prefix).items()}


def say(message: str) -> str:
    """In gettext's place: a message of click's, English where it is not known."""
    return Said(click_phrases(language_spoken()).get(message, message))


def say_number(one: str, many: str, n: int) -> str:
    """In ngettext's place."""
    return say(one if n == 1 else many)


def translate_click() -> None:
    """From here on click speaks the learner's language."""
    for module in TRANSLATED:
        for name, ours in (("_", say), ("ngettext", say_number)):
            if hasattr(module, name):
                setattr(module, name, ours)


def name_of(option: click.Parameter) -> str:
    """An option as it is typed, without its dashes: keep-every."""
    return max(option.opts, key=len).lstrip("-")


def tell(command: click.Command) -> None:
    """Give a command, its options and what stands for their values the texts of the learner's language."""
    words = words_of()
    command.help = words.own(f"command.{command.name}", command.help or "")
    command.options_metavar = words("metavar.[OPTIONS]")
    if isinstance(command, click.Group):
        command.subcommand_metavar = words("metavar.COMMAND [ARGS]...")
    for param in command.params:
        if isinstance(param, click.Option):
            name = name_of(param)
            shared = words.own(f"option.{name}", param.help or "")
            param.help = words.own(f"option.{command.name}.{name}", shared)
        if not (isinstance(param, click.Option) and (param.is_flag or param.count)):
            param.metavar = _metavar(param, words)


declared: WeakKeyDictionary[click.Parameter, str | None] = WeakKeyDictionary()
"""What stands for the value of a parameter where it is declared: what is shown is said anew in each language."""


def _metavar(param: click.Parameter, words: Words) -> str | None:
    """What stands for a value in help and errors: the phrase for what click would write, if there is one."""
    own = declared.setdefault(param, param.metavar)
    name = (param.name or "") if isinstance(param, click.Argument) else param.type.name
    written = name.upper() if own is None else own
    said = words.own(f"metavar.{written}", written)
    if said == written:
        return own
    return said if own or param.required or isinstance(param, click.Option) else f"[{said}]"


def complaint(error: click.ClickException) -> str:
    """What an error of click's says, in one line."""
    context = getattr(error, "ctx", None)
    if context is not None:
        tell(context.command)
    said = " ".join(error.format_message().split())
    return (
        said
        if language_spoken() == "en"
        else re.sub(r"([，。；：？]) ", r"\1", said.replace("'. ", "'；")).rstrip(".。")
    )


def _choose(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value:
        speak(value)
    return value


Decorated = TypeVar("Decorated", bound="Callable[..., Any] | click.Command")


def lang_option(**more: Any) -> Callable[[Decorated], Decorated]:
    """The decorator for --lang. Every command has one: where it is not given it is added, and its value not passed."""
    return click.option("--lang", type=click.Choice(["en", "zh"]), callback=_choose, is_eager=True, **more)


def say_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    """The callback of --version."""
    if asked:
        from importlib.metadata import version

        click.echo(say("%(prog)s, version %(version)s") % {"prog": "unroll", "version": version("unroll-nn")})
        ctx.exit()


class HelpFormatter(click.HelpFormatter):
    """Help in cells of a terminal: a Chinese character takes two, and a line may end after it."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line."""
        said = say("Usage:") if prefix is None else prefix.strip()
        self._write(f"{said}{'' if said.endswith('：') else ' '}{prog} ", args)

    def write_heading(self, heading: str) -> None:
        """A line above a list."""
        self.write(f"{'':>{self.current_indent}}{heading}{'：' if language_spoken() == 'zh' else ':'}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        for n, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
            if n:
                self.write("\n")
            self._write(" " * self.current_indent, " ".join(paragraph.split()))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Names and what they mean."""
        rows = list(rows)
        wide = min(max((cells(first) for first, _ in rows), default=0), col_max)
        for first, second in rows:
            head = " " * self.current_indent + first
            if cells(first) > wide and second:
                self.write(head + "\n")
                head = ""
            start = self.current_indent + wide + col_spacing
            self._write(head + " " * (start - cells(head)), second)

    def _write(self, head: str, text: str) -> None:
        """A text behind a head, its further lines below where it began."""
        start = cells(head)
        lines = broken(text, max(self.width - start, 20))
        self.write((head + lines[0]).rstrip() + "\n")
        for line in lines[1:]:
            self.write(" " * start + line + "\n")


WIDE, OPENING, CLOSING = r"\u2e80-\u9fff\uff01-\uff60", "[（《“「]*", "[，。；：！？、）》”」…]*"
PIECE = rf"\s+|{OPENING}[{WIDE}]{CLOSING}|[^\s{WIDE}]+{CLOSING}"
"""What a line is never broken in: a word, or a wide character, with the marks before and behind it."""


def cells(text: str) -> int:
    """The width of a text on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def broken(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells, where its pieces allow it."""
    lines = [""]
    for piece in re.findall(r"\s+|\S+" if text.isascii() else PIECE, text):  # PIECE takes 2 ms to compile
        if cells(lines[-1]) + cells(piece.rstrip()) > width and lines[-1].strip():
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        if lines[-1] or piece.strip():
            lines[-1] += piece
    return [line.rstrip() for line in lines]


class SpokenContext(click.Context):
    """The context of our commands: its help is written in cells."""

    formatter_class = HelpFormatter


class SpokenCommand(click.Command):
    """A command whose texts are phrases. It understands --lang, whether it was declared or not."""

    context_class = SpokenContext

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not any("--lang" in param.opts for param in self.params):
            lang_option(expose_value=False)(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; where a shell asks what may follow an option, all that stands before it is known."""
        waiting = {name for param in self.params if isinstance(param, click.Option) for name in param.opts}
        if ctx.resilient_parsing and args and args[-1] in waiting:
            args = args[:-1]
        rest = super().parse_args(ctx, args)
        for param in self.params:  # a range takes what is no number: it compares as neither below nor above
            value = ctx.params.get(param.name or "")
            if isinstance(value, float) and not math.isfinite(value):
                raise click.BadParameter(f"{str(value)!r} is not a valid {param.type.name}.", ctx, param)
        return rest

    def get_help(self, ctx: click.Context) -> str:
        """The whole help, in the learner's language."""
        tell(self)
        return super().get_help(ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Its options, told in the learner's language; of a group the commands too."""
        tell(self)
        return super().shell_complete(ctx, incomplete)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its first sentence, however long it is."""
        return in_short(self.name or "")


def in_short(command: str, group: str = "") -> str:
    """The first sentence of a command's help, however long it is; `train-translate` is another than `translate`."""
    words = words_of()
    whole = words.own(f"command.{group}-{command}", words.own(f"command.{command}", ""))
    first = re.match(r".*?(?=[.。](?:\s|$)|[。\n]|$)", whole.strip())
    return first[0] if first else ""


class SpokenGroup(SpokenCommand, click.Group):
    """A group of such commands. Those `elsewhere`, by name as "module:attribute", are loaded when they are called."""

    command_class = SpokenCommand
    group_class = type

    def __init__(self, *args: Any, elsewhere: Mapping[str, str] | None = None, **more: Any) -> None:
        self.elsewhere = dict(elsewhere or {})
        super().__init__(*args, **more)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the alphabet."""
        return sorted({*self.commands, *self.elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, None where there is none."""
        if cmd_name in self.elsewhere and cmd_name not in self.commands:
            module, _, attribute = self.elsewhere[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with what they do in short; none is loaded for it."""
        with formatter.section(say("Commands")):
            formatter.write_dl([(name, in_short(name, self.name or "")) for name in self.list_commands(ctx)])


def everything(command: click.Command) -> Iterable[click.Command]:
    """A command and all those below it."""
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from everything(below)


def asked_language(args: list[str]) -> str:
    """What --lang says among these, wherever it stands, so that errors and help before it speak it too; else ""."""
    asked = ""
    for arg, after in zip(args, [*args, ""][1:], strict=True):
        name, equals, value = arg.partition("=")
        if name == "--lang" and (value if equals else after) in ("en", "zh"):
            asked = value if equals else after
    return asked


def begin() -> None:
    """Before click reads the arguments: the language that they ask for, and click in it."""
    speak(asked_language(sys.argv[1:]))
    translate_click()
