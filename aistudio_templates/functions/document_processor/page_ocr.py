"""Reading scanned pages and pictures with Textract, a page a call.

The calls answer within seconds, so that no topic and no second function are needed; they
take single pages, as pictures of at most 10 MB.

Source: https://docs.aws.amazon.com/textract/latest/dg/sync.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aistudio_shared.extraction.detection import PDF
from aistudio_shared.stored_objects import RefusedError
from botocore.exceptions import ClientError

MAX_PAGES = 1_000
"""Of one document: $1.50, and a few minutes."""

MAX_BYTES = 10_485_760
"""Of one picture.

Source: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""

_THREADS = 8
"""A page takes one to two seconds; accounts may ask for 25 a second in large regions, but
only for 1 in small ones, where botocore's retries slow this down."""

_AT_FAULT = frozenset(
    {
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidParameterException",
        "UnsupportedDocumentException",
    }
)
"""Codes that tell that a page is what Textract cannot read."""


@dataclass(frozen=True)
class PageOcr:
    """Textract, and for how long.

    Attributes:
        textract: Makes a ``textract`` client.
        seconds_left: Returns how many seconds may still be spent.
    """

    textract: Callable[[], Any]
    seconds_left: Callable[[], float]

    def texts(
        self,
        path: Path,
        media_type: str,
        pages: Sequence[int],
        *,
        progress: Callable[[float], None],
    ) -> dict[int, str]:
        """Return the texts of pages by their numbers, without those that cannot be read.

        Args:
            path: A PDF or a picture.
            media_type: Which of them.
            pages: Numbers of the pages, from 0.
            progress: Is told, time and again, what share is done.

        Raises:
            RefusedError: It has too many such pages, or too many for the function's time.
            ClientError: Textract refuses for another reason.
            UnreadableError: The PDF is broken.
        """
        if len(pages) > MAX_PAGES:
            raise RefusedError(f"{len(pages):,} of its pages are scanned, OCR reads {MAX_PAGES:,}")
        # Clients may be shared by threads, but are made by one.
        client = self.textract()
        texts: dict[int, str] = {}
        with _pictures(path, media_type) as picture, ThreadPoolExecutor(_THREADS) as executor:
            for group in _groups(pages):
                self._check_time(len(texts), len(pages))
                # PDFium draws in this thread alone; Textract may be asked in many.
                pictures = [picture(page) for page in group]
                found = executor.map(lambda shown: _text(client, shown), pictures)
                texts.update(
                    (page, text)
                    for page, text in zip(group, found, strict=True)
                    if text is not None
                )
                progress((pages.index(group[-1]) + 1) / len(pages))
        return texts

    def _check_time(self, done: int, pages: int) -> None:
        if self.seconds_left() <= 0:
            # Another attempt would pay for the same pages and come as far.
            raise RefusedError(
                f"OCR read {done} of {pages} scanned pages in the time it has; split the document"
            )


def _text(client: Any, picture: bytes) -> str | None:
    """Return a picture's lines; ``None`` if Textract cannot read it."""
    if len(picture) > MAX_BYTES:
        return None
    try:
        answer = client.detect_document_text(Document={"Bytes": picture})
    except ClientError as error:
        if error.response["Error"]["Code"] in _AT_FAULT:
            return None
        raise
    return "\n".join(block["Text"] for block in answer["Blocks"] if block["BlockType"] == "LINE")


def _groups(pages: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the pages in groups of which all pictures fit into memory at once."""
    for first in range(0, len(pages), _THREADS):
        yield pages[first : first + _THREADS]


@contextmanager
def _pictures(path: Path, media_type: str) -> Iterator[Callable[[int], bytes]]:
    if media_type != PDF:
        yield lambda _: path.read_bytes()
        return
    # It loads PDFium, which few invocations need.
    from aistudio_shared.extraction.page_images import page_images  # noqa: PLC0415

    with page_images(path) as picture:
        yield picture
