"""Files: from a message to chunks, to Textract, or to a reason why not."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support import fake_data_api
from support.fake_aws import (
    FakeContext,
    FakeObjects,
    FakeQueues,
    FakeTable,
    refused,
    sqs_event,
)
from support.fake_data_api import FakeDataApi
from support.function_source import function_modules

with function_modules(
    "file_processor", "handler", "file_message", "file_processing", "ocr"
) as modules:
    handler, file_message, file_processing, ocr = modules

with function_modules(
    "shared",
    "aistudio_shared.records",
    "aistudio_shared.data_api",
    "aistudio_shared.stored_objects",
) as shared:
    records, data_api, stored_objects = shared

BUCKET = "documents"
KEY = "repositories/3/1/notes.txt"
EMBEDDING_QUEUE = "https://sqs/embedding"
DLQ = "https://sqs/dlq"
TOPIC = "arn:aws:sns:us-east-1:111122223333:topic"
ROLE = "arn:aws:iam::111122223333:role/textract"
TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


class FakeTextract:
    """Starts jobs; the same token gives the same job."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.requests: list[dict[str, Any]] = []
        self.jobs: dict[str, str] = {}

    def start_document_text_detection(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        token = request["ClientRequestToken"]
        return {"JobId": self.jobs.setdefault(token, f"textract-{len(self.jobs)}")}


class World:
    """All that the function talks to, and the function."""

    def __init__(self) -> None:
        self.s3 = FakeObjects({(BUCKET, KEY): TEXT})
        self.sqs = FakeQueues()
        self.table = FakeTable()
        self.database = FakeDataApi()
        self.textract = FakeTextract()
        self.context = FakeContext()
        self.database.add_document(1)

    def client(self, service: str, **_: Any) -> Any:
        clients = {
            "s3": self.s3,
            "sqs": self.sqs,
            "rds-data": self.database,
            "textract": self.textract,
        }
        return clients[service]

    def resource(self, service: str, **_: Any) -> Any:
        assert service == "dynamodb"
        return self

    def Table(self, name: str) -> FakeTable:
        assert name == "jobs"
        return self.table

    def run(self, *bodies: Any, receives: int = 1) -> list[str]:
        event = sqs_event(*bodies, receives=receives)
        answer = handler.handler(event, self.context)
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def job(self, job_id: str = "job-1") -> dict[str, Any]:
        item = dict(self.table.items[job_id])
        return item | {"details": json.loads(item.get("details", "{}"))}

    def document(self, document_id: int = 1) -> tuple[Any, ...]:
        sql = "SELECT status, failure FROM documents WHERE id = ?"
        return self.database.rows(sql, document_id)[0]

    def chunks(self) -> list[tuple[Any, ...]]:
        return self.database.rows("SELECT id, content FROM document_chunks ORDER BY position")

    def pages_used(self) -> int:
        return sum(
            pages for (pages,) in self.database.rows("SELECT page_count FROM textract_usage")
        )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    one = World()
    monkeypatch.setattr(handler.boto3, "client", one.client)
    monkeypatch.setattr(handler.boto3, "resource", one.resource)
    monkeypatch.setattr(data_api.time, "sleep", lambda _: None)
    environment = {
        **fake_data_api.ENVIRONMENT,
        "DOCUMENTS_BUCKET_NAME": BUCKET,
        "REPOSITORIES_BUCKET_NAME": "repositories",
        "JOB_STATUS_TABLE": "jobs",
        "EMBEDDING_QUEUE_URL": EMBEDDING_QUEUE,
        "TEXTRACT_TOPIC_ARN": TOPIC,
        "TEXTRACT_ROLE_ARN": ROLE,
        "TEXTRACT_PAGES_PER_MONTH": "10",
        "DEAD_LETTER_QUEUE_URL": DLQ,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield one
    one.database.close()


def message(**changes: Any) -> dict[str, Any]:
    return {
        "jobId": "job-1",
        "itemId": 1,
        "fileKey": KEY,
        "fileName": "notes.txt",
        "fileType": "text/plain",
        "bucketName": BUCKET,
        **changes,
    }


SCAN = message(fileKey="repositories/3/1/scan.png", fileName="scan.png", fileType="image/png")


@pytest.fixture
def scan(world: World) -> dict[str, Any]:
    world.s3.objects[BUCKET, SCAN["fileKey"]] = PNG
    return SCAN


def test_a_file_becomes_chunks_and_requests_for_embeddings(world: World) -> None:
    assert world.run(message()) == []
    rows = world.chunks()
    assert len(rows) == 3
    assert world.sqs.bodies(EMBEDDING_QUEUE) == [
        {"itemId": 1, "chunkIds": [row[0] for row in rows]}
    ]
    assert world.document() == ("processing", None)
    job = world.job()
    assert (job["status"], job["progress"]) == ("completed", 100)
    assert job["details"]["fileName"] == "notes.txt"
    assert job["details"]["chunksCreated"] == 3
    assert job["details"]["totalTokens"] > 1_000


def test_an_empty_batch_is_done(world: World) -> None:
    assert world.run() == []
    assert world.database.calls == []


@pytest.mark.parametrize("key", ["7/1699999999-notes.txt", "repositories/3/1/a..b ü.txt"])
def test_both_shapes_of_keys_are_taken(world: World, key: str) -> None:
    world.s3.objects["repositories", key] = TEXT
    assert world.run(message(fileKey=key, bucketName="repositories")) == []
    assert world.job()["status"] == "completed"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fileKey": "../secrets"}, "fileKey is not where"),
        ({"fileKey": "/repositories/3/1/a"}, "fileKey is not where"),
        ({"fileKey": "repositories/3/1/.."}, "fileKey is not where"),
        ({"fileKey": "repositories/3/1/../../4/1/a"}, "fileKey is not where"),
        ({"fileKey": "repositories/3/1/..\\a"}, "fileKey is not where"),
        ({"fileKey": "repositories/3/1/a\x00b"}, "fileKey is not where"),
        ({"fileKey": "repositories/3/x/a"}, "fileKey is not where"),
        ({"fileKey": "repositories/٣/1/a"}, "fileKey is not where"),
        ({"fileKey": "v2/results/job/result.json"}, "fileKey is not where"),
        ({"fileKey": "repositories/3/1/" + "ü" * 600}, "fileKey is longer"),
        ({"fileKey": None}, "fileKey must be text"),
        ({"bucketName": "somebody-elses"}, "none of the platform's buckets"),
        ({"bucketName": ["documents"]}, "bucketName must be text"),
        ({"itemId": "1"}, "itemId must be a positive integer"),
        ({"itemId": 0}, "itemId must be a positive integer"),
        ({"fileName": ""}, "fileName must be text"),
    ],
)
def test_a_bad_message_is_put_aside_and_the_job_says_why(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    assert world.run(message(**changes)) == []
    (aside,) = world.sqs.sent[DLQ]
    assert reason in aside["MessageAttributes"]["Reason"]["StringValue"]
    job = world.job()
    assert job["status"] == "failed"
    assert reason in job["error"]
    assert world.s3.calls == []
    assert world.database.calls == []


@pytest.mark.parametrize("body", ["not json", "[]", {"jobId": "no#id"}, {}])
def test_a_message_without_a_job_is_put_aside(world: World, body: Any) -> None:
    assert world.run(body) == []
    assert len(world.sqs.sent[DLQ]) == 1
    assert world.table.items == {}


@pytest.mark.parametrize(
    ("content", "changes", "reason"),
    [
        (None, {}, "not there"),
        (b"", {}, "empty"),
        (b" \n\t " * 10, {}, "no text"),
        (b"MZ\x90\x00" + bytes(range(256)) * 50, {"fileName": "a.exe", "fileType": ""}, ""),
        (b"%PDF-1.7 and then nonsense", {"fileName": "a.pdf", "fileType": "application/pdf"}, ""),
    ],
)
def test_a_file_at_fault_is_an_outcome_and_no_dead_letter(
    world: World, content: bytes | None, changes: dict[str, Any], reason: str
) -> None:
    del world.s3.objects[BUCKET, KEY]
    if content is not None:
        world.s3.objects[BUCKET, KEY] = content
    assert world.run(message(**changes)) == []
    status, failure = world.document()
    assert status == "failed"
    assert failure
    assert reason in failure
    assert world.job()["status"] == "failed"
    assert world.job()["error"] == failure
    assert world.sqs.sent == {}


def test_bytes_in_another_encoding_are_still_text(world: World) -> None:
    world.s3.objects[BUCKET, KEY] = "Grüße aus Zürich. ".encode("cp1252") * 20
    assert world.run(message()) == []
    assert "Grüße aus Zürich." in world.chunks()[0][1]


def test_an_old_bucket_policy_is_no_fault_of_the_file(world: World) -> None:
    world.s3.failures = [refused("AccessDenied")]
    assert world.run(message()) == ["m0"]
    assert world.job()["status"] == "retrying"
    assert world.document() == ("processing", None)
    assert world.run(message()) == []
    assert world.job()["status"] == "completed"


def test_the_last_attempt_says_so(world: World) -> None:
    world.s3.failures = [refused("AccessDenied")]
    assert world.run(message(), receives=3) == ["m0"]
    assert world.job()["status"] == "failed"
    assert world.document() == ("failed", file_processing._GIVEN_UP)


def test_a_redriven_message_is_a_new_attempt(world: World) -> None:
    world.s3.failures = [refused("AccessDenied")]
    world.run(message(), receives=3)
    assert world.run(message()) == []
    assert (world.job()["status"], world.document()) == ("completed", ("processing", None))
    assert "error" not in world.job()


def test_a_sleeping_database_is_waited_for(world: World) -> None:
    world.database.asleep(5)
    assert world.run(message()) == []
    assert world.job()["status"] == "completed"


def test_a_database_that_does_not_wake_brings_the_message_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        world.context.seconds -= seconds

    monkeypatch.setattr(data_api.time, "sleep", sleep)
    world.database.asleep(1_000)
    assert world.run(message()) == ["m0"]
    assert world.chunks() == []
    assert world.job()["status"] == "retrying"


def test_a_document_that_is_not_there_yet_is_waited_for(world: World) -> None:
    world.database.rows("DELETE FROM documents")
    assert world.run(message()) == ["m0"]
    world.database.add_document(1)
    assert world.run(message()) == []
    assert world.job()["status"] == "completed"


@pytest.mark.parametrize("how", ["call", "entry"])
def test_a_job_is_not_complete_before_embeddings_are_asked_for(world: World, how: str) -> None:
    if how == "call":
        world.sqs.failures = [refused("AccessDenied")]
    else:
        world.sqs.refused_entries = 1
    assert world.run(message()) == ["m0"]
    assert world.job()["status"] == "retrying"
    assert world.run(message()) == []
    assert world.job()["status"] == "completed"
    (asked,) = world.sqs.bodies(EMBEDDING_QUEUE)
    assert asked["chunkIds"] == [row[0] for row in world.chunks()]


def test_a_failure_while_chunks_are_written_keeps_the_old_ones(world: World) -> None:
    world.run(message())
    before = world.chunks()
    world.database.failures = [None, None, None, None, refused("BadRequestException")]
    assert world.run(message(jobId="job-2")) == ["m0"]
    assert world.chunks() == before


def test_a_message_that_comes_twice_is_processed_once(world: World) -> None:
    assert world.run(message(), message()) == []
    assert world.run(message()) == []
    assert world.s3.calls == ["get_object"]
    assert len(world.sqs.bodies(EMBEDDING_QUEUE)) == 1


def test_a_second_worker_comes_back_later(world: World) -> None:
    world.context.seconds = 300
    inner: list[list[str]] = []
    original = world.s3.get_object

    def get_object(**request: Any) -> Any:
        if not inner:
            inner.append(world.run(message()))
        return original(**request)

    world.s3.get_object = get_object  # type: ignore[method-assign]
    assert world.run(message()) == []
    assert inner == [["m0"]]
    assert len(world.sqs.bodies(EMBEDDING_QUEUE)) == 1


def test_one_bad_file_does_not_touch_its_neighbours(world: World) -> None:
    world.database.add_document(2)
    world.s3.failures = [refused("SlowDown"), None]
    assert world.run(message(), message(jobId="job-2", itemId=2)) == ["m0"]
    assert world.job("job-2")["status"] == "completed"


def test_a_missing_setting_fails_at_once_and_names_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEXTRACT_ROLE_ARN")
    with pytest.raises(Exception, match="missing: TEXTRACT_ROLE_ARN"):
        world.run(message())


def test_content_and_bodies_are_not_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.s3.objects[BUCKET, KEY] = b"CANARY " * 50
    world.database.failures = [
        None,
        None,
        None,
        refused("DatabaseErrorException", "Detail: CANARY"),
    ]
    world.run(message())
    world.run(message())
    lines = capsys.readouterr().out
    assert "attempt failed" in lines
    assert "CANARY" not in lines


def test_files_larger_than_the_disk_are_refused_before_they_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = stored_objects.SPARE_BYTES + 100

    monkeypatch.setattr(stored_objects.shutil, "disk_usage", lambda _: Usage)
    assert world.run(message()) == []
    assert world.document() == ("failed", "the file has 4,500 bytes, which is too large")


def test_a_scan_goes_to_textract_after_its_row_is_written(
    world: World, scan: dict[str, Any]
) -> None:
    rows_at_start: list[Any] = []
    start = world.textract.start_document_text_detection

    def started(**request: Any) -> Any:
        rows_at_start.extend(world.database.rows("SELECT job_id, status FROM textract_jobs"))
        return start(**request)

    world.textract.start_document_text_detection = started  # type: ignore[method-assign]
    assert world.run(scan) == []
    assert rows_at_start == [("job-1", "reserved")]
    (request,) = world.textract.requests
    identity = f"job-1\n{BUCKET}\n{scan['fileKey']}".encode()
    assert request == {
        "DocumentLocation": {"S3Object": {"Bucket": BUCKET, "Name": scan["fileKey"]}},
        "ClientRequestToken": hashlib.sha256(identity).hexdigest(),
        "JobTag": "job-1",
        "NotificationChannel": {"SNSTopicArn": TOPIC, "RoleArn": ROLE},
    }
    job = world.job()
    assert (job["status"], job["details"]["textractJobId"]) == ("ocr_processing", "textract-0")
    sql = "SELECT textract_job_id, document_id, status FROM textract_jobs"
    assert world.database.rows(sql) == [("textract-0", 1, "started")]
    assert (world.chunks(), world.pages_used(), world.document()) == ([], 1, ("processing", None))


def test_a_start_that_is_tried_again_starts_and_counts_once(
    world: World, scan: dict[str, Any]
) -> None:
    world.textract.failures = [refused("ProvisionedThroughputExceededException")]
    assert world.run(scan) == ["m0"]
    assert world.run(scan) == []
    assert len({request["ClientRequestToken"] for request in world.textract.requests}) == 1
    assert world.pages_used() == 1


@pytest.mark.parametrize(
    ("limit", "reason"), [("0", "OCR is switched off"), ("3", "used up"), ("4", None)]
)
def test_the_months_pages_are_a_limit(
    world: World, scan: dict[str, Any], monkeypatch: pytest.MonkeyPatch, limit: str, reason: Any
) -> None:
    monkeypatch.setenv("TEXTRACT_PAGES_PER_MONTH", "3")
    for number in range(2, 5):
        world.database.add_document(number)
        assert world.run({**scan, "jobId": f"job-{number}", "itemId": number}) == []
    monkeypatch.setenv("TEXTRACT_PAGES_PER_MONTH", limit)
    assert world.run(scan) == []
    if reason is None:
        assert world.job()["status"] == "ocr_processing"
    else:
        assert reason in world.document()[1]
        assert len(world.textract.requests) == 3


@pytest.mark.parametrize("code", sorted(ocr._FILE_IS_AT_FAULT))
def test_a_file_that_textract_refuses_is_an_outcome_and_costs_nothing(
    world: World, scan: dict[str, Any], code: str
) -> None:
    world.textract.failures = [refused(code)]
    assert world.run(scan) == []
    assert world.document() == ("failed", ocr._FILE_IS_AT_FAULT[code])
    assert world.job()["status"] == "failed"
    assert world.pages_used() == 0
    assert world.sqs.sent == {}


def test_a_job_id_of_another_file_is_put_aside(world: World, scan: dict[str, Any]) -> None:
    world.textract.failures = [refused("IdempotentParameterMismatchException")]
    assert world.run(scan) == []
    assert len(world.sqs.sent[DLQ]) == 1
    assert world.job()["status"] == "failed"


def test_a_job_id_of_another_document_is_put_aside(world: World, scan: dict[str, Any]) -> None:
    world.database.rows(
        "INSERT INTO textract_jobs (job_id, document_id, month, page_count)"
        " VALUES ('job-1', 99, '2026-11-01', 1)"
    )
    assert world.run(scan) == []
    assert len(world.sqs.sent[DLQ]) == 1
    assert world.textract.requests == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "LimitExceededException"])
def test_textracts_other_refusals_bring_the_message_back(
    world: World, scan: dict[str, Any], code: str
) -> None:
    world.textract.failures = [refused(code)]
    assert world.run(scan) == ["m0"]
    assert world.job()["status"] == "retrying"


def test_a_scan_that_textract_was_faster_with_stays_complete(
    world: World, scan: dict[str, Any]
) -> None:
    start = world.textract.start_document_text_detection

    def started(**request: Any) -> Any:
        world.table.items["job-1"]["status"] = "completed"
        return start(**request)

    world.textract.start_document_text_detection = started  # type: ignore[method-assign]
    assert world.run(scan) == []
    assert world.job()["status"] == "completed"


def test_documents_with_too_many_pages_are_not_counted(world: World) -> None:
    asked = ocr.Ocr(world.textract, None, topic_arn=TOPIC, role_arn=ROLE, page_limit=10_000)
    record = records.Record("m", SCAN)
    one = file_message.file_message(record, buckets={BUCKET})
    with pytest.raises(ocr.RefusedError, match="OCR reads 3,000 pages, the file has 3,001"):
        asked.start(one, page_count=3_001)
