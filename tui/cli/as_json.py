"""What commands print with `--json`: one object, with the number of its schema, that any reader of JSON takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import click

SCHEMA = 1
"""Of all commands but `show`, whose objects are states and say how symbols are spelled; docs/json.md has the keys."""


def print_json(found: Mapping[str, Any]) -> None:
    """One object in a line; numbers that are not finite are null."""
    import json  # which listing the commands need not wait for

    click.echo(json.dumps(finite({"schema": SCHEMA, **found}), ensure_ascii=False, allow_nan=False))


def finite(value: Any) -> Any:
    """The same data, with null for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value
