"""A text as what a lesson is given: each letter is to predict the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.device import Array, Device
from lessons.building.holds import Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs


class Letters(Source):
    """x = text[:-1] and y = text[1:] as one-hot columns over the vocabulary, in order of first appearance."""

    def __init__(self, edited: bool = True) -> None:
        """`edited`: whether single letters may be put in by hand."""
        self.families = ("x",) if edited else ()

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        return self.coded(str(knobs["text"]))

    def coded(self, text: str, vocabulary: list[str] | None = None) -> dict[str, Any]:
        """A text over a vocabulary, its own where none is given."""
        letters = list(dict.fromkeys(text)) if vocabulary is None else vocabulary
        at = {letter: i for i, letter in enumerate(letters)}
        codes = [at[letter] for letter in text]
        return {"text": text, "vocabulary": letters, "x": codes[:-1], "y": codes[1:]}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        """x, y and vocabulary may be left out, and must fit the text where they are given."""
        text = given.get("text", knobs["text"])
        if not isinstance(text, str) or not 2 <= len(text) <= 500:
            raise Refused("inputs_text", file=file, found=repr(str(text)[:20]))
        vocabulary = given.get("vocabulary", list(dict.fromkeys(text)))
        letters = isinstance(vocabulary, list) and all(isinstance(v, str) and len(v) == 1 for v in vocabulary)
        if not letters or len(set(vocabulary)) != len(vocabulary) or set(text) - set(vocabulary):
            raise Refused("inputs_vocabulary", file=file)
        found = self.coded(text, vocabulary)
        for name in "xy":
            if given.get(name, found[name]) != found[name]:
                raise Refused("inputs_codes", file=file, name=name, wanted=found[name][:8])
        return found

    def knobs(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        return {"text": inputs["text"]}

    def lengths(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        return {"K": len(inputs["vocabulary"]), "T": len(inputs["x"])}

    def put(self, device: Device, inputs: Mapping[str, Any]) -> dict[str, dict[int, Array]]:
        K = len(inputs["vocabulary"])
        columns = [device.put([[float(i == code)] for i in range(K)]) for code in range(K)]
        return {name: {t: columns[code] for t, code in enumerate(inputs[name])} for name in "xy"}

    def edited(self, inputs: Mapping[str, Any], at: int, raw: str) -> dict[str, Any]:
        letter, vocabulary = raw.strip(" ") or raw[:1], inputs["vocabulary"]
        if letter not in vocabulary:
            raise Refused("edit_letter", value=repr(letter), vocabulary=" ".join(vocabulary))
        return self.coded(inputs["text"][:at] + letter + inputs["text"][at + 1 :], vocabulary)

    def nudged(self, inputs: Mapping[str, Any], at: int, by: int) -> str:
        letters, letter = inputs["vocabulary"], inputs["text"][at]
        return str(letters[(letters.index(letter) + by) % len(letters)])
