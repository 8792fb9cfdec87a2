"""Pages of a PDF as pictures, for OCR.

Source: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aistudio_shared.extraction import pdf

MAX_PIXELS = 9_000_000
"""A4 at 300 dots per inch has 8.7 million. A pixel is a byte at most, so that no picture
exceeds the 10 MB that OCR takes.

Source: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""

_MAX_SIDE_PIXELS = 10_000
"""Source: the same."""

_DOTS_PER_INCH = 300
_POINTS_PER_INCH = 72

_COMPRESSION = 3
"""Of zlib: half of the time of its default for a few percent."""

_GRAY_8_BIT = struct.pack(">BBBBB", 8, 0, 0, 0, 0)


@contextmanager
def page_images(source: Path) -> Iterator[Callable[[int], bytes]]:
    """Yield a function that returns a page, by its number from 0, as a gray PNG.

    Raises:
        UnreadableError: The document is broken, or protected by a password.
    """
    with pdf.opened(source) as document:
        yield lambda index: _image(document[index])


def _image(page: Any) -> bytes:
    width, height = (max(side, 1.0) for side in page.get_size())
    scale = min(
        _DOTS_PER_INCH / _POINTS_PER_INCH,
        math.sqrt(MAX_PIXELS / (width * height)),
        _MAX_SIDE_PIXELS / max(width, height),
    )
    try:
        # Rounded up, PDFium's sizes would pass the limit by a row.
        bitmap = page.render(scale=scale * 0.999, grayscale=True)
        return _png(memoryview(bitmap.buffer).cast("B"), bitmap.width, bitmap.height, bitmap.stride)
    finally:
        page.close()


def _png(pixels: memoryview, width: int, height: int, stride: int) -> bytes:
    packer = zlib.compressobj(_COMPRESSION)
    packed = bytearray()
    for row in range(height):
        packed += packer.compress(b"\0")
        packed += packer.compress(pixels[row * stride : row * stride + width])
    packed += packer.flush()
    header = struct.pack(">II", width, height) + _GRAY_8_BIT
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", bytes(packed)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
