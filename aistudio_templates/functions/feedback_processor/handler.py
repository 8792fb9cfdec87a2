"""The function that records what becomes of notifications: bounces, complaints, deliveries.

It consumes the queue of SES's events. Recording twice changes nothing, so it needs no
claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aistudio_shared.batches import process
from aistudio_shared.data_api import DataApi
from aistudio_shared.logs import logger
from aistudio_shared.records import Record
from feedback import feedback_of
from feedback_rows import FeedbackRows

_LOG = logger("feedback_processor")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Record the events of one batch.

    Args:
        event: Lambda's event of an SQS queue; a body is SNS's envelope of SES's event.
        context: Lambda's.

    Raises:
        MissingVariablesError: The function has no database.
    """
    rows = FeedbackRows(DataApi.from_environment(context))
    return process(event, lambda record: _handle(record, rows), log=_LOG, context=context)


def _handle(record: Record, rows: FeedbackRows) -> None:
    feedback = feedback_of(record)
    if feedback is None:
        _LOG.info("event not recorded", messageId=record.message_id)
        return
    rows.suppress(feedback)
    notification_id = rows.record(feedback)
    _LOG.info(
        "event recorded",
        status=feedback.status,
        failure=feedback.failure,
        notificationId=notification_id,
        suppressed=len(feedback.suppressed),
    )
