"""What SES tells about a message, reduced to what a notification's row needs.

Pure: may import the standard library and the shared layer's records only.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aistudio_shared.records import PermanentError, Record, sns_message

_TOPIC_TEST = "Successfully validated SNS topic"
"""How the message begins that SES publishes when an event destination is made."""

_ID = re.compile(r"[1-9][0-9]{0,17}")

_MAX_DETAIL_CHARACTERS = 200


@dataclass(frozen=True)
class Feedback:
    """What became of one message.

    Attributes:
        message_id: SES's id of the message.
        notification_id: The tag of our messages; ``None`` on any other.
        status: What the notification's status becomes, unless it is further already.
        failure: What went wrong, without addresses; ``None`` if nothing did.
        suppressed: Addresses that must not be written to again.
        reason: Why: ``bounce`` or ``complaint``.
    """

    message_id: str
    notification_id: int | None
    status: str
    failure: str | None = None
    suppressed: tuple[str, ...] = ()
    reason: str = "bounce"


def feedback_of(record: Record) -> Feedback | None:
    """Return what a message of the queue tells; ``None`` if it is nothing to be recorded.

    Raises:
        PermanentError: It is no event of SES.
    """
    event = _event(record)
    if event is None:
        return None
    kind = event.get("eventType") or event.get("notificationType")
    if not isinstance(kind, str):
        raise PermanentError("the event has no eventType")
    read = _READERS.get(kind)
    return None if read is None else read(event, _object(event, "mail"))


def _event(record: Record) -> Mapping[str, Any] | None:
    """Return SES's event, out of SNS's envelope unless the subscription is raw."""
    text = record.body.get("Message")
    if text is None:
        return record.body
    if isinstance(text, str) and text.startswith(_TOPIC_TEST):
        return None
    return sns_message(record)


def _bounce(event: Mapping[str, Any], mail: Mapping[str, Any]) -> Feedback:
    bounce = _object(event, "bounce")
    recipients = _objects(bounce, "bouncedRecipients")
    kind, subtype = bounce.get("bounceType"), bounce.get("bounceSubType")
    codes = [recipient.get("status") for recipient in recipients]
    failure = _detail(f"{kind} bounce", subtype, *codes)
    if kind != "Permanent":
        # SES gave up on it, but the address may well work tomorrow.
        return _feedback(mail, "sent", failure)
    return _feedback(mail, "bounced", failure, suppressed=_addresses(mail, recipients))


def _complaint(event: Mapping[str, Any], mail: Mapping[str, Any]) -> Feedback:
    complaint = _object(event, "complaint")
    kind, subtype = complaint.get("complaintFeedbackType"), complaint.get("complaintSubType")
    if kind == "not-spam":
        # Someone takes a message out of the spam folder: the opposite of a complaint.
        return _feedback(mail, "delivered")
    return _feedback(
        mail,
        # With a subtype, SES did not send it: the address had complained before.
        "bounced" if subtype else "delivered",
        _detail("complaint", kind, subtype),
        suppressed=_addresses(mail, _objects(complaint, "complainedRecipients")),
        reason="complaint",
    )


def _delivery(event: Mapping[str, Any], mail: Mapping[str, Any]) -> Feedback:
    _object(event, "delivery")
    return _feedback(mail, "delivered")


def _reject(event: Mapping[str, Any], mail: Mapping[str, Any]) -> Feedback:
    return _feedback(
        mail, "failed", _detail("rejected by SES", _object(event, "reject").get("reason"))
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Feedback]] = (
    MappingProxyType(
        {
            "Bounce": _bounce,
            "Complaint": _complaint,
            "Delivery": _delivery,
            "Reject": _reject,
        }
    )
)


def _feedback(
    mail: Mapping[str, Any],
    status: str,
    failure: str | None = None,
    *,
    suppressed: tuple[str, ...] = (),
    reason: str = "bounce",
) -> Feedback:
    message_id = mail.get("messageId")
    if not isinstance(message_id, str) or not message_id:
        raise PermanentError("the event's mail has no messageId")
    return Feedback(message_id, _notification_id(mail), status, failure, suppressed, reason)


def _notification_id(mail: Mapping[str, Any]) -> int | None:
    tags = mail.get("tags")
    values = tags.get("notification_id") if isinstance(tags, Mapping) else None
    value = values[0] if isinstance(values, list) and len(values) == 1 else None
    return int(value) if isinstance(value, str) and _ID.fullmatch(value) else None


def _addresses(mail: Mapping[str, Any], recipients: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return whom not to write to again.

    Where one address was written to, it is that one: the server's report may name the
    mailbox it forwards to, to which nobody here writes.
    """
    destination = mail.get("destination")
    if isinstance(destination, list) and len(destination) == 1:
        found = destination
    else:
        found = [recipient.get("emailAddress") for recipient in recipients]
    return tuple(address for address in found if isinstance(address, str) and address)


def _object(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    if not isinstance(value, Mapping):
        raise PermanentError(f"the event has no {name}")
    return value


def _objects(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = value.get(name)
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, Mapping)]


def _detail(what: str, *more: Any) -> str:
    known = [str(item) for item in more if item]
    return f"{what}: {' '.join(known)}"[:_MAX_DETAIL_CHARACTERS] if known else what
