"""What commands print with `--json`: one object, with the number of its schema, that any reader of JSON takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from lessons.contract.plain import plain

SCHEMA = 1
"""Of all commands but `show`, whose objects are states and say how symbols are spelled; docs/json.md has the keys."""


def print_json(found: Mapping[str, Any]) -> None:
    """One object in a line; numbers that are not finite are null."""
    import json  # which listing the commands need not wait for

    click.echo(json.dumps(plain({"schema": SCHEMA, **found}), ensure_ascii=False, allow_nan=False))
