"""Two apps on one folder: what each changed since it read a file is put together, and what neither knows stays.

`base` is what this app last read or wrote, `ours` what it has now, `theirs` what the file holds: plain JSON objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]


def settings(base: Object, ours: Object, theirs: Object) -> dict[str, Any]:
    """Each setting that was changed here as it is here, all others as they are there."""
    return {**theirs, **{name: value for name, value in ours.items() if name not in base or value != base[name]}}


def progress(base: Object, ours: Object, theirs: Object) -> dict[str, Any]:
    """Lessons that were used here as they are here, all others as they are there; those used in both are joined."""
    known, mine, there = (lessons_of(each) for each in (base, ours, theirs))
    lessons = {**there}
    for name, entry in mine.items():
        before, other = known.get(name), there.get(name)
        if other is None or other == before:
            lessons[name] = entry
        elif entry != before:
            lessons[name] = joined(before or {}, entry, other)
    rest = settings(*({k: v for k, v in each.items() if k != "lessons"} for each in (base, ours, theirs)))
    return {**rest, "lessons": lessons}


def lessons_of(content: Object) -> dict[str, Any]:
    """The lessons of a file, whatever it holds."""
    found = content.get("lessons")
    return {name: entry for name, entry in found.items() if isinstance(entry, dict)} if isinstance(found, dict) else {}


def joined(before: Object, entry: Object, other: Object) -> dict[str, Any]:
    """One lesson used in two apps: the place of the one that writes last; acts, answers and tries of both."""
    both = {**other, **entry}
    acts = [act for act in list_of(other, "acts") if act not in list_of(entry, "acts")]
    both["acts"] = [*list_of(entry, "acts"), *acts]
    records = (each.get("record") for each in (other, entry))
    both["record"] = {k: v for record in records if isinstance(record, dict) for k, v in record.items()}
    fresh = list_of(entry, "tries")[len(list_of(before, "tries")) :]
    both["tries"] = [*list_of(other, "tries"), *fresh]
    both["done"] = bool(other.get("done")) or bool(entry.get("done"))
    return both


def list_of(entry: Object, name: str) -> list[Any]:
    """A list of an entry, whatever it holds."""
    found = entry.get(name)
    return found if isinstance(found, list) else []
