"""A document's job, as the application polls it: status, stage and percentage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aistudio_shared.job_status import COMPLETED, FAILED, PROCESSING, JobStatus

INITIALIZING = ("initializing", 10)
ROUTING = ("routing_to_high_memory", 15)
DOWNLOADING = ("downloading", 20)
SELECTING = ("selecting_processor", 30)
PARSING_PERCENT = 40
POST_PROCESSING = ("post_processing", 70)
CONVERTING = ("converting_markdown", 80)
CHUNKING = ("chunking_text", 90)
STORING = ("storing_results", 95)
RETRYING = ("retrying", 10)

_LEFT_BY_A_FAILURE = ("errorMessage", "failedAt")


class DocumentJob:
    """One job's item.

    Args:
        table: Table of the jobs of documents.
        job_id: The job.
    """

    def __init__(self, table: Any, job_id: str) -> None:
        self._status = JobStatus(table, job_id)

    def begin(self) -> bool:
        """Begin an attempt; return whether the job is not completed yet.

        Raises:
            ClientError: DynamoDB refuses.
        """
        stage, progress = INITIALIZING
        attributes = {"stage": stage, "progress": progress}
        return self._status.begin(attributes=attributes, removed=_LEFT_BY_A_FAILURE)

    def stage(self, stage: tuple[str, int]) -> None:
        """Tell what is being done, and how far it is in percent.

        Args:
            stage: One of this module's, or a reader's own.

        Raises:
            ClientError: DynamoDB refuses.
        """
        name, progress = stage
        self._status.update(PROCESSING, progress=progress, attributes={"stage": name})

    def complete(self, result: Mapping[str, Any]) -> None:
        """Tell that the result is there.

        Args:
            result: The attributes that hold it or say where it is.

        Raises:
            ClientError: DynamoDB refuses.
        """
        attributes = {"stage": COMPLETED, "completedAt": _now(), **result}
        self._status.update(COMPLETED, progress=100, attributes=attributes)

    def fail(self, reason: str) -> None:
        """Tell why there will be no result.

        Args:
            reason: For the document's owner, without its content.

        Raises:
            ClientError: DynamoDB refuses.
        """
        attributes = {"stage": FAILED, "errorMessage": reason[:1_000], "failedAt": _now()}
        self._status.update(FAILED, attributes=attributes)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
