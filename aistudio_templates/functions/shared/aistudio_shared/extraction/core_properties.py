"""Title and author of an Office document."""

from __future__ import annotations

from collections.abc import Mapping

from aistudio_shared.extraction.ooxml import Package
from aistudio_shared.extraction.writer import clean

_PROPERTIES = {"title": "title", "creator": "author"}

_MAX_CHARACTERS = 1_000


def core_properties(package: Package) -> dict[str, str]:
    """Return what the document says about itself: ``title`` and ``author``, if it does.

    Args:
        package: The document.

    Raises:
        UnreadableError: The properties are no well-formed XML.
    """
    handler = _Properties()
    for part in package.related("", "core-properties"):
        package.parse(part, handler)
    cleaned = {
        key: " ".join(clean(value).split())[:_MAX_CHARACTERS]
        for key, value in handler.found.items()
    }
    return {key: value for key, value in cleaned.items() if value}


class _Properties:
    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._key: str | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 # none is of use
        self._key = _PROPERTIES.get(name.rpartition(":")[2])

    def end(self, name: str) -> None:  # noqa: ARG002 # texts are not nested
        self._key = None

    def characters(self, text: str) -> None:
        if self._key is not None:
            self.found[self._key] = self.found.get(self._key, "") + text
