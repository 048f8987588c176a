"""States as files: what `show --json` prints can be read back, and homework written by hand can be checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.files import STANDARD, UNKNOWN, opened, size
from lessons.contract.knobs import Refused, Value, read_all
from lessons.contract.lesson import Lesson
from lessons.contract.phrases import reason
from lessons.contract.plain import plain
from lessons.contract.view import Start
from lessons.player.schema import SCHEMA, is_old, knobs_then, renewed_names, schema_of

MOST_BYTES = 256 << 20
"""A state file may hold so much; checked before it is read."""


def load(file: str, lesson: str) -> dict[str, Any]:
    """The object in a state file. Raises Refused: missing, a folder, too large, no JSON, for another lesson."""
    text = _read(file)
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("file_json", file=file, error=str(error).splitlines()[0]) from None
    if not isinstance(state, dict) or not isinstance(state.get("params"), dict):
        raise Refused("file_object", file=file, lesson=lesson)
    if state.get("lesson", lesson) != lesson:
        raise Refused("file_lesson", file=file, found=state["lesson"], lesson=lesson)
    schema = state.get("schema", 1)
    if isinstance(schema, bool) or schema not in range(1, SCHEMA + 1):
        raise Refused("file_schema", file=file, found=json.dumps(schema), newest=SCHEMA)
    return state


def _read(file: str) -> str:
    """The text of a file, read once; "-" is standard input. Raises Refused."""
    path = Path(file)
    try:
        if path != STANDARD and path.is_dir():
            raise Refused("file_folder", file=file)
        found = size(path)
        if found != UNKNOWN and found > MOST_BYTES:
            raise Refused("file_large", file=file, size=found >> 20, most=MOST_BYTES >> 20)
        with opened(path) as source:
            data = source.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise Refused("file_large", file=file, size=f"> {MOST_BYTES >> 20}", most=MOST_BYTES >> 20)
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise Refused("file_missing", file=file) from None
    except UnicodeDecodeError:
        raise Refused("file_json", file=file, error="not UTF-8") from None
    except OSError as error:
        raise Refused("file_read", file=file, error=reason(error)) from None


def restore(
    lesson: Lesson, file: str, given: Mapping[str, Any], loaded: dict[str, Any] | None = None
) -> tuple[dict[str, Value], Start, int | None]:
    """Knobs, start and seed from a file: its knobs, overruled by what is given; its parameters, by nothing.

    `loaded` is what the file holds, where it has been read: a pipe can be read but once. Raises Refused where the file
    contradicts itself or what is given.
    """
    state = loaded or load(file, lesson.card.id)
    schema = schema_of(state)
    state["params"] = renewed_names(lesson.card, state["params"], schema)
    stored, seed = state.get("knobs", {}), state.get("seed")
    if not isinstance(stored, dict):
        raise Refused("file_knobs", file=file, found=type(stored).__name__)
    if not (seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0)):
        raise Refused("seed", value=repr(seed))
    known = {knob.id for knob in lesson.card.knobs}
    stored = {name: value for name, value in stored.items() if name in known}
    merged = knobs_then(lesson.card, state, stored) | dict(given)
    settled = lesson.settled(read_all(lesson.card.knobs, merged), merged)
    try:
        knobs, start = lesson.read(file, state, settled)
    except Refused as refused:
        if is_old(lesson.card, schema):
            raise Refused("file_old", why=refused.say, schema=schema) from None
        raise
    for name in merged:
        if knobs[name] != settled[name]:
            raise Refused("state_knob", file=file, knob=name, found=settled[name], wanted=knobs[name])
    return knobs, start, seed


def export(lesson: Lesson, seed: int | None, knobs: Mapping[str, Value], start: Start) -> dict[str, Any]:
    """The state that `restore` reads: part of what `show --json` prints."""
    return {
        "lesson": lesson.card.id,
        "schema": SCHEMA,
        "seed": seed,
        "knobs": dict(knobs),
        "params": plain(start.params),
        "inputs": plain(start.inputs),
    }
