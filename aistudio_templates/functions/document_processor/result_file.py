"""A document's result as JSON, written piece by piece: no second copy of a long text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

_SLICE_CHARACTERS = 1024 * 1024


class ResultFile:
    """Writes one JSON object, a field after the other.

    Args:
        file: Takes its bytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._separator = "{"

    def text(self, name: str, value: str) -> None:
        """Write a long text.

        Args:
            name: The field's name.
            value: The text.
        """
        self._name(name)
        self._write('"')
        for first in range(0, len(value), _SLICE_CHARACTERS):
            self._write(_json(value[first : first + _SLICE_CHARACTERS])[1:-1])
        self._write('"')

    def objects(self, name: str, values: Iterable[Mapping[str, Any]]) -> int:
        """Write a list of objects as they come; return how many there were.

        Args:
            name: The field's name.
            values: The objects.
        """
        self._name(name)
        self._write("[")
        count = 0
        for count, value in enumerate(values, start=1):
            self._write(("," if count > 1 else "") + _json(value))
        self._write("]")
        return count

    def end(self, name: str, value: Mapping[str, Any]) -> None:
        """Write the last field, which is small.

        Args:
            name: The field's name.
            value: The object.
        """
        self._name(name)
        self._write(_json(value) + "}")
        self._file.flush()

    def _name(self, name: str) -> None:
        self._write(f"{self._separator}{_json(name)}:")
        self._separator = ","

    def _write(self, text: str) -> None:
        self._file.write(text.encode())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
