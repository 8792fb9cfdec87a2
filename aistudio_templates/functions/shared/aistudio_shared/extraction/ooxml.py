"""Packages of Office Open XML: parts, relationships, and parsing as a stream.

A part is parsed piece by piece and never held as a tree. Names are given with the usual
prefixes (``w:p``), whichever of the two sets of namespaces a file uses.

Source: https://ecma-international.org/publications-and-standards/standards/ecma-376/
"""

from __future__ import annotations

import codecs
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol
from xml.parsers import expat

from aistudio_shared.extraction import archive
from aistudio_shared.extraction.result import UnreadableError

_BLOCK_BYTES = 64 * 1024

_PREFIXES = {
    "wordprocessingml": "w",
    "spreadsheetml": "s",
    "presentationml": "p",
    "drawingml": "a",
    "diagram": "dgm",
    "chart": "c",
    "math": "m",
    "relationships": "r",
    "markup-compatibility": "mc",
}
"""Prefix by the part of a namespace that tells it, in both sets of namespaces."""


class Handler(Protocol):
    """What is told about a part's content, in order."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, text: str) -> None:
        """Text; what follows each other may come in pieces."""


@dataclass(frozen=True)
class Relationship:
    """Where a part points to.

    Attributes:
        kind: The last word of its type, such as ``slide``.
        target: Name of another part.
    """

    kind: str
    target: str


class _Names(dict[str, str]):
    """Names with prefixes, by names as expat gives them; filled as they come."""

    def __missing__(self, name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        prefix = _prefix(namespace)
        found = f"{prefix}:{local}" if prefix else local
        self[name] = found
        return found


def _prefix(namespace: str) -> str:
    words = namespace.replace("/", " ").split()
    # The innermost word tells: a chart's namespace has the one of drawings in it.
    return next((_PREFIXES[word] for word in reversed(words) if word in _PREFIXES), "")


class Package:
    """An opened package.

    Args:
        source: The archive, checked to be of a bearable size.
    """

    def __init__(self, source: zipfile.ZipFile) -> None:
        self._archive = source
        # Names of parts are compared without regard to case.
        self._members = {name.lower(): name for name in source.namelist()}

    def has(self, part: str) -> bool:
        """Return whether there is such a part."""
        return part.lower() in self._members

    def main_part(self, default: str) -> str:
        """Return the name of the document's main part.

        Args:
            default: The usual name.

        Raises:
            UnreadableError: There is none.
        """
        for relationship in self.relationships("").values():
            if relationship.kind == "officeDocument" and self.has(relationship.target):
                return relationship.target
        if not self.has(default):
            raise UnreadableError(f"it is broken: {default} is missing")
        return default

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Return where a part points to inside the package, by id; nothing if nowhere.

        Raises:
            UnreadableError: The part of relationships is no well-formed XML.
        """
        folder, name = posixpath.split(part)
        handler = _Relationships(folder)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if self.has(listing):
            self.parse(listing, handler)
        return handler.found

    def related(self, part: str, *kinds: str) -> list[str]:
        """Return the names of the parts that a part points to, of some kinds, in order.

        Raises:
            UnreadableError: The part of relationships is no well-formed XML.
        """
        targets = [
            relationship.target
            for kind in kinds
            for relationship in self.relationships(part).values()
            if relationship.kind == kind and self.has(relationship.target)
        ]
        return list(dict.fromkeys(targets))

    def parse(self, part: str, handler: Handler) -> None:
        """Tell ``handler`` the content of a part.

        Raises:
            UnreadableError: The part is missing or no well-formed XML, or declares
                entities, which no Office program does.
        """
        member = self._members.get(part.lower())
        if member is None:
            raise UnreadableError(f"it is broken: {part} is missing")
        try:
            with self._archive.open(member) as stream:
                block = stream.read(_BLOCK_BYTES)
                # Only these two are allowed, whatever else a part may declare.
                is_utf16 = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
                parser = _parser(handler, "utf-16" if is_utf16 else "utf-8")
                while block:
                    parser.Parse(block, False)
                    block = stream.read(_BLOCK_BYTES)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise UnreadableError(f"it is broken: {part} is no well-formed XML") from error


@contextmanager
def opened(source: Path) -> Iterator[Package]:
    """Yield the package in a file.

    Raises:
        UnreadableError: It is broken, protected or too large inside.
    """
    with archive.opened(source) as members:
        yield Package(members)


def _parser(handler: Handler, encoding: str) -> expat.XMLParserType:
    names = _Names()
    parser = expat.ParserCreate(encoding, " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EndElementHandler = lambda name: handler.end(names[name])
    parser.CharacterDataHandler = handler.characters

    def start(name: str, attributes: dict[str, str]) -> None:
        handler.start(names[name], {names[key]: value for key, value in attributes.items()})

    parser.StartElementHandler = start
    return parser


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnreadableError("it is broken: its XML declares a document type")


class _Relationships:
    """Reads a part of relationships."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: dict[str, Relationship] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "r:Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "")
        inside = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.found[attributes.get("Id", "")] = Relationship(kind, inside)

    def end(self, name: str) -> None:
        """Nothing follows."""

    def characters(self, text: str) -> None:
        """There is none."""
