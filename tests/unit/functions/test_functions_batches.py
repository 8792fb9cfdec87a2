"""Batches: what is done, what comes back, what is put aside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fake_aws import FakeContext, FakeQueues, FakeTable, refused, sqs_event
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.batches",
    "aistudio_shared.claims",
    "aistudio_shared.logs",
    "aistudio_shared.records",
) as modules:
    batches, claims, logs, records = modules

DLQ = "https://sqs.us-east-1.amazonaws.com/111122223333/dlq"


@pytest.fixture
def sqs() -> FakeQueues:
    return FakeQueues()


@pytest.fixture
def dlq(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", DLQ)
    return DLQ


ERRORS = {
    "permanent": batches.PermanentError("no such\nthing\x00"),
    "transient": ConnectionError("lost"),
    "asleep": refused("DatabaseResumingException"),
}


class Worker:
    """Notes what it is given; raises what a message asks for."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, record: Any) -> None:
        self.seen.append(record.body.get("n"))
        error = ERRORS.get(record.body.get("raises", ""))
        if error is not None:
            raise error


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def process(event: dict[str, Any], worker: Worker, sqs: FakeQueues, **more: Any) -> list[str]:
    return failed(batches.process(event, worker, log=logs.logger("test"), sqs=sqs, **more))


def test_an_empty_batch_is_done(sqs: FakeQueues) -> None:
    worker = Worker()
    assert process({"Records": []}, worker, sqs) == []
    assert (worker.seen, sqs.calls) == ([], [])


@pytest.mark.parametrize("event", [{}, {"Records": None}, {"detail": {}}])
def test_an_event_of_something_else_is_an_error(sqs: FakeQueues, event: dict[str, Any]) -> None:
    with pytest.raises(batches.PermanentError, match="no Records"):
        process(event, Worker(), sqs)


def test_one_failure_does_not_touch_the_others(sqs: FakeQueues) -> None:
    event = sqs_event({"n": 0}, {"n": 1, "raises": "transient"}, {"n": 2})
    worker = Worker()
    assert process(event, worker, sqs) == ["m1"]
    assert worker.seen == [0, 1, 2]


@pytest.mark.parametrize(("receives", "seconds"), [(1, 60), (2, 300), (3, 900), (9, 900)])
def test_a_failed_message_comes_back_soon_and_then_later(
    sqs: FakeQueues, receives: int, seconds: int
) -> None:
    event = sqs_event({"raises": "asleep"}, receives=receives)
    assert process(event, Worker(), sqs) == ["m0"]
    assert sqs.visibility == {"r0": seconds}


@pytest.mark.parametrize(("receives", "seconds"), [(1, 60), (2, 300), (3, 0), (4, 0)])
def test_after_the_last_attempt_it_need_not_wait_to_be_put_aside(
    sqs: FakeQueues, monkeypatch: pytest.MonkeyPatch, receives: int, seconds: int
) -> None:
    monkeypatch.setenv("MAX_RECEIVES", "3")
    event = sqs_event({"raises": "asleep"}, receives=receives)
    assert process(event, Worker(), sqs) == ["m0"]
    assert sqs.visibility == {"r0": seconds}


def test_a_message_that_cannot_be_brought_back_sooner_comes_back_late(sqs: FakeQueues) -> None:
    sqs.failures = [refused("AccessDenied")]
    assert process(sqs_event({"raises": "transient"}), Worker(), sqs) == ["m0"]
    assert sqs.visibility == {}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "the message's body is not JSON"),
        ("[1]", "the message's body is not a JSON object"),
        ('"text"', "the message's body is not a JSON object"),
        ("[" * 100_000, "the message's body is not JSON"),
        ('{"raises": "permanent"}', "no such thing "),
    ],
)
@pytest.mark.usefixtures("dlq")
def test_a_poisoned_message_is_put_aside_as_it_came_with_its_reason(
    sqs: FakeQueues, body: str, reason: str
) -> None:
    assert process(sqs_event(body), Worker(), sqs) == []
    (aside,) = sqs.sent[DLQ]
    assert aside["MessageBody"] == body
    attributes = {name: item["StringValue"] for name, item in aside["MessageAttributes"].items()}
    assert attributes == {"Reason": reason, "SourceMessageId": "m0"}


@pytest.mark.usefixtures("dlq")
def test_what_cannot_be_put_aside_is_not_lost(sqs: FakeQueues) -> None:
    sqs.failures = [refused("AccessDenied")]
    assert process(sqs_event("{"), Worker(), sqs) == ["m0"]


def test_without_a_dead_letter_queue_sqs_redrives(
    sqs: FakeQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEAD_LETTER_QUEUE_URL", raising=False)
    assert process(sqs_event("{"), Worker(), sqs) == ["m0"]
    assert sqs.sent == {}


def test_near_the_end_of_its_time_nothing_is_begun(sqs: FakeQueues) -> None:
    worker = Worker()
    event = sqs_event({"n": 0}, {"n": 1})
    assert process(event, worker, sqs, context=FakeContext(19)) == ["m0", "m1"]
    assert worker.seen == []
    assert sqs.visibility == {"r0": 60, "r1": 60}


def test_a_message_that_comes_twice_is_handled_once(sqs: FakeQueues) -> None:
    table, worker = FakeTable(), Worker()
    for _ in range(2):
        event = sqs_event({"n": 7})
        assert (
            process(event, worker, sqs, claims=batches.Claims(table), context=FakeContext()) == []
        )
    assert worker.seen == [7]


def test_the_same_work_in_two_messages_is_done_once(sqs: FakeQueues) -> None:
    worker = Worker()
    event = sqs_event({"n": 7}, {"n": 7}, {"n": 8})
    claimed = batches.Claims(FakeTable(), lambda record: f"work#{record.body['n']}")
    assert process(event, worker, sqs, claims=claimed) == []
    assert worker.seen == [7, 8]


def test_a_message_that_is_worked_on_elsewhere_comes_back_after_the_lease(sqs: FakeQueues) -> None:
    table, worker = FakeTable(), Worker()
    with claims.claim(table, "m0", 500):
        assert process(sqs_event({"n": 7}), worker, sqs, claims=batches.Claims(table)) == ["m0"]
    assert worker.seen == []
    assert 490 < sqs.visibility["r0"] <= 502


@pytest.mark.parametrize("raises", ["transient", "permanent"])
def test_failed_work_may_be_claimed_again(sqs: FakeQueues, raises: str) -> None:
    table, worker = FakeTable(), Worker()
    event = sqs_event({"n": 7, "raises": raises})
    for _ in range(2):
        process(event, worker, sqs, claims=batches.Claims(table))
    assert worker.seen == [7, 7]


OUTCOMES = st.lists(st.lists(st.sampled_from(["done", "lost", "permanent"])), max_size=6)


@given(OUTCOMES, st.integers(0, 2))
def test_no_message_is_lost_and_none_is_done_twice(
    outcomes: list[list[str]], duplicates: int
) -> None:
    """Whatever fails, each message ends done once, or put aside, and SQS then forgets it."""
    table, sqs = FakeTable(), FakeQueues()
    done: list[int] = []
    script = {n: iter(attempts) for n, attempts in enumerate(outcomes)}

    def handle(record: Any) -> None:
        outcome = next(script[record.body["n"]], "done")
        if outcome == "lost":
            raise ConnectionError
        if outcome == "permanent":
            raise batches.PermanentError("no")
        done.append(record.body["n"])

    waiting = sqs_event(*({"n": n} for n in script))["Records"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEAD_LETTER_QUEUE_URL", DLQ)
        while waiting:
            event = {"Records": waiting + waiting[:duplicates]}
            log = logs.logger("t")
            again = failed(
                batches.process(event, handle, log=log, sqs=sqs, claims=batches.Claims(table))
            )
            waiting = [raw for raw in waiting if raw["messageId"] in again]
    assert len(done) == len(set(done))
    assert {*done, *(body["n"] for body in sqs.bodies(DLQ))} == set(script)


def test_a_table_that_refuses_claims_stops_the_work(sqs: FakeQueues) -> None:
    table, worker = FakeTable(), Worker()
    table.failures = [refused("ProvisionedThroughputExceededException")]
    assert process(sqs_event({"n": 7}), worker, sqs, claims=batches.Claims(table)) == ["m0"]
    assert worker.seen == []


def test_bodies_are_not_logged(sqs: FakeQueues, capsys: pytest.CaptureFixture[str]) -> None:
    process(sqs_event({"n": "CANARY", "raises": "transient"}, "CANARY {"), Worker(), sqs)
    lines = capsys.readouterr().out
    assert "CANARY" not in lines
    messages = [json.loads(line)["message"] for line in lines.splitlines()]
    assert messages == ["message failed", "message cannot be processed", "batch processed"]


@pytest.mark.parametrize(("limit", "last"), [("", [False, True]), ("2", [True, True])])
def test_the_last_attempt_is_known(
    sqs: FakeQueues, monkeypatch: pytest.MonkeyPatch, limit: str, last: list[bool]
) -> None:
    monkeypatch.setenv("MAX_RECEIVES", limit)
    seen: list[bool] = []
    for receives in (2, 3):
        event = sqs_event({}, receives=receives)
        batches.process(
            event, lambda record: seen.append(record.last_attempt), log=logs.logger("t"), sqs=sqs
        )
    assert seen == last


def record(**body: Any) -> Any:
    return records.Record("m0", body)


def test_fields_are_read() -> None:
    one = record(jobId="a-1", name=" x ", itemId=7)
    assert (one.job_id(), one.text("name"), one.integer("itemId")) == ("a-1", " x ", 7)


@pytest.mark.parametrize("value", [None, "", "  ", 7, ["x"]])
def test_what_is_no_text_is_named(value: object) -> None:
    with pytest.raises(records.PermanentError, match=r"^name must be text$"):
        record(name=value).text("name")


@pytest.mark.parametrize("value", [None, "7", 0, -1, True, 1.0])
def test_what_is_no_positive_integer_is_named(value: object) -> None:
    with pytest.raises(records.PermanentError, match=r"^itemId must be a positive integer$"):
        record(itemId=value).integer("itemId")


@pytest.mark.parametrize("value", [None, "", 7, "a" * 65, "a/b", "claim#x", "-a", "a\n", "ü"])
def test_job_ids_that_textract_or_the_table_could_not_take(value: object) -> None:
    with pytest.raises(records.PermanentError, match="jobId"):
        record(jobId=value).job_id()


def test_a_notification_is_unwrapped() -> None:
    told = record(Type="Notification", Message='{"JobId": "t"}')
    assert batches.sns_message(told) == {"JobId": "t"}


@pytest.mark.parametrize("body", [{}, {"Message": "plain"}, {"Message": "[]"}, {"Message": {}}])
def test_what_is_no_notification_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(records.PermanentError):
        batches.sns_message(record(**body))
