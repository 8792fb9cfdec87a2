"""Text inside a paragraph, with emphasis."""

from __future__ import annotations

_PLAIN = ("", False, False)


class Inline:
    """Pieces of a paragraph, each plain, bold or italic."""

    def __init__(self) -> None:
        self._spans: list[tuple[str, bool, bool]] = []

    def add(self, text: str, *, bold: bool = False, italic: bool = False) -> None:
        """Add a piece; it joins the one before it if it looks the same."""
        if not text:
            return
        before = self._spans[-1] if self._spans else _PLAIN
        if self._spans and before[1:] == (bold, italic):
            self._spans[-1] = (before[0] + text, bold, italic)
        else:
            self._spans.append((text, bold, italic))

    def ends_with_space(self) -> bool:
        """Return whether a further space would be one too many."""
        return not self._spans or self._spans[-1][0][-1:].isspace()

    def text(self) -> str:
        """Return the paragraph as text."""
        return "".join(span[0] for span in self._spans)

    def markdown(self) -> str:
        """Return the paragraph as Markdown."""
        return "".join(_marked(*span) for span in self._spans)


def _marked(text: str, bold: bool, italic: bool) -> str:
    mark = "*" * (2 * bold + italic)
    core = text.strip()
    if not mark or not core:
        return text
    # Marks next to a space would be taken for text.
    start = text.index(core)
    marked = "\n".join(f"{mark}{line}{mark}" if line.strip() else line for line in core.split("\n"))
    return text[:start] + marked + text[start + len(core) :]
