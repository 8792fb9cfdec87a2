"""What becomes of mail: SES's events for the SNS topics of a configuration set.

Observed with ministack 1.5.33: a configuration set keeps its event destinations, and nothing
is ever published to them. Here every message is delivered, except to SES's own simulator,
where each address has an outcome of its own: ``bounce@``, ``complaint@``.
Runs in the child; may use the emulator. A test fails once the emulator does it by itself.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
and https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from http import HTTPStatus
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ses, ses_v2, sns

_SEND_EMAIL = "/v2/email/outbound-emails"

_DELIVERED = (("Delivery", None),)


def publish_mail_events() -> None:
    """Publish the events of every message that SES takes; called once, before serving."""
    handle = ses_v2.handle_request

    @functools.wraps(handle)
    async def handling(
        method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> tuple[int, Any, bytes]:
        answer: tuple[int, Any, bytes] = await handle(method, path, headers, body, query_params)
        if (method, path, answer[0]) == ("POST", _SEND_EMAIL, HTTPStatus.OK):
            _publish(json.loads(body), json.loads(answer[2])["MessageId"])
        return answer

    ses_v2.handle_request = handling


def _publish(request: Mapping[str, Any], message_id: str) -> None:
    configuration = ses_v2._config_sets.get(request.get("ConfigurationSetName")) or {}
    topics = [
        (destination["SnsDestination"]["TopicArn"], destination["MatchingEventTypes"])
        for destination in (configuration.get("EventDestinations") or {}).values()
        if destination["Enabled"] and "SnsDestination" in destination
    ]
    for event in _events(request, message_id) if topics else ():
        for topic_arn, types in topics:
            if event["eventType"].upper() in types:
                sns.publish_internal(topic_arn, event, "Amazon SES Email Event Notification")


def _events(request: Mapping[str, Any], message_id: str) -> Iterator[dict[str, Any]]:
    """Yield what SES tells of a message, a recipient after the other."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    destination = request.get("Destination") or {}
    recipients = [parseaddr(text)[1] for addresses in destination.values() for text in addresses]
    mail = {
        "timestamp": now,
        "source": request.get("FromEmailAddress", ""),
        "sendingAccountId": get_account_id(),
        "messageId": message_id,
        "destination": recipients,
        "headersTruncated": False,
        "tags": _tags(request),
    }
    for recipient in recipients:
        for kind, subtype in _outcomes(recipient):
            detail = ses._notification_detail(kind, recipient, now, subtype)
            yield {"eventType": kind, "mail": mail, **detail}


def _tags(request: Mapping[str, Any]) -> dict[str, list[str]]:
    own = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", ())}
    return {"ses:configuration-set": [request["ConfigurationSetName"]], **own}


def _outcomes(recipient: str) -> tuple[tuple[str, str | None], ...]:
    name, _, domain = recipient.lower().partition("@")
    if domain != ses._SIMULATOR_DOMAIN:
        return _DELIVERED
    outcomes: tuple[tuple[str, str | None], ...] = ses._SIMULATOR_OUTCOMES.get(
        name.partition("+")[0], _DELIVERED
    )
    return outcomes
