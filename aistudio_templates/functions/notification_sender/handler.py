"""The function that tells users what came of their scheduled executions, by e-mail.

It consumes the queue of notifications; what it cannot send comes back, or goes to the
dead-letter queue with its reason.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import cache
from typing import Any

import boto3
from aistudio_shared.batches import process
from aistudio_shared.data_api import DataApi
from aistudio_shared.environment import required
from aistudio_shared.logs import logger
from content import Links
from mailer import CLIENT_CONFIG, Mailer
from notification_rows import NotificationRows
from sending import Sending

_LOG = logger("notification_sender")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Send the notifications of one batch.

    Args:
        event: Lambda's event of an SQS queue; a body is ``{executionResultId, userId,
            notificationType: "email", scheduleName}``.
        context: Lambda's.

    Raises:
        MissingVariablesError: An environment variable is missing.
        InvalidUrlError: ``APPLICATION_URL`` is not one that a message may link to.
    """
    values = required("APPLICATION_URL", "EMAIL_TIMEZONE")
    sending = Sending(
        rows=NotificationRows(DataApi.from_environment(context)),
        mailer=_mailer(),
        claims=_claims(),
        links=Links.of(values["APPLICATION_URL"]),
        zone=_zone(values["EMAIL_TIMEZONE"]),
    )
    return process(event, sending.handle, log=_LOG, context=context)


@cache
def _mailer() -> Mailer:
    values = required("CONFIGURATION_SET_NAME", "ENVIRONMENT", "SENDER_ADDRESS")
    return Mailer(
        boto3.client("sesv2", config=CLIENT_CONFIG),
        sender=values["SENDER_ADDRESS"],
        configuration_set=values["CONFIGURATION_SET_NAME"],
        environment=values["ENVIRONMENT"],
    )


@cache
def _claims() -> Any:
    name = required("JOB_STATUS_TABLE")["JOB_STATUS_TABLE"]
    return boto3.resource("dynamodb").Table(name)


@cache
def _zone(name: str) -> tzinfo:
    """Return a time zone; UTC where the machine does not know it: a message is worth more."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        _LOG.warning("unknown time zone, times are UTC", timezone=name)
        return UTC
