"""PDF: the text of its pages and filled forms, and which pages only OCR can read.

PDFium is not safe for threads: one at a time.

Source: https://pypdfium2.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped] # it has no annotations
import pypdfium2.raw as pdfium_raw  # type: ignore[import-untyped] # the same

from aistudio_shared.extraction.plain import with_headings
from aistudio_shared.extraction.result import Document, Facts, UnreadableError
from aistudio_shared.extraction.writer import Writer, clean

_MAX_PAGES = 20_000
"""A broken or hostile file can claim to have a billion."""

_FEWEST_CHARACTERS = 25
"""A page with a picture and fewer visible characters is scanned: a page number is no text."""

_PICTURES_DEPTH = 3
"""How deep pictures are looked for in the groups of a page."""

_LINE_END_HYPHEN = "\x02"
"""What PDFium gives for a hyphen at the end of a line, where it joins both lines; of most
of them the word knows nothing."""

_PROPERTIES = {"Title": "title", "Author": "author"}


@contextmanager
def opened(source: Path) -> Iterator[Any]:
    """Yield a document of PDFium.

    Args:
        source: The file.

    Raises:
        UnreadableError: It is broken, or protected by a password that is not empty.
    """
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        raise _open_error(error) from error
    try:
        if len(document) > _MAX_PAGES:
            raise UnreadableError(f"it has more than {_MAX_PAGES:,} pages")
        document.init_forms()
        yield document
    finally:
        document.close()


def read(document: Document, writer: Writer) -> Facts:
    """Write the text of all pages in order, or what is known to be on scanned ones.

    Args:
        document: The file, and texts of pages.
        writer: Takes the text.

    Raises:
        UnreadableError: It is broken, or protected by a password.
    """
    scanned: list[int] = []
    broken: list[int] = []
    with opened(document.path) as pages:
        for index in range(len(pages)):
            if index in document.page_texts:
                writer.paragraph(document.page_texts[index])
                continue
            try:
                text, is_scanned = _page(pages, index)
            except pdfium.PdfiumError:
                broken.append(index)
                continue
            if is_scanned:
                scanned.append(index)
            writer.paragraph(text)
        if len(broken) == len(pages):
            raise UnreadableError("it is broken: none of its pages can be read")
        return Facts(
            page_count=len(pages),
            scanned_pages=tuple(scanned),
            metadata=_metadata(pages, broken),
            markdown_of=with_headings,
        )


def _open_error(error: pdfium.PdfiumError) -> UnreadableError:
    if error.err_code == pdfium_raw.FPDF_ERR_PASSWORD:
        return UnreadableError("it is protected by a password")
    if error.err_code == pdfium_raw.FPDF_ERR_SECURITY:
        return UnreadableError("it is protected in a way that is not read")
    return UnreadableError("it is broken or incomplete")


def _page(document: Any, index: int) -> tuple[str, bool]:
    """Return a page's text, and whether it shows pictures instead of text."""
    page = document[index]
    try:
        if _has_fields(page):
            # What was filled in is no content of the page before.
            page.flatten()
            page.close()
            page = document[index]
        text = _text(page)
        visible = sum(not character.isspace() for character in text[: _FEWEST_CHARACTERS * 20])
        return text, visible < _FEWEST_CHARACTERS and _has_pictures(page)
    finally:
        page.close()


def _text(page: Any) -> str:
    textpage = page.get_textpage()
    try:
        text = str(textpage.get_text_bounded())
    finally:
        textpage.close()
    return clean(text.replace(_LINE_END_HYPHEN, ""))


def _has_fields(page: Any) -> bool:
    """Return whether a page has form fields or text that was typed onto it."""
    if page.formenv is None:
        return False
    for number in range(pdfium_raw.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium_raw.FPDFPage_GetAnnot(page, number)
        kind = pdfium_raw.FPDFAnnot_GetSubtype(annotation)
        pdfium_raw.FPDFPage_CloseAnnot(annotation)
        if kind in {pdfium_raw.FPDF_ANNOT_WIDGET, pdfium_raw.FPDF_ANNOT_FREETEXT}:
            return True
    return False


def _has_pictures(page: Any) -> bool:
    pictures = page.get_objects(filter=[pdfium_raw.FPDF_PAGEOBJ_IMAGE], max_depth=_PICTURES_DEPTH)
    return next(pictures, None) is not None


def _metadata(document: Any, broken: list[int]) -> dict[str, Any]:
    properties = document.get_metadata_dict(skip_empty=True)
    metadata: dict[str, Any] = {
        key: " ".join(clean(properties[name]).split())
        for name, key in _PROPERTIES.items()
        if name in properties
    }
    if broken:
        metadata["unreadable_pages"] = broken
    return metadata
