"""A text that is typed into a knob, as the input of a lesson."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lessons.building.holds import Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs


class TextSource(Source):
    """A text: the knob of its name says it, or a state.

    `check` raises Refused where nothing can be made of a text; a state's is refused in the words `wrong`, as is one
    that is shorter or longer than `span`. `lengths` are the lengths of axes that follow from the text.
    """

    def __init__(
        self,
        name: str,
        wrong: str,
        check: Callable[[str], object],
        lengths: Callable[[str], dict[str, int]] = lambda text: {},
        span: tuple[int, int] = (0, 10**9),
    ) -> None:
        self.name, self._wrong, self._check, self._lengths, self._span = name, wrong, check, lengths, span

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        text = str(knobs[self.name])
        self._check(text)
        return {self.name: text}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        text, (low, high) = given.get(self.name, knobs[self.name]), self._span
        if not isinstance(text, str) or not low <= len(text) <= high:
            raise Refused(self._wrong, file=file)
        try:
            self._check(text)
        except Refused:
            raise Refused(self._wrong, file=file) from None
        return {self.name: text}

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        return {self.name: inputs[self.name]}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return self._lengths(str(inputs[self.name]))

    def put(self, device: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {}
