"""The words of the interface and of errors, in English and Chinese: one TOML file a language beside each package."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from errno import errorcode
from functools import cache
from pkgutil import get_data
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def _table(package: str, lang: str) -> dict[str, str]:
    text = (get_data(package, f"phrases/{lang}.toml") or b"").decode()  # importlib.resources takes 5 ms to load
    flat: dict[str, str] = {}

    def visit(prefix: str, node: dict[str, Any]) -> None:
        for key, entry in node.items():
            if isinstance(entry, dict):
                visit(f"{prefix}{key}.", entry)
            else:
                flat[prefix + key] = str(entry)

    visit("", tomllib.loads(text))
    return flat


class Words:
    """Looks phrases up by key, `words("refused.range", value=3)`; further packages may bring their own."""

    def __init__(self, lang: str, *packages: str) -> None:
        self.lang, self._packages = lang, (*packages, "lessons.contract")

    @property
    def _tables(self) -> Iterator[dict[str, str]]:
        """The phrases of each package, read when they are come to; no key stands in two of them."""
        return (_table(package, self.lang) for package in self._packages)

    def __call__(self, key: str, **fields: Any) -> str:
        for table in self._tables:
            if key in table:
                return table[key].format(**fields) if fields else table[key]
        raise KeyError(f"no words for {key!r} in {self.lang}")

    def under(self, prefix: str) -> dict[str, str]:
        """The phrases whose keys begin so, by key."""
        return {key: said for table in self._tables for key, said in table.items() if key.startswith(prefix)}

    def get(self, key: str, default: str) -> str:
        """The phrase, or `default` where the key is not known."""
        return next((table[key] for table in self._tables if key in table), default)

    def own(self, key: str, default: str) -> str:
        """As `get`, but of the first package alone: no other one is read to find that a key is not known."""
        return next(self._tables).get(key, default)


def reason(error: OSError) -> Callable[[Words], str]:
    """Why the system refused: the phrase `os.<name of its number>`, or what the system itself says."""
    return lambda words: words.get(f"os.{errorcode.get(error.errno or 0, '')}", str(error.strerror or error))
