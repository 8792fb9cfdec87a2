"""The tables that notifications are made from, and the table ``notifications`` itself.

Every statement may run twice: the Data API may have done what it reports as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_shared.data_api import DataApi, storable

PENDING = "pending"
"""A notification that is still to be sent."""

_MAX_FAILURE_CHARACTERS = 1_000

# An answer of the Data API may have 1 MiB, and a character four bytes.
_EXECUTION = """\
SELECT execution.id, execution.status, schedule.owner_id, schedule.name AS schedule_name,
       CAST(EXTRACT(EPOCH FROM execution.started_at) AS double precision) AS started_at,
       CAST(EXTRACT(EPOCH FROM execution.finished_at) AS double precision) AS finished_at,
       left(execution.failure, 2000) AS failure,
       left(COALESCE(execution.result->>'text', execution.result->>'finalOutput',
                     execution.result->>'output'), 100001) AS output,
       CASE WHEN octet_length(CAST(execution.result AS text)) <= 300000
            THEN CAST(execution.result AS text) END AS result,
       person.email, suppressed.reason AS suppressed
FROM schedule_executions AS execution
JOIN schedules AS schedule ON schedule.id = execution.schedule_id
LEFT JOIN users AS person ON person.id = schedule.owner_id
LEFT JOIN suppressed_addresses AS suppressed
       ON suppressed.address_hash = hash_of_address(person.email)
WHERE execution.id = :execution_id"""

# A notification that failed before SES took it is tried again; any other stays as it is.
_INSERT = """\
INSERT INTO notifications AS notification
       (recipient_id, channel, subject, body, schedule_execution_id)
VALUES (:recipient_id, 'email', :subject, :body, :execution_id)
ON CONFLICT (schedule_execution_id, recipient_id, channel) DO UPDATE
SET status = CASE WHEN notification.status = 'failed'
                   AND notification.provider_message_id IS NULL
                  THEN 'pending' ELSE notification.status END,
    failure = CASE WHEN notification.status = 'failed'
                    AND notification.provider_message_id IS NULL
                   THEN NULL ELSE notification.failure END
RETURNING id, status"""

# What became of the message may have been recorded before this.
_SENT = """\
UPDATE notifications
SET status = CASE WHEN status = 'pending' THEN 'sent' ELSE status END,
    provider_message_id = COALESCE(provider_message_id, CAST(:message_id AS text)),
    sent_at = COALESCE(sent_at, now())
WHERE id = :notification_id"""

_FAILED = """\
UPDATE notifications SET status = 'failed', failure = :failure
WHERE id = :notification_id AND status = 'pending'"""


@dataclass(frozen=True)
class Notification:
    """A row of ``notifications``.

    Attributes:
        id: Its key.
        status: :data:`PENDING`, or what became of it.
    """

    id: int
    status: str


class NotificationRows:
    """The tables of one database.

    Args:
        database: The database.
    """

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def execution(self, execution_id: int) -> Mapping[str, Any] | None:
        """Return an execution with its schedule and the owner's address.

        Its columns are id, status, owner_id, schedule_name, started_at and finished_at
        in seconds since the epoch, failure, output, result, email, and suppressed: why
        the address must not be written to.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        rows = self._database.execute(_EXECUTION, {"execution_id": execution_id})
        return rows[0] if rows else None

    def pending(
        self, execution_id: int, recipient_id: str, *, subject: str, body: str
    ) -> Notification:
        """Return the notification of an execution, made if it is not there.

        Args:
            execution_id: The execution it tells of.
            recipient_id: Who is told.
            subject: One line.
            body: The message as plain text.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        (row,) = self._database.execute(
            _INSERT,
            {
                "recipient_id": recipient_id,
                "subject": subject,
                "body": body,
                "execution_id": execution_id,
            },
        )
        return Notification(**row)

    def sent(self, notification_id: int, message_id: str | None) -> None:
        """Record that a notification was sent.

        Args:
            notification_id: The notification.
            message_id: SES's id; ``None`` if an earlier attempt sent it, and could not say.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        self._database.execute(
            _SENT, {"notification_id": notification_id, "message_id": message_id}
        )

    def failed(self, notification_id: int, failure: str) -> None:
        """Record that a notification will not be sent.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        text = storable(failure)[:_MAX_FAILURE_CHARACTERS]
        self._database.execute(_FAILED, {"notification_id": notification_id, "failure": text})
