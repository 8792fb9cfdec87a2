"""What SES tells, in any order and more than once."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_data_api
from support.fake_aws import FakeContext, FakeQueues, refused, sqs_event
from support.fake_people import FakePeople
from support.function_source import function_modules

with function_modules("feedback_processor", "handler") as (handler,):
    pass

DLQ = "https://sqs/dlq"
ADDRESS = "Pat@Example.org"
HASH = hashlib.sha256(b"pat@example.org").hexdigest()


def event(kind: str, body: Any, **mail: Any) -> dict[str, Any]:
    """Return an event of SES about the message ``ses-1``."""
    return {
        "eventType": kind,
        "mail": {
            "messageId": "ses-1",
            "destination": [ADDRESS],
            "tags": {"notification_id": ["1"], "ses:configuration-set": ["c"]},
            **mail,
        },
        kind.lower(): body,
    }


def enveloped(message: Any) -> dict[str, str]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Type": "Notification", "MessageId": "sns", "TopicArn": "arn:t", "Message": text}


def bounce(kind: str = "Permanent", subtype: str = "General", **mail: Any) -> dict[str, Any]:
    recipient = {
        "emailAddress": "forwarded@elsewhere.org",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 <forwarded@elsewhere.org> unknown",
    }
    body = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [recipient]}
    return event("Bounce", body, **mail)


def complaint(**body: Any) -> dict[str, Any]:
    return event("Complaint", {"complainedRecipients": [{"emailAddress": ADDRESS}], **body})


DELIVERY = event("Delivery", {"recipients": [ADDRESS]})
REJECT = event("Reject", {"reason": "Bad content"})
TRANSIENT = bounce("Transient", "MailboxFull")
SPAM = complaint(complaintFeedbackType="abuse", complaintSubType=None)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePeople]:
    database = FakePeople()
    database.add("notifications", recipient_id="u1", subject="s", body="b")
    for name, value in {**fake_data_api.ENVIRONMENT, "DEAD_LETTER_QUEUE_URL": DLQ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        "aistudio_shared.data_api.boto3", SimpleNamespace(client=lambda *_, **__: database)
    )
    monkeypatch.setitem(handler.DataApi.__init__.__kwdefaults__, "sleep", lambda _: None)
    yield database
    database.close()


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> FakeQueues:
    queues = FakeQueues()
    monkeypatch.setattr(
        "aistudio_shared.batches.boto3", SimpleNamespace(client=lambda *_, **__: queues)
    )
    return queues


Receive = Callable[..., list[str]]


@pytest.fixture
def receive(database: FakePeople, queues: FakeQueues) -> Receive:
    """Hand messages to the function and return those that come back."""

    def call(*messages: Any) -> list[str]:
        answer = handler.handler(sqs_event(*map(enveloped, messages)), FakeContext())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return call


def sent(database: FakePeople, message_id: str | None = "ses-1", status: str = "sent") -> None:
    database.rows(
        "UPDATE notifications SET status = ?, provider_message_id = ?", status, message_id
    )


def state(database: FakePeople) -> tuple[str, str | None]:
    row = database.one("notifications")
    return row["status"], row["failure"]


def suppressed(database: FakePeople) -> list[tuple[str, ...]]:
    return database.rows("SELECT address_hash, reason FROM suppressed_addresses")


@pytest.mark.parametrize(
    ("told", "expected", "remembered"),
    [
        (DELIVERY, ("delivered", None), []),
        (bounce(), ("bounced", "Permanent bounce: General 5.1.1"), [(HASH, "bounce")]),
        (
            bounce(subtype="OnAccountSuppressionList"),
            ("bounced", "Permanent bounce: OnAccountSuppressionList 5.1.1"),
            [(HASH, "bounce")],
        ),
        (TRANSIENT, ("sent", "Transient bounce: MailboxFull 5.1.1"), []),
        (
            bounce("Undetermined", "Undetermined"),
            ("sent", "Undetermined bounce: Undetermined 5.1.1"),
            [],
        ),
        (SPAM, ("delivered", "complaint: abuse"), [(HASH, "complaint")]),
        (complaint(), ("delivered", "complaint"), [(HASH, "complaint")]),
        (complaint(complaintFeedbackType="not-spam"), ("delivered", None), []),
        (
            complaint(complaintSubType="OnAccountSuppressionList"),
            ("bounced", "complaint: OnAccountSuppressionList"),
            [(HASH, "complaint")],
        ),
        (REJECT, ("failed", "rejected by SES: Bad content"), []),
    ],
)
def test_what_an_event_means(
    database: FakePeople, receive: Receive, told: Any, expected: Any, remembered: list[Any]
) -> None:
    sent(database)
    for _ in range(2):
        assert receive(told) == []
        assert state(database) == expected
        assert suppressed(database) == remembered


@pytest.mark.parametrize(
    ("events", "status", "failure"),
    [
        ((DELIVERY, bounce()), "bounced", "Permanent bounce: General 5.1.1"),
        ((DELIVERY, SPAM), "delivered", "complaint: abuse"),
        ((SPAM, bounce()), "bounced", "Permanent bounce: General 5.1.1"),
        ((REJECT, TRANSIENT), "failed", "rejected by SES: Bad content"),
        ((DELIVERY, bounce(), SPAM), "bounced", "Permanent bounce: General 5.1.1"),
    ],
)
def test_the_order_of_events_does_not_matter(
    database: FakePeople, receive: Receive, events: tuple[Any, ...], status: str, failure: str
) -> None:
    for order in itertools.permutations(events):
        sent(database)
        database.rows("UPDATE notifications SET failure = NULL")
        assert receive(*order) == []
        assert state(database) == (status, failure)


@pytest.mark.parametrize(
    ("status", "expected"), [("pending", "delivered"), ("failed", "delivered")]
)
def test_an_event_may_come_before_the_sender_knows_the_messages_id(
    database: FakePeople, receive: Receive, status: str, expected: str
) -> None:
    sent(database, None, status)
    database.rows("UPDATE notifications SET failure = 'ReadTimeoutError'")
    receive(DELIVERY)
    row = database.one("notifications")
    assert (row["status"], row["provider_message_id"]) == (expected, "ses-1")
    assert row["failure"] is None
    assert row["sent_at"] is not None


def test_a_tag_does_not_move_a_notification_that_has_another_messages_id(
    database: FakePeople, receive: Receive
) -> None:
    sent(database, "ses-2")
    receive(bounce())
    assert state(database) == ("sent", None)
    assert database.one("notifications")["provider_message_id"] == "ses-2"


@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        {"notification_id": []},
        {"notification_id": ["1", "2"]},
        {"notification_id": ["x"]},
    ],
)
def test_mail_that_is_not_ours_still_counts_as_a_bounce(
    database: FakePeople, receive: Receive, tags: Any
) -> None:
    sent(database, None, "pending")
    assert receive(bounce(tags=tags)) == []
    assert state(database) == ("pending", None)
    assert suppressed(database) == [(HASH, "bounce")]


def test_with_several_recipients_those_that_bounced_are_remembered(
    database: FakePeople, receive: Receive
) -> None:
    receive(bounce(destination=[ADDRESS, "other@example.org"]))
    expected = hashlib.sha256(b"forwarded@elsewhere.org").hexdigest()
    assert suppressed(database) == [(expected, "bounce")]


def test_the_first_reason_for_suppression_stays(database: FakePeople, receive: Receive) -> None:
    receive(SPAM, bounce())
    assert suppressed(database) == [(HASH, "complaint")]


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        event("Send", {}),
        event("Open", {}),
        event("DeliveryDelay", {}),
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "subscribed"},
    ],
)
def test_messages_that_tell_nothing_are_done(
    database: FakePeople, receive: Receive, queues: FakeQueues, message: Any
) -> None:
    sent(database)
    assert receive(message) == []
    assert state(database) == ("sent", None)
    assert queues.sent == {}


def test_an_event_without_an_envelope_is_understood(
    database: FakePeople, queues: FakeQueues
) -> None:
    sent(database)
    handler.handler(sqs_event(DELIVERY), FakeContext())
    assert state(database) == ("delivered", None)


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[]",
        {},
        {"eventType": 5},
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": []},
        {"eventType": "Bounce", "mail": {"messageId": "ses-1"}},
        {"eventType": "Delivery", "mail": {"messageId": ""}, "delivery": {}},
        {"eventType": "Complaint", "mail": {}, "complaint": {}},
        {"eventType": "Reject", "mail": {"messageId": None}, "reject": {}},
    ],
)
def test_what_is_no_event_of_ses_is_put_aside_with_a_reason(
    database: FakePeople, receive: Receive, queues: FakeQueues, message: Any
) -> None:
    sent(database)
    assert receive(message, DELIVERY) == []
    (aside,) = queues.sent[DLQ]
    assert aside["MessageAttributes"]["Reason"]["StringValue"]
    assert state(database) == ("delivered", None)


def test_odd_recipients_are_no_reason_to_fail(database: FakePeople, receive: Receive) -> None:
    sent(database)
    told = event("Bounce", {"bounceType": "Permanent", "bouncedRecipients": ["x", {"status": 5}]})
    told["mail"]["destination"] = "x"
    assert receive(told) == []
    assert state(database) == ("bounced", "Permanent bounce: 5")
    assert suppressed(database) == []


def test_a_database_that_sleeps_is_waited_for(database: FakePeople, receive: Receive) -> None:
    sent(database)
    database.asleep(3)
    assert receive(DELIVERY) == []
    assert state(database) == ("delivered", None)


def test_what_the_database_refuses_comes_back(
    database: FakePeople, receive: Receive, queues: FakeQueues
) -> None:
    sent(database)
    database.failures = [refused("AccessDeniedException")]
    assert receive(DELIVERY, TRANSIENT) == ["m0"]
    assert queues.visibility == {"r0": 60}
    assert state(database) == ("sent", "Transient bounce: MailboxFull 5.1.1")


def test_no_address_is_logged_or_stored(
    database: FakePeople, receive: Receive, capsys: pytest.CaptureFixture[str]
) -> None:
    sent(database)
    receive(bounce(), SPAM)
    written = capsys.readouterr().out
    stored = str(database.rows("SELECT * FROM suppressed_addresses")) + str(
        database.rows("SELECT * FROM notifications")
    )
    assert '"bounced"' in written
    for hidden in (ADDRESS, ADDRESS.lower(), "elsewhere.org"):
        assert hidden not in written + stored
