"""Attributes that an object shows of its parts."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Of(Generic[T]):
    """An attribute of one of an object's parts, read and written there: `grain = Of[int]("position")`.

    It has the same name there, unless `name` says another.
    """

    def __init__(self, part: str, name: str = "") -> None:
        self._part, self._name = part, name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    def __get__(self, whole: object, owner: type | None = None) -> T:
        value: T = getattr(getattr(whole, self._part), self._name)
        return value

    def __set__(self, whole: Any, value: T) -> None:
        setattr(getattr(whole, self._part), self._name, value)
