"""What SES tells, in the tables ``notifications`` and ``suppressed_addresses``.

Events come more than once and in any order, and may come before the sender has stored
the message's id. So a notification is found by that id or by its tag, its status only
ever moves forward, and every statement may run twice.
"""

from __future__ import annotations

from aistudio_shared.data_api import DataApi, storable
from feedback import Feedback

# Of "failed", only SES's own rejection is further than delivery: where SES's id is
# missing, the sender gave up without an answer, and SES knows better.
_RECORD = """\
WITH found AS (
    SELECT id,
           array_position(
               ARRAY['pending', 'sent', 'delivered', 'failed', 'bounced'],
               CASE WHEN status = 'failed' AND provider_message_id IS NULL
                    THEN 'pending' ELSE status END) AS known,
           array_position(
               ARRAY['pending', 'sent', 'delivered', 'failed', 'bounced'],
               CAST(:status AS text)) AS told
    FROM notifications
    WHERE provider_message_id = :message_id
       OR (id = CAST(:notification_id AS bigint) AND provider_message_id IS NULL)
    FOR UPDATE
)
UPDATE notifications AS notification
SET provider_message_id = COALESCE(notification.provider_message_id, :message_id),
    sent_at = COALESCE(notification.sent_at, now()),
    status = CASE WHEN told > known THEN CAST(:status AS text) ELSE notification.status END,
    failure = CASE WHEN told > known THEN CAST(:failure AS text)
                   WHEN told = known
                   THEN COALESCE(notification.failure, CAST(:failure AS text))
                   ELSE notification.failure END
FROM found
WHERE notification.id = found.id
RETURNING notification.id"""

_SUPPRESS = """\
INSERT INTO suppressed_addresses (address_hash, reason, detail)
VALUES (hash_of_address(:address), :reason, :detail)
ON CONFLICT (address_hash) DO NOTHING"""


class FeedbackRows:
    """The tables of one database.

    Args:
        database: The database.
    """

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def record(self, feedback: Feedback) -> int | None:
        """Record what became of a message; return its notification, if there is one.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        rows = self._database.execute(
            _RECORD,
            {
                "message_id": feedback.message_id,
                "notification_id": feedback.notification_id,
                "status": feedback.status,
                "failure": None if feedback.failure is None else storable(feedback.failure),
            },
        )
        return int(rows[0]["id"]) if rows else None

    def suppress(self, feedback: Feedback) -> None:
        """Remember the addresses that must not be written to again.

        Raises:
            ClientError: The Data API refuses.
            OutOfTimeError: The database did not answer in time.
        """
        for address in feedback.suppressed:
            self._database.execute(
                _SUPPRESS,
                {
                    "address": storable(address),
                    "reason": feedback.reason,
                    "detail": storable(feedback.failure or ""),
                },
            )
