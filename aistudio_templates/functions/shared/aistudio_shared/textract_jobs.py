"""Jobs of Textract in the database, and the pages of a month that they use.

A job's row is written before Textract is asked, so that its answer always finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from aistudio_shared.data_api import DataApi, Parameter

_RESERVE_JOB = """\
INSERT INTO textract_jobs (job_id, document_id, month, page_count)
VALUES (:job_id, :document_id, CAST(:month AS date), CAST(:page_count AS integer))
ON CONFLICT (job_id) DO NOTHING RETURNING job_id"""

_RESERVE_PAGES = """\
INSERT INTO textract_usage (month, page_count)
VALUES (CAST(:month AS date), :page_count)
ON CONFLICT (month) DO UPDATE SET page_count = textract_usage.page_count + EXCLUDED.page_count
WHERE textract_usage.page_count + EXCLUDED.page_count <= :page_limit
RETURNING page_count"""

_START = """\
UPDATE textract_jobs SET textract_job_id = :textract_job_id, status = 'started'
WHERE job_id = :job_id AND finished_at IS NULL"""

_FIND = """\
SELECT job_id, document_id, CAST(month AS text) AS month, page_count, status
FROM textract_jobs WHERE job_id = :job_id OR textract_job_id = :textract_job_id
ORDER BY created_at LIMIT 1"""

_FINISH = """\
UPDATE textract_jobs
SET status = :status, page_count = CAST(:page_count AS integer), finished_at = now()
WHERE job_id = :job_id AND finished_at IS NULL RETURNING job_id"""

_CORRECT_PAGES = """\
UPDATE textract_usage SET page_count = page_count + :difference
WHERE month = CAST(:month AS date)"""

_FORGET = (
    "DELETE FROM textract_jobs WHERE job_id = :job_id AND finished_at IS NULL RETURNING job_id"
)

SUCCEEDED = "succeeded"
"""Its text is saved."""

FAILED = "failed"
"""Textract could not read it."""


class PageLimitError(Exception):
    """The month's pages do not suffice."""


@dataclass(frozen=True)
class TextractJob:
    """A row of ``textract_jobs``.

    Attributes:
        job_id: Our own job, Textract's ``JobTag``.
        document_id: The document.
        month: First day of the month whose pages it uses.
        page_count: How many pages are counted for it.
        status: ``reserved``, ``started``, ``succeeded`` or ``failed``.
    """

    job_id: str
    document_id: int
    month: str
    page_count: int
    status: str

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.status in (SUCCEEDED, FAILED)


class TextractJobs:
    """The jobs, and the pages they use.

    Args:
        database: Holds the tables ``textract_jobs`` and ``textract_usage``.
    """

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def reserve(
        self, job_id: str, document_id: int, *, page_count: int, page_limit: int
    ) -> TextractJob:
        """Return the job's row; a new one counts its pages, an old one is as it was.

        Args:
            job_id: Our own job.
            document_id: The document.
            page_count: Its pages, at least 1.
            page_limit: Most pages of this month.

        Raises:
            PageLimitError: The month's pages do not suffice; nothing is written.
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        month = datetime.now(UTC).strftime("%Y-%m-01")
        pages: dict[str, Parameter] = {"month": month, "page_count": page_count}
        job: dict[str, Parameter] = {"job_id": job_id, "document_id": document_id, **pages}
        with self._database.transaction() as transaction_id:
            if not self._database.execute(_RESERVE_JOB, job, transaction_id):
                return self._find(job_id, "", transaction_id)[0]
            # The statement's own condition does not see the first row of a month.
            if page_count > page_limit or not self._database.execute(
                _RESERVE_PAGES, {**pages, "page_limit": page_limit}, transaction_id
            ):
                raise PageLimitError(f"{page_count} pages are more than this month has left")
        return TextractJob(job_id, document_id, month, page_count, "reserved")

    def started(self, job_id: str, textract_job_id: str) -> None:
        """Note Textract's own id of a job; a finished job stays as it is.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        self._database.execute(_START, {"job_id": job_id, "textract_job_id": textract_job_id})

    def find(self, job_id: str, textract_job_id: str = "") -> TextractJob | None:
        """Return a job's row by either of its ids.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        return next(iter(self._find(job_id, textract_job_id)), None)

    def _find(
        self, job_id: str, textract_job_id: str, transaction_id: str | None = None
    ) -> list[TextractJob]:
        ids = {"job_id": job_id, "textract_job_id": textract_job_id}
        return [TextractJob(**row) for row in self._database.execute(_FIND, ids, transaction_id)]

    def finish(self, job: TextractJob, status: str, *, page_count: int | None = None) -> None:
        """Finish a job once, and count the pages that Textract really read.

        Args:
            job: Its row.
            status: :data:`SUCCEEDED` or :data:`FAILED`.
            page_count: Pages that Textract tells. Default: as reserved.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        pages = page_count or job.page_count
        with self._database.transaction() as transaction_id:
            finished = self._database.execute(
                _FINISH,
                {"job_id": job.job_id, "status": status, "page_count": pages},
                transaction_id,
            )
            if finished and pages != job.page_count:
                self._correct(job, pages - job.page_count, transaction_id)

    def give_up(self, job: TextractJob) -> None:
        """Forget a job that Textract refused to begin, and give its pages back.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The function's time is nearly over.
        """
        with self._database.transaction() as transaction_id:
            if self._database.execute(_FORGET, {"job_id": job.job_id}, transaction_id):
                self._correct(job, -job.page_count, transaction_id)

    def _correct(self, job: TextractJob, difference: int, transaction_id: str) -> None:
        self._database.execute(
            _CORRECT_PAGES, {"month": job.month, "difference": difference}, transaction_id
        )
