"""What a Word document's styles and lists mean: headings, bullets and numbers.

Source: https://learn.microsoft.com/en-us/dotnet/api/documentformat.openxml.wordprocessing
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aistudio_shared.extraction.ooxml import Package

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)

NO_LIST = "0"
"""The list of paragraphs that leave the list of their style."""

_LONGEST_CHAIN = 20
"""Of styles that are based on each other; a loop must end."""


@dataclass
class Style:
    """A paragraph style.

    Attributes:
        heading: Its level, from 1; ``None`` if it is no heading.
        list_id: The list its paragraphs are in.
        based_on: Id of the style that it refines.
    """

    heading: int | None = None
    list_id: str | None = None
    based_on: str | None = None


@dataclass
class Styles:
    """Styles by id, and the levels of lists that have bullets."""

    by_id: dict[str, Style] = field(default_factory=dict)
    bullets: set[tuple[str, str]] = field(default_factory=set)
    abstract_of: dict[str, str] = field(default_factory=dict)

    def heading_of(self, style_id: str | None) -> int | None:
        """Return the level of a style's headings; ``None`` if it is none."""
        return next((style.heading for style in self._chain(style_id) if style.heading), None)

    def list_of(self, style_id: str | None) -> str | None:
        """Return the list that a style's paragraphs are in."""
        return next((style.list_id for style in self._chain(style_id) if style.list_id), None)

    def has_numbers(self, list_id: str, level: str) -> bool:
        """Return whether a level of a list is numbered."""
        abstract = self.abstract_of.get(list_id)
        return abstract is not None and (abstract, level) not in self.bullets

    def _chain(self, style_id: str | None) -> list[Style]:
        chain: list[Style] = []
        while style_id in self.by_id and len(chain) < _LONGEST_CHAIN:
            chain.append(self.by_id[style_id])
            style_id = chain[-1].based_on
        return chain


def styles_of(package: Package, main_part: str) -> Styles:
    """Return the styles and lists of a document.

    Args:
        package: The document.
        main_part: Its main part.

    Raises:
        UnreadableError: They are no well-formed XML.
    """
    styles = Styles()
    for part in package.related(main_part, "styles"):
        package.parse(part, _StyleReader(styles))
    for part in package.related(main_part, "numbering"):
        package.parse(part, _ListReader(styles))
    return styles


class _StyleReader:
    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._style = Style()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("w:val", "")
        if name == "w:style":
            self._style = Style()
            self._styles.by_id[attributes.get("w:styleId", "")] = self._style
        elif name == "w:name":
            match = _HEADING.fullmatch(value)
            if match or value.lower() == "title":
                self._style.heading = int(match.group(1)) if match else 1
        elif name == "w:outlineLvl" and value.isdecimal() and int(value) < 9:
            self._style.heading = self._style.heading or int(value) + 1
        elif name == "w:numId":
            self._style.list_id = value
        elif name == "w:basedOn":
            self._style.based_on = value

    def end(self, name: str) -> None:
        """A style ends where the next one begins."""

    def characters(self, text: str) -> None:
        """Only attributes count."""


class _ListReader:
    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._abstract = ""
        self._level = ""
        self._list = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("w:val", "")
        if name == "w:abstractNum":
            self._abstract = attributes.get("w:abstractNumId", "")
        elif name == "w:lvl":
            self._level = attributes.get("w:ilvl", "")
        elif name == "w:numFmt" and value in {"bullet", "none"}:
            self._styles.bullets.add((self._abstract, self._level))
        elif name == "w:num":
            self._list = attributes.get("w:numId", NO_LIST)
            # Levels that follow are exceptions of this list alone.
            self._abstract = ""
        elif name == "w:abstractNumId":
            self._styles.abstract_of[self._list] = value

    def end(self, name: str) -> None:
        """Levels end where the next ones begin."""

    def characters(self, text: str) -> None:
        """Only attributes count."""
