"""HTML as it comes, turned into blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from aistudio_shared.extraction.web_blocks import WebBlocks
from aistudio_shared.extraction.writer import Writer, clean

_SKIPPED = frozenset(
    {"canvas", "iframe", "math", "nav", "noscript", "object", "script", "style", "svg", "template"}
)
"""What shows no text of the page, or the way to other pages."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}

_BLOCKS = frozenset(
    {
        *_HEADINGS,
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header"),
        *("hr", "legend", "main", "option", "p", "section", "summary"),
    }
)

_BOLD = frozenset({"b", "strong"})
_ITALIC = frozenset({"em", "i"})

_SPACE = re.compile(r"[ \t\n\r\f]+")

_DESCRIPTIONS = ("description", "og:description")
_TITLES = ("og:title",)

_MAX_METADATA_CHARACTERS = 1_000


class WebContent(HTMLParser):
    """Writes a page's blocks.

    Args:
        writer: Takes the blocks.
        root: ``main`` or ``article``: only what is inside such elements is written.
            ``None``: all is.
    """

    def __init__(self, writer: Writer, *, root: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks = WebBlocks(writer)
        self._root = root
        self._root_tag = root or ""
        self._root_depth = 0
        self._skipped = ""
        self._skipped_depth = 0
        self._bold = self._italic = self._preformatted = 0
        self._in_title = False
        self._titles: list[str] = []
        self._meta: dict[str, str] = {}

    def metadata(self) -> dict[str, str]:
        """Return ``title`` and ``description``, as far as the page has them."""
        found = {
            "title": "".join(self._titles) or self._first(_TITLES),
            "description": self._first(_DESCRIPTIONS),
        }
        cleaned = {key: " ".join(clean(value).split()) for key, value in found.items()}
        return {key: value[:_MAX_METADATA_CHARACTERS] for key, value in cleaned.items() if value}

    def _first(self, names: Sequence[str]) -> str:
        return next((self._meta[name] for name in names if self._meta.get(name)), "")

    def close(self) -> None:
        """The page ends."""
        super().close()
        self._blocks.finish()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        if self._skipped:
            self._skipped_depth += tag == self._skipped
            return
        attributes = {name: value or "" for name, value in attrs}
        if tag in _SKIPPED:
            self._skipped, self._skipped_depth = tag, 1
        elif tag == "title":
            self._in_title = not self._titles
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property") or ""
            self._meta.setdefault(name.lower(), attributes.get("content", ""))
        else:
            self._enter_root(tag, attributes)
            if self._is_inside():
                self._start(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins and ends in one; in HTML only empty ones do."""
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if self._skipped:
            self._skipped_depth -= tag == self._skipped
            if not self._skipped_depth:
                self._skipped = ""
        elif tag == "title":
            self._in_title = False
        elif self._is_inside():
            self._end(tag)
            self._leave_root(tag)

    def handle_data(self, data: str) -> None:
        """Text, with character references resolved."""
        if self._skipped:
            return
        if self._in_title:
            self._titles.append(data)
        elif self._is_inside():
            self._add(data)

    def _is_inside(self) -> bool:
        return self._root is None or self._root_depth > 0

    def _enter_root(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._root is None:
            return
        if self._root_depth:
            self._root_depth += tag == self._root_tag
        elif tag == self._root or attributes.get("role") == self._root:
            self._root_tag, self._root_depth = tag, 1

    def _leave_root(self, tag: str) -> None:
        if self._root_depth and tag == self._root_tag:
            self._root_depth -= 1
            if not self._root_depth:
                self._blocks.flush()

    def _add(self, data: str) -> None:
        if not self._preformatted:
            data = _SPACE.sub(" ", data)
            if self._blocks.inline.ends_with_space():
                data = data.lstrip(" ")
        self._blocks.inline.add(data, bold=self._bold > 0, italic=self._italic > 0)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _BLOCKS:
            self._blocks.flush()
            self._blocks.heading = _HEADINGS.get(tag)
        elif tag == "br":
            self._blocks.inline.add("\n")
        elif tag == "pre":
            self._blocks.flush()
            self._preformatted += 1
            self._blocks.preformatted = True
        elif tag == "img":
            self._add(attributes.get("alt", ""))
        elif tag in _BOLD:
            self._bold += 1
        elif tag in _ITALIC:
            self._italic += 1
        else:
            self._blocks.start(tag)

    def _end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._blocks.flush()
            self._blocks.heading = None
            # An emphasis that is never closed ends with its block.
            self._bold = self._italic = 0
        elif tag == "pre" and self._preformatted:
            self._blocks.flush()
            self._preformatted -= 1
            self._blocks.preformatted = bool(self._preformatted)
        elif tag in _BOLD:
            self._bold = max(self._bold - 1, 0)
        elif tag in _ITALIC:
            self._italic = max(self._italic - 1, 0)
        else:
            self._blocks.end(tag)
