"""A text as what a lesson is given: each letter is to predict the next. A letter is a grapheme, é or हि or 👩‍👩‍👧."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.device import Array, Device
from engine.gated.run.letters import graphemes
from lessons.building.holds import Source
from lessons.contract.knobs import Refused, Value
from lessons.contract.view import Knobs


class Letters(Source):
    """x = text[:-1] and y = text[1:] as one-hot columns over the vocabulary, in order of first appearance."""

    def __init__(self, edited: bool = True) -> None:
        """`edited`: whether single letters may be put in by hand."""
        self.families = ("x",) if edited else ()

    def begin(self, knobs: Knobs) -> dict[str, Any]:
        found = self.coded(str(knobs["text"]))
        if not found["x"]:
            raise Refused("one_letter", knob="text", text=repr(found["text"]))
        return found

    def coded(self, text: str, vocabulary: list[str] | None = None) -> dict[str, Any]:
        """A text over a vocabulary, its own where none is given."""
        read = letters_of(text, vocabulary)
        letters = list(dict.fromkeys(read)) if vocabulary is None else vocabulary
        at = {letter: i for i, letter in enumerate(letters)}
        codes = [at[letter] for letter in read]
        return {"text": text, "vocabulary": letters, "x": codes[:-1], "y": codes[1:]}

    def read(self, file: str, given: Mapping[str, Any], knobs: Knobs) -> dict[str, Any]:
        """x, y and vocabulary may be left out, and must fit the text where they are given."""
        text = given.get("text", knobs["text"])
        if not isinstance(text, str) or not 2 <= len(text) <= 500:
            raise Refused("inputs_text", file=file, found=repr(str(text)[:20]))
        vocabulary = given.get("vocabulary", list(dict.fromkeys(letters_of(text))))
        fits = isinstance(vocabulary, list) and all(isinstance(v, str) and len(graphemes(v)) == 1 for v in vocabulary)
        if not fits or len(set(vocabulary)) != len(vocabulary) or set(letters_of(text, vocabulary)) - set(vocabulary):
            raise Refused("inputs_vocabulary", file=file)
        if len(letters_of(text, vocabulary)) < 2:
            raise Refused("inputs_text", file=file, found=repr(text))
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
        letter, vocabulary, read = raw.strip(" ") or raw[:1], inputs["vocabulary"], letters_read(inputs)
        if letter not in vocabulary:
            raise Refused("edit_letter", value=repr(letter), vocabulary=" ".join(vocabulary))
        codes = [vocabulary.index(each) for each in (*read[:at], letter, *read[at + 1 :])]
        text = "".join(vocabulary[code] for code in codes)
        if list(letters_of(text, vocabulary)) != [vocabulary[code] for code in codes]:  # 🇩 beside 🇪 would be one letter
            raise Refused("edit_joins", value=repr(letter))
        return {**inputs, "text": text, "x": codes[:-1], "y": codes[1:]}

    def nudged(self, inputs: Mapping[str, Any], at: int, by: int) -> str:
        letters, letter = inputs["vocabulary"], letters_read(inputs)[at]
        return str(letters[(letters.index(letter) + by) % len(letters)])


def letters_of(text: str, vocabulary: Sequence[str] | None = None) -> Sequence[str]:
    """The letters of a text; by code points where a vocabulary has only these, as states once had."""
    read = graphemes(text)
    if vocabulary is None or isinstance(read, str) or set(read) <= set(vocabulary):
        return read
    return text if set(text) <= set(vocabulary) else read


def letters_read(inputs: Mapping[str, Any]) -> list[str]:
    """The letters of the text in inputs, by the vocabulary there."""
    return [inputs["vocabulary"][code] for code in (*inputs["x"], *inputs["y"][-1:])]
