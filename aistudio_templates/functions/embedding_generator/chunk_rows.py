"""Chunks without an embedding, in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aistudio_shared.data_api import DataApi, Vector

_READ = """\
SELECT id, content FROM document_chunks
WHERE document_id = :document_id AND id = ANY(CAST(:ids AS bigint[])) AND embedding IS NULL
ORDER BY id"""

_WRITE = """\
UPDATE document_chunks SET embedding = CAST(:embedding AS vector)
WHERE id = :id AND document_id = :document_id"""

_COMPLETE = """\
UPDATE documents SET status = 'ready', failure = NULL
WHERE id = :document_id
  AND EXISTS (SELECT 1 FROM document_chunks WHERE document_id = :document_id)
  AND NOT EXISTS (
      SELECT 1 FROM document_chunks WHERE document_id = :document_id AND embedding IS NULL
  )
RETURNING id"""

_CHUNKS_PER_READ = 40
"""The Data API answers 1 MiB; 2,000 characters may take 24,000 bytes of its JSON.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/
API_ExecuteStatement.html
"""


@dataclass(frozen=True)
class ChunkRow:
    """A chunk that lacks its embedding.

    Attributes:
        chunk_id: ``document_chunks.id``.
        content: Its text.
    """

    chunk_id: int
    content: str


class ChunkRows:
    """The chunks of one document.

    Args:
        database: Holds the tables ``documents`` and ``document_chunks``.
        document_id: The document.
    """

    def __init__(self, database: DataApi, document_id: int) -> None:
        self._database = database
        self._document = {"document_id": document_id}

    def missing(self, chunk_ids: Sequence[int]) -> Iterator[ChunkRow]:
        """Yield those of some chunks that are there and lack an embedding.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        for first in range(0, len(chunk_ids), _CHUNKS_PER_READ):
            ids = ",".join(map(str, chunk_ids[first : first + _CHUNKS_PER_READ]))
            rows = self._database.execute(_READ, {**self._document, "ids": f"{{{ids}}}"})
            yield from (ChunkRow(row["id"], row["content"]) for row in rows)

    def write(self, rows: Sequence[ChunkRow], vectors: Sequence[Sequence[float]]) -> None:
        """Write one vector a row, all or none.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        self._database.batch_execute(
            _WRITE,
            [
                {**self._document, "id": row.chunk_id, "embedding": Vector(vector)}
                for row, vector in zip(rows, vectors, strict=True)
            ],
        )

    def complete(self) -> bool:
        """Mark the document as ready if no chunk lacks an embedding; return whether.

        Only after the vectors are committed: of two that write a document's last vectors,
        neither would see the other's before.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        return bool(self._database.execute(_COMPLETE, self._document))
