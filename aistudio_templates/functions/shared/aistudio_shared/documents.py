"""Documents and their chunks in the database, and the requests to embed the chunks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aistudio_shared.chunking import Chunk, chunks
from aistudio_shared.data_api import DataApi, Json, storable

_BEGIN = """\
UPDATE documents SET status = 'processing', failure = NULL
WHERE id = :document_id RETURNING id"""

_FAIL = """\
UPDATE documents SET status = 'failed', failure = :failure
WHERE id = :document_id RETURNING id"""

_DESCRIBE = """\
UPDATE documents
SET status = 'processing', failure = NULL, metadata = metadata || CAST(:metadata AS jsonb)
WHERE id = :document_id RETURNING id"""

_DELETE_CHUNKS = "DELETE FROM document_chunks WHERE document_id = :document_id"

_INSERT_CHUNK = """\
INSERT INTO document_chunks (document_id, position, content, token_count, metadata)
VALUES (:document_id, CAST(:position AS integer), :content, CAST(:token_count AS integer),
        CAST(:metadata AS jsonb))"""

_CHUNK_IDS = """\
SELECT id FROM document_chunks
WHERE document_id = :document_id AND position >= CAST(:first AS integer)
ORDER BY position LIMIT 10000"""
"""10,000 ids are far below the 1 MiB that the Data API answers."""

_PAGE = 10_000

_ROWS_PER_INSERT = 500
"""So many chunks are held in memory besides the text, and sent at once."""

_MAX_FAILURE_CHARACTERS = 1_000

_CHUNKS_PER_MESSAGE = 250
"""What an embedding function can do well within its time; 5 KB, while SQS takes 256 KiB."""

_MESSAGES_PER_CALL = 10
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
API_SendMessageBatch.html
"""


class DocumentMissingError(Exception):
    """The document is not in the database: not yet, or no more."""


class EmbeddingRequestError(Exception):
    """SQS did not take all requests; what it took may be sent again."""


@dataclass(frozen=True)
class StoredChunks:
    """The chunks that a document has now.

    Attributes:
        ids: Their ids, in order.
        token_count: Roughly how many tokens they have.
    """

    ids: Sequence[int]
    token_count: int


class Documents:
    """Documents as the pipeline changes them.

    Args:
        database: Holds the tables ``documents`` and ``document_chunks``.
    """

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def begin(self, document_id: int) -> None:
        """Mark a document as being processed.

        Raises:
            DocumentMissingError: There is no such document.
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        self._update(_BEGIN, {"document_id": document_id})

    def fail(self, document_id: int, reason: str) -> None:
        """Mark a document as failed.

        Args:
            document_id: The document.
            reason: For its owner to read.

        Raises:
            DocumentMissingError: There is no such document.
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        failure = storable(reason)[:_MAX_FAILURE_CHARACTERS]
        self._update(_FAIL, {"document_id": document_id, "failure": failure})

    def replace_chunks(
        self, document_id: int, text: str, *, metadata: Mapping[str, Any] | None = None
    ) -> StoredChunks:
        """Replace a document's chunks, all or none.

        Args:
            document_id: The document.
            text: Its text; of white space alone there are no chunks.
            metadata: Added to the document's own.

        Raises:
            DocumentMissingError: There is no such document.
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        document = {"document_id": document_id}
        with self._database.transaction() as transaction_id:
            # The row's lock makes two writers of the same document wait for each other.
            described = {**document, "metadata": Json(dict(metadata or {}))}
            self._update(_DESCRIBE, described, transaction_id)
            self._database.execute(_DELETE_CHUNKS, document, transaction_id)
            count = tokens = 0
            for group in _groups(chunks(storable(text)), _ROWS_PER_INSERT):
                rows = [{**document, **_row(chunk)} for chunk in group]
                self._database.batch_execute(_INSERT_CHUNK, rows, transaction_id)
                count += len(group)
                tokens += sum(chunk.token_count for chunk in group)
            return StoredChunks(self._chunk_ids(document_id, count, transaction_id), tokens)

    def _chunk_ids(self, document_id: int, count: int, transaction_id: str) -> list[int]:
        # A batch does not tell the ids that it made.
        return [
            row["id"]
            for first in range(0, count, _PAGE)
            for row in self._database.execute(
                _CHUNK_IDS, {"document_id": document_id, "first": first}, transaction_id
            )
        ]

    def _update(
        self, sql: str, parameters: Mapping[str, Any], transaction_id: str | None = None
    ) -> None:
        if not self._database.execute(sql, parameters, transaction_id):
            raise DocumentMissingError(f"there is no document {parameters['document_id']}")


def request_embeddings(sqs: Any, queue_url: str, item_id: int, chunk_ids: Sequence[int]) -> int:
    """Ask for the embeddings of chunks; return how many messages that took.

    Args:
        sqs: An ``sqs`` client.
        queue_url: The queue of chunks to embed.
        item_id: The document.
        chunk_ids: Its chunks.

    Raises:
        EmbeddingRequestError: SQS did not take all of them.
        ClientError: SQS refuses the call.
    """
    bodies = [
        json.dumps({"itemId": item_id, "chunkIds": ids})
        for ids in _slices(chunk_ids, _CHUNKS_PER_MESSAGE)
    ]
    for group in _slices(bodies, _MESSAGES_PER_CALL):
        answer = sqs.send_message_batch(
            QueueUrl=queue_url,
            Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(group)],
        )
        refused = answer.get("Failed", [])
        if refused:
            raise EmbeddingRequestError(
                f"SQS refused {len(refused)} of {len(group)} messages: {refused[0].get('Code')}"
            )
    return len(bodies)


def _row(chunk: Chunk) -> dict[str, Any]:
    return {
        "position": chunk.index,
        "content": chunk.text,
        "token_count": chunk.token_count,
        "metadata": Json({"start": chunk.start, "end": chunk.end}),
    }


def _slices(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(items), size):
        yield list(items[first : first + size])


def _groups(items: Iterable[Chunk], size: int) -> Iterator[list[Chunk]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
