"""Notifications: one a message, to its owner, with nothing in it that is not meant."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.session import get_session
from botocore.validate import validate_parameters

from support import fake_data_api
from support.fake_aws import FakeContext, FakeQueues, FakeTable, refused, sqs_event
from support.fake_people import FakePeople
from support.function_source import function_modules

with function_modules(
    "notification_sender", "attachment", "content", "mailer", "outcome", "plain_text", "handler"
) as modules:
    attachment, content, mailer, outcome, plain_text, handler = modules

DLQ = "https://sqs/dlq"
MESSAGE = {"executionResultId": 1, "userId": "u1", "notificationType": "email"}
EVIL = "<img src=x onerror=alert(1)>\r\nBcc: all@example.org\u2028\u202e\x00&amp;\"'"
PAGE = "https://app.example.org"


class Ses:
    """An ``sesv2`` client that checks requests by AWS's model."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.failures: list[Exception] = []
        self.attempts = 0
        self.shape = get_session().get_service_model("sesv2").operation_model("SendEmail")

    def send_email(self, **request: Any) -> dict[str, str]:
        validate_parameters(request, self.shape.input_shape)
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(request)
        return {"MessageId": f"ses-{len(self.sent)}"}

    @property
    def mail(self) -> dict[str, Any]:
        """The content of the only message."""
        (request,) = self.sent
        simple: dict[str, Any] = request["Content"]["Simple"]
        return simple


@pytest.fixture
def database() -> Iterator[FakePeople]:
    database = FakePeople()
    database.add_schedule()
    database.add("users", id="u1", email="pat@example.org")
    add_execution(database)
    yield database
    database.close()


def add_execution(database: FakePeople, **columns: Any) -> int:
    row = {
        "schedule_id": 1,
        "scheduled_for": "2026-11-24 16:00:00",
        "status": "succeeded",
        "result": json.dumps({"text": "All is well.\nReally.", "metrics": {"tokens": 5}}),
        "started_at": "2026-11-24 16:00:01",
        "finished_at": "2026-11-24 16:00:13",
        **columns,
    }
    return database.add("schedule_executions", **row)


@pytest.fixture
def ses() -> Ses:
    return Ses()


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> FakeQueues:
    queues = FakeQueues()
    monkeypatch.setattr(
        "aistudio_shared.batches.boto3", SimpleNamespace(client=lambda *_, **__: queues)
    )
    return queues


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


Send = Callable[..., list[str]]


@pytest.fixture
def send(
    monkeypatch: pytest.MonkeyPatch,
    database: FakePeople,
    ses: Ses,
    table: FakeTable,
    queues: FakeQueues,  # the batches use it
) -> Send:
    """Hand messages to the function and return those that come back."""
    variables = {
        **fake_data_api.ENVIRONMENT,
        "ENVIRONMENT": "dev",
        "CONFIGURATION_SET_NAME": "aistudio-dev-email",
        "SENDER_ADDRESS": "noreply@example.org",
        "APPLICATION_URL": f"{PAGE}/",
        "JOB_STATUS_TABLE": "jobs",
        "EMAIL_TIMEZONE": "America/Los_Angeles",
        "DEAD_LETTER_QUEUE_URL": DLQ,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    fake = SimpleNamespace(
        client=lambda name, **_: {"rds-data": database, "sesv2": ses}[name],
        resource=lambda *_, **__: SimpleNamespace(Table=lambda _: table),
    )
    monkeypatch.setattr(handler, "boto3", fake)
    monkeypatch.setattr("aistudio_shared.data_api.boto3", fake)
    for made in (handler.DataApi, handler.Mailer):
        monkeypatch.setitem(made.__init__.__kwdefaults__, "sleep", lambda _: None)
    for cached in (handler._mailer, handler._claims, handler._zone):
        cached.cache_clear()

    def call(*bodies: Any, receives: int = 1) -> list[str]:
        answer = handler.handler(sqs_event(*bodies, receives=receives), FakeContext())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return call


def put_aside(queues: FakeQueues) -> list[str]:
    return [
        message["MessageAttributes"]["Reason"]["StringValue"]
        for message in queues.sent.get(DLQ, [])
    ]


class Reader(HTMLParser):
    """Text and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


# --- a message


def test_a_notification_is_one_message_to_the_owner(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    assert send(MESSAGE) == []
    (request,) = ses.sent
    assert request["Destination"] == {"ToAddresses": ["pat@example.org"]}
    assert request["FromEmailAddress"] == "noreply@example.org"
    assert request["ConfigurationSetName"] == "aistudio-dev-email"
    assert request["EmailTags"] == [
        {"Name": "notification_id", "Value": "1"},
        {"Name": "environment", "Value": "dev"},
    ]
    assert ses.mail["Headers"] == [
        {"Name": "List-Unsubscribe", "Value": f"<{PAGE}/preferences/unsubscribe>"}
    ]
    assert ses.mail["Subject"]["Data"] == "Daily report - Execution Complete"
    row = database.one("notifications")
    assert (row["recipient_id"], row["channel"], row["schedule_execution_id"]) == ("u1", "email", 1)
    assert (row["status"], row["provider_message_id"], row["failure"]) == ("sent", "ses-1", None)
    assert row["subject"] == ses.mail["Subject"]["Data"]
    assert row["body"] == ses.mail["Body"]["Text"]["Data"]
    assert row["sent_at"] is not None


def test_what_the_message_says(ses: Ses, send: Send) -> None:
    send(MESSAGE)
    text = ses.mail["Body"]["Text"]["Data"]
    page = Reader(ses.mail["Body"]["Html"]["Data"])
    for said in (
        "Daily report",
        "Execution Complete",
        "2026-11-24 08:00 PST",
        "12.0 s",
        "All is well.\nReally.",
    ):
        assert said in text
        assert said in page.text
    links = [
        f"{PAGE}/execution-results/1",
        f"{PAGE}/schedules",
        f"{PAGE}/preferences",
        f"{PAGE}/preferences/unsubscribe",
    ]
    assert page.links == links
    assert all(link in text for link in links)


def test_a_failed_execution_is_told_with_its_reason(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    database.rows(
        "UPDATE schedule_executions SET status = 'failed', result = NULL, failure = ?",
        f"no answer {EVIL}",
    )
    send({**MESSAGE, "scheduleName": "Mine"})
    assert ses.mail["Subject"]["Data"] == "Mine - Execution Failed"
    page = Reader(ses.mail["Body"]["Html"]["Data"])
    assert "no answer <img src=x onerror=alert(1)> Bcc: all@example.org" in page.text
    assert "img" not in page.tags
    assert "Summary" not in page.text
    assert "## Error\n\nno answer \\<img" in ses.mail["Attachments"][0]["RawContent"].decode()


@pytest.mark.parametrize("place", ["message", "row"])
def test_a_name_becomes_no_header_and_no_element(
    database: FakePeople, ses: Ses, send: Send, place: str
) -> None:
    database.rows("UPDATE schedules SET name = ?", EVIL if place == "row" else "harmless")
    send({**MESSAGE, **({"scheduleName": EVIL} if place == "message" else {})})
    subject = ses.mail["Subject"]["Data"]
    shown = "<img src=x onerror=alert(1)> Bcc: all@example.org &amp;\"'"
    assert subject == f"{shown} - Execution Complete"
    assert ses.sent[0]["Destination"] == {"ToAddresses": ["pat@example.org"]}
    source = ses.mail["Body"]["Html"]["Data"]
    assert "<img" not in source
    assert "&lt;img src=x onerror=alert(1)&gt; Bcc: all@example.org &amp;amp;&quot;&#x27;" in source
    assert shown in Reader(source).text
    assert ses.mail["Attachments"][0]["FileName"] == (
        "img-src-x-onerror-alert-1-bcc-all-example-org-amp-2026-11-24.md"
    )


def test_what_a_model_wrote_is_text(database: FakePeople, ses: Ses, send: Send) -> None:
    wrote = "</div><script>alert(1)</script>\r\n{subject}\x07 &lt;b&gt; <a href='javascript:x'>"
    database.rows("UPDATE schedule_executions SET result = ?", json.dumps({"output": wrote}))
    send(MESSAGE)
    page = Reader(ses.mail["Body"]["Html"]["Data"])
    assert "script" not in page.tags
    assert all(link.startswith(PAGE) for link in page.links)
    assert (
        "</div><script>alert(1)</script>\n{subject} &lt;b&gt; <a href='javascript:x'>" in page.text
    )


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ({"text": "a", "finalOutput": "b"}, "a"),
        ({"finalOutput": "b", "output": "c"}, "b"),
        ({"output": "c"}, "c"),
        ({"promptCount": 2}, ""),
        ({"text": "x" * 10_001}, "x" * 9_999 + "…"),
    ],
)
def test_the_summary(database: FakePeople, ses: Ses, send: Send, result: Any, shown: str) -> None:
    database.rows("UPDATE schedule_executions SET result = ?", json.dumps(result))
    send(MESSAGE)
    text = ses.mail["Body"]["Text"]["Data"]
    assert text.partition("Summary\n\n")[2].partition("\n\nFull result")[0] == shown


@pytest.mark.parametrize(
    ("warnings", "told"), [(["a", "b"], "Warnings: 2"), (3, "Warnings: 3"), (True, ""), (None, "")]
)
def test_warnings_are_counted(
    database: FakePeople, ses: Ses, send: Send, warnings: Any, told: str
) -> None:
    result = json.dumps({"text": "a", "warnings": warnings})
    database.rows("UPDATE schedule_executions SET result = ?, finished_at = NULL", result)
    send(MESSAGE)
    text = ses.mail["Body"]["Text"]["Data"]
    assert told in text
    assert ("Warnings" in text) == bool(told)
    assert "Duration" not in text


def test_the_attachment_holds_it_all(database: FakePeople, ses: Ses, send: Send) -> None:
    wrote = "# Title\n```python\nx\n```\n````"
    result = {"text": wrote, "metrics": {"tokens": 5}, "more": "ü"}
    database.rows("UPDATE schedule_executions SET result = ?", json.dumps(result))
    send({**MESSAGE, "scheduleName": "Täglich: *alles* #1"})
    (attached,) = ses.mail["Attachments"]
    assert attached["FileName"] == "taglich-alles-1-2026-11-24.md"
    assert attached["ContentType"] == "text/markdown"
    text = attached["RawContent"].decode()
    assert text.startswith("# Täglich: \\*alles\\* \\#1\n\n- Status: Execution Complete\n")
    assert f"## Output\n\n{wrote}\n" in text
    assert '## Metrics\n\n```json\n{\n  "tokens": 5\n}\n```\n' in text
    raw = text.partition("## Raw data\n\n`````json\n")[2]
    assert json.loads(raw.removesuffix("\n`````\n")) == result


def test_more_than_an_answer_of_the_database_carries_is_cut(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    result = json.dumps({"text": "ü" * 400_000}, ensure_ascii=False)
    database.rows("UPDATE schedule_executions SET result = ?", result)
    assert send(MESSAGE) == []
    text = ses.mail["Attachments"][0]["RawContent"].decode()
    assert text.count("ü") == 99_999
    assert "Raw data" not in text


def test_an_unknown_time_zone_is_no_reason_not_to_send(
    ses: Ses, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_TIMEZONE", "Mars/Base")
    assert send(MESSAGE) == []
    assert "2026-11-24 16:00 UTC" in ses.mail["Body"]["Text"]["Data"]


# --- once


def test_redelivery_sends_nothing_again(database: FakePeople, ses: Ses, send: Send) -> None:
    assert send(MESSAGE, MESSAGE) == []
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1
    assert len(database.rows("SELECT * FROM notifications")) == 1


def test_another_execution_is_another_notification(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    second = add_execution(database, scheduled_for="2026-11-25 16:00:00")
    assert send(MESSAGE, {**MESSAGE, "executionResultId": str(second)}) == []
    assert len(ses.sent) == 2


def test_a_message_that_another_invocation_sends_comes_back(
    database: FakePeople, ses: Ses, send: Send, table: FakeTable
) -> None:
    table.items["claim#notification_sender#1"] = {
        "jobId": "claim#notification_sender#1",
        "status": "in_progress",
        "owner": "another",
        "leaseUntil": int(datetime.now(UTC).timestamp()) + 100,
    }
    assert send(MESSAGE, receives=3) == ["m0"]
    assert ses.sent == []
    assert database.one("notifications")["status"] == "pending"


def test_what_was_sent_but_not_recorded_is_recorded_and_not_sent_again(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    database.failures = [None, None, refused("AccessDeniedException")]
    assert send(MESSAGE) == ["m0"]
    assert database.one("notifications")["status"] == "pending"
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1
    assert database.one("notifications")["status"] == "sent"


def test_what_was_delivered_before_it_was_recorded_stays_delivered(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    sent = ses.send_email

    def delivered(**request: Any) -> dict[str, str]:
        database.rows(
            "UPDATE notifications SET status = 'delivered', provider_message_id = 'ses-1'"
        )
        return sent(**request)

    ses.send_email = delivered  # type: ignore[method-assign]
    assert send(MESSAGE) == []
    assert database.one("notifications")["status"] == "delivered"


# --- who may be written to


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no JSON", "the message's body is not JSON"),
        ({}, "notificationType must be 'email'"),
        ({**MESSAGE, "notificationType": "sms"}, "notificationType must be 'email'"),
        ({**MESSAGE, "executionResultId": 0}, "executionResultId must be a positive integer"),
        ({**MESSAGE, "executionResultId": True}, "executionResultId"),
        ({**MESSAGE, "executionResultId": 2**63}, "executionResultId"),
        ({**MESSAGE, "executionResultId": "1 OR 1"}, "executionResultId"),
        ({**MESSAGE, "userId": None}, "userId must be the id of a user"),
        ({**MESSAGE, "userId": "a\nb"}, "userId must be the id of a user"),
        ({**MESSAGE, "userId": True}, "userId must be the id of a user"),
        ({**MESSAGE, "scheduleName": 5}, "scheduleName must be text"),
        ({**MESSAGE, "executionResultId": 9}, "execution 9 does not exist"),
        ({**MESSAGE, "userId": "u2"}, "the user does not own execution 1"),
    ],
)
def test_messages_that_no_retry_would_help(
    database: FakePeople, send: Send, queues: FakeQueues, body: Any, reason: str
) -> None:
    assert send(body) == []
    assert put_aside(queues)[0].startswith(reason)
    assert database.rows("SELECT * FROM notifications") == []


def test_ids_may_be_numbers(database: FakePeople, ses: Ses, send: Send) -> None:
    database.rows("UPDATE schedules SET owner_id = '12'")
    database.add("users", id="12", email="kim@example.org")
    assert send({**MESSAGE, "userId": 12}) == []
    assert ses.sent[0]["Destination"] == {"ToAddresses": ["kim@example.org"]}


@pytest.mark.parametrize(
    "address",
    [
        None,
        "pat@localhost",
        "pat@example.org, all@example.org",
        "pat <pat@example.org>",
        "pat@example.org\r\nbcc: all@example.org",
        "pat@exa mple.org",
        "päät@example.org",
        f"{'p' * 250}@example.org",
    ],
)
def test_an_address_must_be_one(
    database: FakePeople, ses: Ses, send: Send, queues: FakeQueues, address: str | None
) -> None:
    database.rows("DELETE FROM users")
    if address is not None:
        database.add("users", id="u1", email=address)
    assert send(MESSAGE) == []
    assert put_aside(queues) == ["the user has no valid e-mail address"]
    assert ses.attempts == 0
    row = database.one("notifications")
    assert (row["status"], row["failure"]) == ("failed", "the user has no valid e-mail address")


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_a_suppressed_address_is_not_written_to(
    database: FakePeople, ses: Ses, send: Send, queues: FakeQueues, reason: str
) -> None:
    database.rows(
        "INSERT INTO suppressed_addresses (address_hash, reason) VALUES (?, ?)",
        hashlib.sha256(b"pat@example.org").hexdigest(),
        reason,
    )
    assert send(MESSAGE) == []
    assert ses.attempts == 0
    assert put_aside(queues) == []
    row = database.one("notifications")
    assert (row["status"], row["failure"]) == ("failed", f"the address is suppressed: {reason}")


def test_an_execution_that_still_runs_is_waited_for(
    database: FakePeople, ses: Ses, send: Send, queues: FakeQueues
) -> None:
    database.rows("UPDATE schedule_executions SET status = 'running'")
    assert send(MESSAGE) == ["m0"]
    assert queues.visibility == {"r0": 60}
    database.rows("UPDATE schedule_executions SET status = 'succeeded'")
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1


# --- SES says no


@pytest.mark.parametrize("code", sorted(mailer.THROTTLED))
def test_a_rate_that_is_too_high_is_waited_out(ses: Ses, send: Send, code: str) -> None:
    ses.failures = [refused(code)] * 3
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1


def test_and_if_it_lasts_the_message_comes_back(database: FakePeople, ses: Ses, send: Send) -> None:
    ses.failures = [refused("TooManyRequestsException")] * 4
    assert send(MESSAGE) == ["m0"]
    assert ses.attempts == 4
    assert database.one("notifications")["status"] == "pending"
    assert send(MESSAGE) == []
    assert database.one("notifications")["status"] == "sent"


@pytest.mark.parametrize("code", sorted(mailer.REFUSED))
def test_what_ses_refuses_is_final_until_someone_sends_it_again(
    database: FakePeople, ses: Ses, send: Send, queues: FakeQueues, code: str
) -> None:
    ses.failures = [refused(code, "pat@example.org is not verified")]
    assert send(MESSAGE) == []
    assert put_aside(queues) == [f"SES refused the message: {code}"]
    row = database.one("notifications")
    assert (row["status"], row["failure"]) == ("failed", f"{code}: pat@example.org is not verified")
    assert send(MESSAGE) == []
    row = database.one("notifications")
    assert (row["status"], row["failure"]) == ("sent", None)


@pytest.mark.parametrize(
    "failure",
    [
        refused("SendingPausedException"),
        refused("AccountSuspendedException"),
        refused("LimitExceededException"),
        refused("AccessDeniedException"),
        ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com"),
    ],
)
def test_other_errors_come_back_at_once_and_the_last_one_is_recorded(
    database: FakePeople, ses: Ses, send: Send, failure: Exception
) -> None:
    ses.failures = [failure] * 2
    assert send(MESSAGE) == ["m0"]
    assert ses.attempts == 1
    assert database.one("notifications")["status"] == "pending"
    assert send(MESSAGE, receives=3) == ["m0"]
    row = database.one("notifications")
    assert row["status"] == "failed"
    assert row["failure"].startswith(type(failure).__name__)


def test_what_ses_itself_rejected_is_not_sent_again(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    send(MESSAGE)
    database.rows("UPDATE notifications SET status = 'failed', failure = 'rejected by SES'")
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1
    assert database.one("notifications")["status"] == "failed"


def test_the_client_repeats_nothing_on_its_own() -> None:
    assert mailer.CLIENT_CONFIG.retries == {"total_max_attempts": 1}


def test_a_database_that_sleeps_is_waited_for(database: FakePeople, ses: Ses, send: Send) -> None:
    database.asleep(3)
    assert send(MESSAGE) == []
    assert len(ses.sent) == 1


def test_neither_address_nor_content_is_logged(
    ses: Ses, send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.failures = [refused("BadRequestException", "pat@example.org")]
    send(MESSAGE)
    send(MESSAGE)
    written = capsys.readouterr().out
    assert "notification sent" in written
    for hidden in ("pat@example.org", "All is well", "Daily report"):
        assert hidden not in written


# --- the environment


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.org",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://user@app.example.org",
        'https://app.example.org/"><script>',
        "https://app.example.org/?a",
    ],
)
def test_links_are_https(send: Send, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("APPLICATION_URL", url)
    with pytest.raises(content.InvalidUrlError):
        send(MESSAGE)


def test_links_may_lead_to_the_developers_machine() -> None:
    links = content.Links.of("http://localhost:3000")
    assert links.result(5) == "http://localhost:3000/execution-results/5"


@pytest.mark.parametrize(
    ("text", "max_characters", "expected"),
    [
        ("a\r\nb\tc", 9, "a b c"),
        ("a\u2028b\u2029c\x85d", 9, "a b c d"),
        ("\u202eevil\u200b", 9, "evil"),
        ("xxxxxx", 5, "xxxxx"),
        ("abcd efg", 5, "abcd"),
        ("\ud800", 9, ""),
    ],
)
def test_one_line(text: str, max_characters: int, expected: str) -> None:
    assert plain_text.one_line(text, max_characters) == expected


def test_a_title_without_letters_is_still_a_file_name() -> None:
    assert plain_text.file_name("日報 …", "2026-11-24") == "schedule-2026-11-24.md"


def test_a_name_without_anything_to_show_is_still_a_subject(
    database: FakePeople, ses: Ses, send: Send
) -> None:
    database.rows("UPDATE schedules SET name = ?", "\u200b\n")
    send({**MESSAGE, "scheduleName": "\x00"})
    assert ses.mail["Subject"]["Data"] == "Schedule - Execution Complete"
