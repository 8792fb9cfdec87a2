"""Reading the fields of an execution's input, each with an error that names it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from re import Pattern
from typing import Any

from errors import InputError

_MAX_SHOWN_CHARACTERS = 80

Given = Mapping[str, Any]


def text(given: Given, name: str, pattern: Pattern[str], meaning: str) -> str | None:
    """Return a text that matches ``pattern`` as a whole, or ``None`` if it is absent.

    Args:
        given: The input.
        name: The field.
        pattern: What it must look like.
        meaning: The same in words.

    Raises:
        InputError: It is something else.
    """
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise InputError(f"{name} = {shown(value)}: must be {meaning}")
    return value


def flag(given: Given, name: str) -> bool:
    """Return a switch, off by default.

    Raises:
        InputError: It is neither ``true`` nor ``false``.
    """
    value = given.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InputError(f"{name} = {shown(value)}: must be true or false")
    return value


def choice(given: Given, name: str, choices: Collection[str], *, default: str) -> str:
    """Return one of some words.

    Raises:
        InputError: It is none of them.
    """
    value = given.get(name)
    if value is None:
        return default
    if value not in choices:
        raise InputError(f"{name} = {shown(value)}: must be one of {', '.join(choices)}")
    return str(value)


def number(given: Given, name: str, *, default: float, highest: float) -> float:
    """Return a number from 0 to ``highest``.

    Raises:
        InputError: It is something else.
    """
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        raise InputError(f"{name} = {shown(value)}: must be a number from 0 to {highest:g}")
    return float(value)


def whole(value: object, name: str, *, lowest: int, highest: int | None = None) -> int:
    """Return a whole number, given as a number or as its digits.

    Raises:
        InputError: It is something else, or out of range.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= lowest
    if not isinstance(value, int) or not fits or (highest is not None and value > highest):
        limits = f"of at least {lowest}" if highest is None else f"from {lowest} to {highest:,}"
        raise InputError(f"{name} = {shown(value)}: must be a whole number {limits}")
    return value


def shown(value: object) -> str:
    """Return a value as JSON, short enough for an error."""
    written = "nothing" if value is None else json.dumps(value, default=str)
    if len(written) <= _MAX_SHOWN_CHARACTERS:
        return written
    return written[:_MAX_SHOWN_CHARACTERS] + "…"
