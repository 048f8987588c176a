"""ABC notation (standard 2.1): a tune as letters, read into bars of notes, checked, and written again.

    M:6/8  L:1/8  K:G     header: metre, unit of length, key          GAB d2B|c3-c3:|     bars of notes
    A2 A/ A3/2  lengths in units      ^A _A =A  accidentals, until the bar ends    A, a a'  octaves    z  a rest
    (3ABC  three in the time of two   A>B  3/2 and 1/2     A-A  a tie    [Ace]  together   |1 :|2  endings

Pitches are MIDI numbers, C is 60; lengths are fractions of a whole note; a place is an offset in the text. Decorations,
grace notes, chord names, slurs, words and comments are passed over. What else stands there is a `Fault` of its bar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

MODES = {"": 0, "maj": 0, "ion": 0, "lyd": 1, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5}
"""How many fifths a mode's signature lies above that of the major key on the same note."""
FIFTHS = "FCGDAEB"
SCALE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
KEY = re.compile(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)((?:\s+[_^=][A-Ga-g])*)")
ACCIDENTALS = {"^": 1, "_": -1, "=": 0, "^^": 2, "__": -2}
NOTE = r"(\^\^?|__?|=)?([A-Ga-gzx])([,']*)"
LENGTH = r"(\d*)(/*)(\d*)"
PLAIN = (NOTE + LENGTH).replace("(", "(?:")
TOKEN = re.compile(
    rf"""
      (?P<field>^[A-Za-z+]:(?![|:])[^\n]*)
    | (?P<inline>\[[A-Za-z]:[^\]\n]*\])
    | (?P<passed>[ \t\r`\\]+|%[^\n]*|"[^"\n]*"|![^!\n]*!|\{{[^}}\n]*\}}|y\d*|[~.HLMOPSTuv]|\((?!\d)|\)|^[KX]\Z)
    | (?P<blank>\n[ \t\r]*(?=\n|\Z)) | (?P<newline>\n)
    | (?P<bar>:*(?:\[\||\|+\]?):*|:{{2,}})(?P<ending>\d[\d,-]*)?
    | \[(?P<second>\d[\d,-]*)
    | (?P<note>{NOTE}){LENGTH}(?P<tie>-?)
    | \[(?P<chord>(?:{PLAIN})+)\](?P<size>\d*/*\d*)(?P<ctie>-?)
    | \((?P<tuplet>\d)(?::(?P<time>\d*))?(?::(?P<count>\d*))?
    | (?P<broken>[<>]+)
    """,
    re.VERBOSE | re.MULTILINE,
)
IN_TIME_OF = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""A tuplet of so many notes takes the time of how many; others of 3 in a metre of threes, else of 2."""
HEADER = "XTCOMLQK"


class Fault(NamedTuple):
    """What cannot be read: where, the reason (a phrase's key), and what stands there."""

    at: int
    reason: str
    found: str


class Note(NamedTuple):
    """Pitches that sound together, none for a rest; a `tied` note goes on in the next one. text[start:end] is it."""

    pitches: tuple[int, ...]
    length: Fraction
    start: int
    end: int
    tied: bool = False


class Bar(NamedTuple):
    """The notes between two bar lines; `inner` if neither of these is a strain's border; `sign` is the second.

    `metre` is how long it is to be, None in free metre; `repeats` whether a repeat begins with it, and `ending` in
    which turns it is played, "" in all. `unit` and `key` are those in force. text[start:end] is what it was read from.
    """

    notes: tuple[Note, ...]
    metre: Fraction | None
    unit: Fraction
    key: str
    start: int
    end: int
    inner: bool
    sign: str
    repeats: bool = False
    ending: str = ""
    fault: Fault | None = None

    @property
    def length(self) -> Fraction:
        """The sum of its notes."""
        return sum((note.length for note in self.notes), Fraction(0))

    @property
    def adds_up(self) -> bool:
        """Whether all of it can be read, and lasts as long as the metre says."""
        return self.fault is None and (self.metre is None or self.length == self.metre)

    @property
    def breaks(self) -> int | None:
        """The note with which it becomes too long, by its number from 0; None if it does not."""
        total = Fraction(0)
        for n, note in enumerate(self.notes):
            total += note.length
            if self.metre is not None and total > self.metre:
                return n
        return None


class Tune(NamedTuple):
    """A tune: the values of its header by letter, its body as it stands there and its first line, the bars."""

    header: Mapping[str, str]
    body: str
    bars: tuple[Bar, ...]
    line: int = 1

    @property
    def faults(self) -> list[Fault]:
        """All that cannot be read of it."""
        return [bar.fault for bar in self.bars if bar.fault is not None]


class State(NamedTuple):
    """What is in force at a place: metre, unit of length, key."""

    metre: Fraction | None = Fraction(1)
    unit: Fraction = Fraction(1, 8)
    key: str = "C"


class ABCError(ValueError):
    """A text without a bar that can be read: `key` is the reason (a phrase), `about` its fields, `line` among them."""

    def __init__(self, key: str, **about: object) -> None:
        super().__init__(key, about)
        self.key, self.about = key, about


# the header


def fraction(text: str) -> Fraction | None:
    """A length such as 1/8 or 2+3/8; None where it is none."""
    over, _, under = text.strip().strip("()").partition("/")
    try:
        return Fraction(sum(int(part) for part in over.replace(")", "").split("+")), int(under or 1)) or None
    except (ValueError, ZeroDivisionError):
        return None


def metre(text: str) -> Fraction | None:
    """How long a bar is: M:6/8 is 3/4 of a whole note, C is 4/4, C| is 2/2; None in free metre."""
    return Fraction(1) if text.strip() in ("C", "C|") else fraction(text)


@lru_cache(maxsize=256)
def signature(key: str) -> Mapping[str, int]:
    """The accidentals of a key, by letter: K:Edor has F and C sharp. C major where it cannot be read."""
    found = KEY.match({"HP": "D", "Hp": "D"}.get(key.strip(), key))
    if found is None:
        return {}
    letter, bend, mode, more = found.groups()
    fifths = FIFTHS.index(letter) - 1 + 7 * (bend == "#") - 7 * (bend == "b")
    fifths += MODES.get(mode.lower() if mode.lower() in MODES else mode[:3].lower(), 0)
    signs = dict.fromkeys(FIFTHS[:fifths], 1) if fifths > 0 else dict.fromkeys(FIFTHS[::-1][:-fifths], -1)
    return signs | {each[-1].upper(): ACCIDENTALS[each[:-1]] for each in more.split()}


def after(state: State, field: str, value: str) -> State:
    """What is in force after a field; those that change nothing here leave it."""
    value = value.partition("%")[0].strip()
    if field == "M":
        return state._replace(metre=metre(value))
    if field == "L":
        return state._replace(unit=fraction(value) or state.unit)
    return state._replace(key=value or "C") if field == "K" else state


# bars


class _Reader:
    """Gathers the notes of one bar after the other."""

    def __init__(self, state: State) -> None:
        self.state, self.bars = state, list[Bar]()
        self.border, self.repeats, self.ending = True, False, ""
        self.clear(0)

    def clear(self, at: int) -> None:
        self.start, self.notes = at, list[Note]()
        self.fault: Fault | None = None
        self.accidentals, self.tuplet, self.factor = dict[tuple[str, int], int](), 0, Fraction(1)
        self.pending: Fraction | None = None

    def wrong(self, at: int, reason: str, found: str) -> None:
        self.fault = self.fault or Fault(at, reason, found)

    def close(self, at: int, sign: str, border: bool, text: str) -> None:
        """A bar ends; one without notes is none."""
        if self.pending is not None or self.tuplet:
            self.wrong(at, "unfinished", text[max(0, at - 4) : at + 1].strip())
        if self.notes or self.fault:
            inner = not self.border and not border and bool(sign)
            s = self.state
            self.bars.append(
                Bar(
                    tuple(self.notes), s.metre, s.unit, s.key, self.start, at, inner, sign, self.repeats, self.ending,
                    self.fault,
                )
            )  # fmt: skip
            self.border, self.repeats, self.ending = border, False, ""
        self.border |= border
        self.clear(at + len(sign))

    def note(self, pitches: tuple[int, ...], units: Fraction | None, at: tuple[int, int], tied: bool) -> None:
        """One more note; `units` None is a length that is none."""
        if units is None:
            self.wrong(at[0], "length", "")
            return
        if self.tuplet:
            units, self.tuplet = units * self.factor, self.tuplet - 1
        if self.pending is not None:
            units, self.pending = units * self.pending, None
        self.notes.append(Note(pitches, units * self.state.unit, *at, tied))

    def halved(self, signs: str, at: int) -> None:
        """A>B: the note before grows by a half, the next one loses it; A>>B by three quarters."""
        if not self.notes or len(set(signs)) > 1 or len(signs) > 3:
            self.wrong(at, "broken", signs)
            return
        less = Fraction(1, 2 ** len(signs))
        first, second = (2 - less, less) if signs[0] == ">" else (less, 2 - less)
        self.notes[-1] = self.notes[-1]._replace(length=self.notes[-1].length * first)
        self.pending = second

    def pitch(self, accidental: str | None, letter: str, octaves: str) -> tuple[int, ...]:
        """The MIDI number of a note, with the accidentals before it in the bar; none for a rest."""
        if letter in "zx":
            return ()
        octave = (letter.islower()) + octaves.count("'") - octaves.count(",")
        if accidental:
            self.accidentals[letter.upper(), octave] = ACCIDENTALS[accidental]
        bend = self.accidentals.get((letter.upper(), octave), signature(self.state.key).get(letter.upper(), 0))
        return (60 + 12 * octave + SCALE[letter.upper()] + bend,)


def bars(text: str, state: State = State()) -> list[Bar]:  # noqa: B008 - a tuple
    """The bars of a text, headers of tunes in it included; `state` is in force at its beginning.

    Letters that are no ABC are the fault of their bar, not of the text: what a net writes is read as far as it goes.
    """
    reader, at = _Reader(state), 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or not found.group():
            reader.wrong(at, "letter", text[at])
            at += 1
            continue
        _take(reader, found, text)
        at = found.end()
    reader.close(len(text), "", True, text)
    return reader.bars


def _take(reader: _Reader, found: re.Match[str], text: str) -> None:
    at, group = found.start(), found.groupdict()
    if group["field"] or group["inline"]:
        field, _, value = (group["field"] or group["inline"][1:-1]).partition(":")
        if group["field"] and field in "MLKX" and (reader.notes or field == "X"):
            reader.close(at, "", True, text)
        reader.border |= bool(group["field"]) and field in "KX"
        reader.state = after(reader.state, field, value)
        if not reader.notes:
            reader.start = found.end()
    elif group["bar"]:
        sign = group["bar"]
        border = ":" in sign or "||" in sign or "[" in sign or "]" in sign
        reader.close(at, sign, border, text)
        reader.repeats = reader.repeats or sign.endswith(":")
        reader.ending = group["ending"] or reader.ending
        reader.start = found.end()
    elif group["second"]:
        reader.ending = group["second"]
    elif group["blank"]:
        reader.close(at, "", True, text)
    elif group["note"]:
        _, accidental, letter, octaves, over, slashes, under = found.group("note", *_groups(found, "note", 6))
        reader.note(
            reader.pitch(accidental, letter, octaves), units(over, slashes, under), found.span(), bool(group["tie"])
        )
    elif group["chord"]:
        parts = list(re.finditer(NOTE + LENGTH, group["chord"]))
        pitches = tuple(p for part in parts for p in reader.pitch(*part.group(1, 2, 3)))
        size, first = re.fullmatch(LENGTH, group["size"]), units(*parts[0].group(4, 5, 6))
        whole = units(*size.groups()) if size else None
        length = None if whole is None or first is None else whole * first
        reader.note(pitches, length, found.span(), bool(group["ctie"]))
    elif group["tuplet"]:
        p = int(group["tuplet"])
        threes = reader.state.metre is not None and reader.state.metre.numerator % 3 == 0
        q = int(group["time"] or IN_TIME_OF.get(p, 3 if threes else 2))
        reader.tuplet, reader.factor = int(group["count"] or p), Fraction(q, p or 1)
        if p < 2 or not q or reader.pending is not None:
            reader.wrong(at, "tuplet", found.group())
    elif group["broken"]:
        reader.halved(group["broken"], at)


def _groups(found: re.Match[str], name: str, count: int) -> range:
    """The numbers of the groups after a named one."""
    first = found.re.groupindex[name] + 1
    return range(first, first + count)


def units(over: str, slashes: str, under: str) -> Fraction | None:
    """A length in units: "" is 1, 3/2, / is a half, // a quarter; None for 0, and for what is none."""
    if (under and len(slashes) != 1) or (slashes and under and not int(under)) or len(over) > 3 or len(under) > 3:
        return None
    value = Fraction(int(over or 1), int(under) if under else 2 ** min(len(slashes), 8))
    return value or None


# tunes


def tunes(text: str, file: str = "") -> list[Tune]:
    """The tunes of a file, each from its X: field, or its first field, to a blank line.

    Raises ABCError if it has no bar that can be read.
    """
    found: list[Tune] = []
    for line, part in _parts(text):
        header, state, rest, unit = dict[str, str](), State(), part, False
        while field := re.match(r"([A-Za-z+]):(?![|:])([^\n]*)(?:\n|\Z)|%[^\n]*(?:\n|\Z)", rest):
            rest = rest[field.end() :]
            if field[1]:
                header.setdefault(field[1], field[2].partition("%")[0].strip())
                state, unit = after(state, field[1], field[2]), unit or field[1] == "L"
            if field[1] == "K":
                break
        if not unit and state.metre is not None and state.metre < Fraction(3, 4):
            state = state._replace(unit=Fraction(1, 16))
        if rest.strip():
            header["L"] = f"{state.unit.numerator}/{state.unit.denominator}"
            body = rest.strip("\n")
            found.append(Tune(header, body, tuple(bars(body, state)), line + part[: -len(rest)].count("\n")))
    if not any(bar.fault is None and bar.sign for tune in found for bar in tune.bars):
        raise _refusal(text, found, file)
    return found


def _refusal(text: str, found: Sequence[Tune], file: str) -> ABCError:
    if not text.strip():
        return ABCError("abc_empty", file=file)
    for tune in found:
        for fault in tune.faults:
            line = tune.line + tune.body[: fault.at].count("\n")
            return ABCError(f"abc_{fault.reason}", file=file, line=line, found=fault.found)
    return ABCError("abc_no_bars", file=file)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The parts between blank lines, and from X: on, each with its first line."""
    part: list[str] = []
    first = 1
    for number, line in enumerate([*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""], 1):
        if not line.strip() or (line.startswith("X:") and part):
            if part:
                yield first, "\n".join(part)
            part = []
        if line.strip():
            first = first if part else number
            part.append(line)


def plain(tune: Tune) -> str:
    """The body without what is passed over: words, slurs, decorations, chord names, comments, blanks."""
    lines = []
    for line in tune.body.split("\n"):
        if line[:2] and line[1:2] == ":" and line[0].isalpha() and line[0] not in "MLK":
            continue
        kept = line if line[1:2] == ":" else "".join(_kept(line))
        lines += [kept] if kept else []
    return "\n".join(lines)


def _kept(line: str) -> Iterator[str]:
    at, space = 0, ""
    while at < len(line):
        found = TOKEN.match(line, at)
        if found is None or not found.group():
            yield line[at]
            at += 1
            continue
        if found["passed"]:
            space = " " if found["passed"].isspace() else space
        else:
            yield (space if not found["bar"] else "") + found.group()
            space = ""
        at = found.end()
        if found["bar"]:
            while line[at : at + 1] == " ":
                at += 1


# what it sounds like, and the way back


class Sound(NamedTuple):
    """A pitch from a time on, for so long, both in whole notes."""

    start: Fraction
    length: Fraction
    pitch: int


def played(bars: Sequence[Bar]) -> list[Sound]:
    """The notes in time, repeats and endings played, tied ones joined."""
    sounds, held, now = list[Sound](), dict[int, int](), Fraction(0)
    for bar in _in_turn(bars):
        for note in bar.notes:
            still = dict[int, int]()
            for pitch in note.pitches:
                if pitch in held:
                    n = held[pitch]
                    sounds[n] = sounds[n]._replace(length=sounds[n].length + note.length)
                else:
                    n = len(sounds)
                    sounds.append(Sound(now, note.length, pitch))
                if note.tied:
                    still[pitch] = n
            held, now = still, now + note.length
    return sounds


def _in_turn(bars: Sequence[Bar]) -> Iterator[Bar]:
    """The bars in the order in which they are played: every strain that is repeated twice."""
    at = begin = 0
    turn = 1
    ending = ""
    while at < len(bars):
        bar = bars[at]
        if bar.repeats and at != begin:
            begin, turn, ending = at, 1, ""
        ending = bar.ending or ending
        at += 1
        if ending and str(turn) not in ending:
            continue
        yield bar
        if bar.sign.startswith(":") and turn == 1:
            at, turn, ending = begin, 2, ""
        elif bar.sign.startswith(":") or (turn == 2 and ending and str(turn) in ending and _border(bar)):
            begin, turn, ending = at, 1, ""


def _border(bar: Bar) -> bool:
    return bar.sign not in ("|", "")


def written(header: Mapping[str, str], bars: Sequence[Bar]) -> str:
    """A tune as ABC: its header in the order of the standard, then the bars, four a line. What was a fault is left out.

    Lengths are written out: (3ABC and A>B become lengths of their own.
    """
    lines = [f"{field}:{header[field]}" for field in sorted(header, key=lambda f: (f == "K", HEADER.find(f)))]
    parts = [_bar(bar, bars[n - 1] if n else None) for n, bar in enumerate(bars)]
    lines += ["".join(parts[n : n + 4]) for n in range(0, len(parts), 4)]
    return "\n".join(lines) + "\n"


def _bar(bar: Bar, before: Bar | None) -> str:
    begins = "|:" if bar.repeats and not (before and before.sign.endswith(":")) else ""
    if bar.ending and not (before and before.sign[-1:] in ("|", ":")):
        begins += "["
    changed = "" if before is None or bar.key == before.key else f"[K:{bar.key}]"
    accidentals = dict[tuple[str, int], int]()
    notes = "".join(_note(note, bar, accidentals) for note in bar.notes)
    return f"{begins}{bar.ending}{' ' * bool(bar.ending)}{changed}{notes}{bar.sign or '|'}"


def _note(note: Note, bar: Bar, accidentals: dict[tuple[str, int], int]) -> str:
    names = [spelled(pitch, bar.key, accidentals) for pitch in note.pitches]
    name = "z" if not names else names[0] if len(names) == 1 else f"[{''.join(names)}]"
    length = note.length / bar.unit
    over = str(length.numerator) if length.numerator != 1 else ""
    return name + over + (f"/{length.denominator}" if length.denominator != 1 else "") + "-" * note.tied


def spelled(pitch: int, key: str, accidentals: dict[tuple[str, int], int]) -> str:
    """A pitch as ABC in a key, after the accidentals of its bar, which are kept in `accidentals`."""
    signs = signature(key)
    ways = [(one, table.get(one, bend)) for table, bend in ((signs, 0), ({}, 0), ({}, 1)) for one in SCALE]
    letter, bend = next((one, bend) for one, bend in ways if (SCALE[one] + bend - pitch) % 12 == 0)
    octave = (pitch - SCALE[letter] - bend - 60) // 12
    now = accidentals.get((letter, octave), signs.get(letter, 0))
    sign = "" if now == bend else {1: "^", -1: "_", 0: "="}[bend]
    if sign:
        accidentals[letter, octave] = bend
    return sign + (letter + "," * -octave if octave < 1 else letter.lower() + "'" * (octave - 1))


def numbered(pitch: int, key: str) -> tuple[str, int]:
    """A pitch in numbered notation: its degree, and octaves above or below. 1 is do of the signature, from C to B."""
    above = pitch - 60 - 7 * sum(signature(key).values()) % 12
    return ["1", "#1", "2", "#2", "3", "4", "#4", "5", "#5", "6", "#6", "7"][above % 12], above // 12


def as_file(text: str, state: State, title: str) -> str:
    """A tune as a file in ABC; nothing where no bar can be read."""
    found = [bar for bar in bars(text, state) if bar.notes and bar.fault is None]
    if not found:
        return ""
    first = found[0]
    over = 8 if first.metre == Fraction(3, 4) else max(4, first.metre.denominator if first.metre else 4)
    header = {"X": "1", "T": title, "M": f"{first.metre * over}/{over}" if first.metre else "none", "K": first.key}
    return written({**header, "L": f"{first.unit.numerator}/{first.unit.denominator}"}, found)


def first_tune(text: str) -> str:
    """The first tune of what was written that has a bar, without what comes before its header and after its end."""
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if re.match(r"[XMLK]:", line) and any(not re.match(r"[XMLK]:", each) for each in parts[-1]):
            parts.append([])
        parts[-1].append(line)
    tunes = ("\n".join(part) for part in parts)
    return next((tune for tune in tunes if any(bar.notes and bar.sign for bar in bars(tune))), text)
