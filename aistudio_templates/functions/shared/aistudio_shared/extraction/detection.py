"""What a file is: by its content, then by its name, then by what its sender says."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from aistudio_shared.extraction import archive
from aistudio_shared.extraction.encodings import HEAD_BYTES, is_text, open_text
from aistudio_shared.extraction.result import UnreadableError, UnsupportedError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
CSV = "text/csv"
HTML = "text/html"
MARKDOWN = "text/markdown"
JSON = "application/json"
PLAIN = "text/plain"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
"""What OCR reads."""

_UNSUPPORTED = (
    (b"{\\rtf", "RTF is not read; save it as .docx or .pdf"),
    (b"GIF8", "GIF pictures are not read; save it as PNG or JPEG"),
    (b"BM", "bitmaps are not read; save it as PNG or JPEG"),
    (b"RIFF", "WebP pictures, sound and video are not read; save a picture as PNG or JPEG"),
    (b"\x1f\x8b", "archives are not read; upload the files that are in it"),
    (b"7z\xbc\xaf", "archives are not read; upload the files that are in it"),
    (b"Rar!", "archives are not read; upload the files that are in it"),
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that a password makes of a .docx, .xlsx or .pptx.

Source: https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-offcrypto/
"""

_OFFICE_PARTS = (
    ("word/", DOCX),
    ("xl/workbook.xml", XLSX),
    ("ppt/", PPTX),
)

_TEXT_SUFFIXES = {
    ".csv": CSV,
    ".tsv": CSV,
    ".htm": HTML,
    ".html": HTML,
    ".xhtml": HTML,
    ".json": JSON,
    ".markdown": MARKDOWN,
    ".md": MARKDOWN,
    ".log": PLAIN,
    ".text": PLAIN,
    ".txt": PLAIN,
    ".xml": PLAIN,
    ".yaml": PLAIN,
    ".yml": PLAIN,
}

_TEXT_MEDIA_TYPES = {
    "application/csv": CSV,
    "text/csv": CSV,
    "text/tab-separated-values": CSV,
    "application/xhtml+xml": HTML,
    "text/html": HTML,
    "application/json": JSON,
    "text/json": JSON,
    "text/markdown": MARKDOWN,
    "text/x-markdown": MARKDOWN,
    "text/plain": PLAIN,
}

_BINARY_SUFFIXES = frozenset(
    {".docx", ".jpeg", ".jpg", ".pdf", ".png", ".pptx", ".tif", ".tiff", ".xlsx"}
)

_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b",
    re.DOTALL | re.IGNORECASE,
)

_PDF_WITHIN_BYTES = 1024
"""Readers of PDF accept something before the header."""

_START_CHARACTERS = 4096

_BLOCK_BYTES = 1024 * 1024


def media_type_of(source: Path, *, name: str, media_type: str | None = None) -> str:
    """Return the type of a file, one of this module's constants.

    Args:
        source: The file.
        name: What its owner calls it.
        media_type: What its sender says it is.

    Raises:
        UnsupportedError: It is of a type that is not read.
        UnreadableError: It is empty, broken or protected.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableError("the file is empty")
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    found = _by_signature(source, head)
    if found is not None:
        return found
    if is_text(head):
        return _text_type(source, suffix, media_type)
    if suffix in _BINARY_SUFFIXES:
        raise UnreadableError(f"it is broken: the name ends in {suffix}, the content does not fit")
    raise UnsupportedError("its content is of no type that is read")


def _by_signature(source: Path, head: bytes) -> str | None:
    if b"%PDF-" in head[:_PDF_WITHIN_BYTES]:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office_type(source)
    if head.startswith(_OLE):
        raise _ole_error(source)
    for signature, image in _IMAGES:
        if head.startswith(signature):
            return image
    for signature, reason in _UNSUPPORTED:
        if head.startswith(signature) and not (len(signature) == 2 and is_text(head)):
            raise UnsupportedError(reason)
    if head[4:8] == b"ftyp":
        raise UnsupportedError("HEIC pictures and videos are not read; save a picture as JPEG")
    return None


def _office_type(source: Path) -> str:
    with archive.opened(source) as package:
        names = package.namelist()
    for part, found in _OFFICE_PARTS:
        if any(name.startswith(part) for name in names):
            return found
    if "xl/workbook.bin" in names:
        raise UnsupportedError("binary workbooks are not read; save it as .xlsx")
    if "mimetype" in names:
        raise UnsupportedError("OpenDocument and EPUB are not read; save it as .docx or .pdf")
    raise UnsupportedError("archives are not read; upload the files that are in it")


def _ole_error(source: Path) -> UnreadableError | UnsupportedError:
    before = b""
    with source.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            if _ENCRYPTED_PACKAGE in before + block:
                return UnreadableError("it is protected by a password")
            before = block[-len(_ENCRYPTED_PACKAGE) :]
    return UnsupportedError(
        "old binary Office files (.doc, .xls, .ppt, .msg) are not read; "
        "save it as .docx, .xlsx, .pptx or .pdf"
    )


def _text_type(source: Path, suffix: str, media_type: str | None) -> str:
    with open_text(source) as file:
        start = file.read(_START_CHARACTERS)
    if _HTML_START.match(start):
        return HTML
    named = _TEXT_SUFFIXES.get(suffix)
    if named is not None:
        return named
    essence = (media_type or "").partition(";")[0].strip().lower()
    told = _TEXT_MEDIA_TYPES.get(essence)
    if told is not None:
        return told
    return JSON if start.lstrip().startswith(("{", "[")) else PLAIN
