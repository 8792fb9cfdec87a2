"""What every provider of embeddings has in common, and how batches are cut for it.

Pure; it calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from aistudio_shared.records import PermanentError

DIMENSIONS = 1_536
"""Of the column ``document_chunks.embedding``."""

_MAX_REAL = 3.4e38
"""pgvector stores single precision.

Source: https://github.com/pgvector/pgvector#vector-type
"""

Text = TypeVar("Text", bound="HasContent")


class HasContent(Protocol):
    """Something with a text."""

    @property
    def content(self) -> str:
        """The text."""


class TransientError(Exception):
    """The provider cannot serve now; later it may.

    Attributes:
        retry_after_seconds: When the provider wants to be asked again; 0 if it does not say.
    """

    def __init__(self, reason: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class RequestLimits:
    """What a provider takes at once.

    Attributes:
        texts: Most texts in one request.
        characters: Most characters of all its texts.
    """

    texts: int
    characters: int


class Provider(Protocol):
    """Turns texts into vectors."""

    @property
    def limits(self) -> RequestLimits:
        """What it takes at once."""

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Return one vector a text, in order, unchecked.

        Raises:
            PermanentError: The provider refuses; a retry would not help.
            TransientError: It cannot serve now.
        """


def requests(items: Iterable[Text], limits: RequestLimits) -> Iterator[list[Text]]:
    """Yield ``items`` in order, in groups that one request can carry.

    An item that is larger than a whole request goes alone; the provider decides about it.
    """
    group: list[Text] = []
    characters = 0
    for item in items:
        length = len(item.content)
        if group and (len(group) >= limits.texts or characters + length > limits.characters):
            yield group
            group, characters = [], 0
        group.append(item)
        characters += length
    if group:
        yield group


def checked(vectors: Sequence[Any], count: int) -> list[list[float]]:
    """Return the vectors, if there are ``count`` of them and each fits the column.

    Raises:
        PermanentError: There are more or fewer, or one has other dimensions, or holds what
            is no finite number.
    """
    if len(vectors) != count:
        raise PermanentError(f"the model gave {len(vectors)} vectors for {count} texts")
    return [_checked(vector) for vector in vectors]


def _checked(vector: Any) -> list[float]:
    if not isinstance(vector, list) or len(vector) != DIMENSIONS:
        found = len(vector) if isinstance(vector, list) else "no"
        raise PermanentError(f"the model gave {found} dimensions, not {DIMENSIONS}")
    if not all(map(_is_real, vector)):
        raise PermanentError("the model gave a vector that holds no finite number")
    return [float(value) for value in vector]


def _is_real(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Of no number at all, and of infinity, it is not true either.
    return is_number and abs(value) <= _MAX_REAL
