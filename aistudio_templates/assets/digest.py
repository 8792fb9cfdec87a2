"""The digest of an asset's source: the same for the same files, wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from aistudio_templates.assets.sources import SourceFile

DIGEST_LENGTH = 32
"""Hexadecimal digits of a digest: 128 bits, beyond any accidental collision."""


def digest_of(files: Iterable[SourceFile], *, recipe: str = "") -> str:
    """Return the digest of ``files`` in their order.

    Args:
        files: Names, contents and executable bits count; times and modes do not.
        recipe: How they are packaged; a change of it changes the digest.
    """
    digest = hashlib.sha256()
    for part in _parts(files, recipe):
        # The length keeps "ab" + "c" apart from "a" + "bc".
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:DIGEST_LENGTH]


def _parts(files: Iterable[SourceFile], recipe: str) -> Iterable[bytes]:
    yield recipe.encode()
    for file in files:
        yield file.name.encode()
        yield b"executable" if file.executable else b"plain"
        yield file.content
