"""Environment, log lines, job states, claims: the layer's small modules."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from support.fake_aws import FakeTable, refused
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.environment",
    "aistudio_shared.logs",
    "aistudio_shared.job_status",
    "aistudio_shared.claims",
) as modules:
    environment, logs, job_status, claims = modules

NOW = 1_800_000_000.0


def test_environment_variables_are_all_there_or_all_missing_ones_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIRST_ONE", "1")
    monkeypatch.setenv("EMPTY_ONE", "")
    monkeypatch.delenv("NO_ONE", raising=False)
    assert dict(environment.required("FIRST_ONE")) == {"FIRST_ONE": "1"}
    with pytest.raises(environment.MissingVariablesError, match=r"missing: EMPTY_ONE, NO_ONE$"):
        environment.required("FIRST_ONE", "EMPTY_ONE", "NO_ONE")


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_log_line_is_one_json_object_that_lambda_can_filter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.logger("file_processor").bound(jobId="j").info("done\nand dusted", chunks_made=3)
    (line,) = written(capsys)
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "message": "done\nand dusted",
        "service": "file_processor",
        "jobId": "j",
        "chunks_made": 3,
    }


@pytest.mark.parametrize(
    ("lowest", "expected"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARN", "ERROR"]),
        ("INFO", ["INFO", "WARN", "ERROR"]),
        ("nonsense", ["INFO", "WARN", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_the_level_is_lambdas(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lowest: str,
    expected: list[str],
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", lowest)
    log = logs.logger("s")
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert [line["level"] for line in written(capsys)] == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "CANARY"},
        {"nested": {"apiKey": "CANARY"}},
        {"deep": [{"Authorization": "Bearer CANARY"}]},
        {"header": "Authorization: Bearer CANARY"},
        {"SecretString": {"a": "CANARY"}},
        {"url": "https://user:CANARY@example.org/"},
        {"url": "https://b.s3.amazonaws.com/k?X-Amz-Signature=CANARY"},
        {"who": "AKIAIOSFODNN7CANARY0"},
        {"body": "CANARY"},
        {"texts": ["CANARY"]},
        {"message_attributes": {"sessionToken": "CANARY"}},
        {"a": {"b": {"c": {"d": {"e": {"f": "CANARY"}}}}}},
        {"long": "x" * 1_000 + "CANARY"},
    ],
)
def test_secrets_and_contents_are_not_logged(
    capsys: pytest.CaptureFixture[str], fields: dict[str, Any]
) -> None:
    logs.logger("s").info("m", **fields)
    assert "CANARY" not in capsys.readouterr().out


def test_harmless_fields_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {"token_count": 7, "secretArn": "arn:x", "fileKey": "repositories/1/2/a", "text": 3}
    logs.logger("s").info("m", **fields, odd={1}, error=ValueError("bad"))
    (line,) = written(capsys)
    assert {name: line[name] for name in fields} == fields
    assert (line["odd"], line["error"]) == ([1], "bad")


def test_an_error_is_told_without_the_row_that_postgresql_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = refused("DatabaseErrorException", "ERROR: null value; Detail: Failing row (CANARY).")
    logs.logger("s").failure("not saved", error, document=7)
    (line,) = written(capsys)
    assert line["error"].startswith("ClientError: An error occurred (DatabaseErrorException)")
    assert "CANARY" not in json.dumps(line)
    assert (line["level"], line["document"]) == ("ERROR", 7)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


def job(table: FakeTable) -> Any:
    return job_status.JobStatus(table, "job-1", now=lambda: NOW)


def test_a_jobs_item_has_times_and_what_was_given(table: FakeTable) -> None:
    assert job(table).update("processing", progress=10, details={"fileName": "a.pdf"})
    assert table.items["job-1"] == {
        "jobId": "job-1",
        "status": "processing",
        "timestamp": int(NOW * 1000),
        "ttl": int(NOW) + 7 * 24 * 3600,
        "progress": 10,
        "details": '{"fileName": "a.pdf"}',
    }


def test_what_others_wrote_and_what_is_not_given_stays(table: FakeTable) -> None:
    table.items["job-1"] = {"jobId": "job-1", "userId": "u", "status": "pending"}
    job(table).update("processing", progress=10)
    job(table).update("completed", attributes={"resultLocation": "s3"})
    item = table.items["job-1"]
    assert (item["userId"], item["progress"], item["resultLocation"]) == ("u", 10, "s3")
    assert item["status"] == "completed"


@pytest.mark.parametrize("final", job_status.FINAL)
@pytest.mark.parametrize("late", ["processing", "completed", "failed", "retrying"])
def test_a_final_state_stays(table: FakeTable, final: str, late: str) -> None:
    assert job(table).update(final, error="first")
    assert not job(table).update(late, error="late", progress=1)
    item = table.items["job-1"]
    assert (item["status"], item["error"], "progress" in item) == (final, "first", False)


def test_only_a_new_attempt_leaves_a_final_state(table: FakeTable) -> None:
    job(table).update("failed", error="no")
    assert job(table).begin(details={"attempt": 2})
    item = table.items["job-1"]
    assert (item["status"], item["progress"], "error" in item) == ("processing", 0, False)
    assert job(table).update("completed")


def test_a_completed_job_is_not_begun_again(table: FakeTable) -> None:
    assert job(table).begin()
    job(table).update("completed", details={"n": 1})
    assert not job(table).begin(details={"n": 2})
    item = table.items["job-1"]
    assert (item["status"], item["details"]) == ("completed", '{"n": 1}')


def test_errors_are_cut_and_other_refusals_are_raised(table: FakeTable) -> None:
    job(table).update("failed", error="x" * 5_000)
    assert len(table.items["job-1"]["error"]) == 1_000
    table.failures = [refused("AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        job(table).update("processing")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def claimed(table: FakeTable, clock: Clock, lease_seconds: float = 60) -> Any:
    return claims.claim(table, "k", lease_seconds, now=clock)


def test_work_is_done_once(table: FakeTable, clock: Clock) -> None:
    with claimed(table, clock) as first:
        assert not first.done
    with claimed(table, clock) as second:
        assert second.done
    clock.now += 10_000
    with claimed(table, clock) as third:
        assert third.done
    item = table.items["claim#k"]
    assert (item["status"], item["ttl"]) == ("done", int(NOW) + 14 * 24 * 3600)


def test_a_second_worker_is_told_when_to_come_back(table: FakeTable, clock: Clock) -> None:
    with claimed(table, clock):
        clock.now += 20
        with pytest.raises(claims.InProgressError) as caught, claimed(table, clock):
            pytest.fail("two work at once")
    assert caught.value.retry_after_seconds == 41


def test_failed_work_may_be_tried_again_at_once(table: FakeTable, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError), claimed(table, clock):
        raise ZeroDivisionError
    with claimed(table, clock) as again:
        assert not again.done


@pytest.mark.parametrize(
    "failure", [refused("ThrottlingException"), EndpointConnectionError(endpoint_url="u")]
)
def test_an_error_of_the_work_counts_more_than_one_of_freeing_its_claim(
    table: FakeTable, clock: Clock, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    table.failures = [None, failure]
    with pytest.raises(ZeroDivisionError), claimed(table, clock):
        raise ZeroDivisionError
    (line,) = written(capsys)
    assert (line["message"], line["claim"]) == ("claim not freed", "claim#k")
    with pytest.raises(claims.InProgressError), claimed(table, clock):
        pytest.fail("the lease still lasts")


def test_an_index_of_states_and_times_does_not_list_claims(table: FakeTable, clock: Clock) -> None:
    with claimed(table, clock):
        held = dict(table.items["claim#k"])
    for item in (held, table.items["claim#k"]):
        assert not {"status", "timestamp"} <= item.keys()


def test_the_lease_of_a_crash_expires(table: FakeTable, clock: Clock) -> None:
    crashed = claimed(table, clock)
    crashed.__enter__()
    clock.now += 62
    with claimed(table, clock) as again:
        assert not again.done


def test_a_worker_that_lost_its_lease_does_not_say_done(table: FakeTable, clock: Clock) -> None:
    slow = claimed(table, clock)
    slow.__enter__()
    clock.now += 62
    with claimed(table, clock):
        with pytest.raises(claims.LeaseLostError):
            slow.__exit__(None, None, None)
        assert table.items["claim#k"]["status"] == "in_progress"
    assert table.items["claim#k"]["status"] == "done"


def test_other_refusals_are_raised(table: FakeTable, clock: Clock) -> None:
    table.failures = [refused("AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"), claimed(table, clock):
        pytest.fail("works without a claim")
