"""Textract's results: all of the text or none, and every job reaches its end."""

# ruff: noqa: N803 # argument names are boto3's

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support import fake_data_api
from support.fake_aws import FakeContext, FakeQueues, FakeTable, refused, sqs_event
from support.fake_data_api import FakeDataApi
from support.function_source import function_modules

with function_modules(
    "textract_processor", "handler", "completion", "text_detection", "completion_processing"
) as modules:
    handler, completion, text_detection, completion_processing = modules

with function_modules("shared", "aistudio_shared.data_api") as shared:
    (data_api,) = shared

EMBEDDING_QUEUE = "https://sqs/embedding"
DLQ = "https://sqs/dlq"
LINES_PER_ANSWER = 40


class FakeTextract:
    """Answers page by page, as it is told to."""

    def __init__(self) -> None:
        self.status = "SUCCEEDED"
        self.status_message = ""
        self.pages: list[list[str]] = [["A first line.", "A second one."], ["Another page."]]
        self.warnings: list[dict[str, Any]] = []
        self.failures: list[Exception | None] = []
        self.calls = 0

    def get_document_text_detection(
        self, *, JobId: str, MaxResults: int, NextToken: str = "0"
    ) -> dict[str, Any]:
        assert JobId == "textract-1"
        assert 1 <= MaxResults <= 1_000
        self.calls += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        answer: dict[str, Any] = {"JobStatus": self.status, "StatusMessage": self.status_message}
        if self.status in ("FAILED", "IN_PROGRESS"):
            return answer
        blocks = [
            {"BlockType": kind, "Text": line, "Page": number}
            for number, lines in enumerate(self.pages, 1)
            for line in lines
            for kind in ("LINE", "WORD")
        ]
        first = int(NextToken)
        answer |= {
            "Blocks": [{"BlockType": "PAGE", "Page": 1}, *blocks[first : first + LINES_PER_ANSWER]],
            "DocumentMetadata": {"Pages": len(self.pages)},
            "Warnings": self.warnings,
        }
        if first + LINES_PER_ANSWER < len(blocks):
            answer["NextToken"] = str(first + LINES_PER_ANSWER)
        return answer


class World:
    """All that the function talks to, and the function."""

    def __init__(self) -> None:
        self.sqs = FakeQueues()
        self.table = FakeTable()
        self.table.items["job-1"] = {"jobId": "job-1", "status": "ocr_processing"}
        self.database = FakeDataApi()
        self.textract = FakeTextract()
        self.database.add_document(1, status="processing")
        self.database.rows("INSERT INTO textract_usage VALUES ('2026-11-01', 5)")
        self.add_job()

    def add_job(self, textract_job_id: str | None = "textract-1") -> None:
        self.database.rows(
            "INSERT INTO textract_jobs (job_id, textract_job_id, document_id, month, page_count,"
            " status) VALUES ('job-1', ?, 1, '2026-11-01', 1, 'started')",
            textract_job_id,
        )

    def client(self, service: str, **_: Any) -> Any:
        clients = {"sqs": self.sqs, "rds-data": self.database, "textract": self.textract}
        return clients[service]

    def resource(self, service: str, **_: Any) -> Any:
        assert service == "dynamodb"
        return self

    def Table(self, name: str) -> FakeTable:
        assert name == "jobs"
        return self.table

    def run(self, *bodies: Any, receives: int = 1) -> list[str]:
        event = sqs_event(*bodies, receives=receives)
        answer = handler.handler(event, FakeContext())
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    @property
    def job(self) -> dict[str, Any]:
        item = dict(self.table.items["job-1"])
        return item | {"details": json.loads(item.get("details", "{}"))}

    @property
    def document(self) -> tuple[Any, ...]:
        return self.database.rows("SELECT status, failure FROM documents WHERE id = 1")[0]

    @property
    def chunks(self) -> list[tuple[Any, ...]]:
        return self.database.rows("SELECT id, content FROM document_chunks ORDER BY position")

    @property
    def row(self) -> tuple[Any, ...]:
        return self.database.rows("SELECT status, page_count FROM textract_jobs")[0]

    @property
    def pages_used(self) -> int:
        return int(self.database.rows("SELECT page_count FROM textract_usage")[0][0])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    one = World()
    monkeypatch.setattr(handler.boto3, "client", one.client)
    monkeypatch.setattr(handler.boto3, "resource", one.resource)
    monkeypatch.setattr(data_api.time, "sleep", lambda _: None)
    environment = {
        **fake_data_api.ENVIRONMENT,
        "JOB_STATUS_TABLE": "jobs",
        "EMBEDDING_QUEUE_URL": EMBEDDING_QUEUE,
        "DEAD_LETTER_QUEUE_URL": DLQ,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield one
    one.database.close()


def notification(**changes: Any) -> dict[str, Any]:
    told = {
        "JobId": "textract-1",
        "Status": "SUCCEEDED",
        "API": "StartDocumentTextDetection",
        "JobTag": "job-1",
        "Timestamp": 1_800_000_000_000,
        "DocumentLocation": {"S3ObjectName": "repositories/3/1/scan.png", "S3Bucket": "b"},
        **changes,
    }
    message = json.dumps({name: value for name, value in told.items() if value is not None})
    return {"Type": "Notification", "MessageId": "n", "TopicArn": "arn", "Message": message}


def test_a_scans_text_becomes_chunks_and_the_job_completes(world: World) -> None:
    assert world.run(notification()) == []
    ((chunk_id, text),) = world.chunks
    assert text == "A first line.\nA second one.\n\nAnother page."
    assert world.sqs.bodies(EMBEDDING_QUEUE) == [{"itemId": 1, "chunkIds": [chunk_id]}]
    assert (world.job["status"], world.job["progress"]) == ("completed", 100)
    assert world.job["details"]["pages"] == 2
    assert world.document == ("processing", None)
    assert (world.row, world.pages_used) == (("succeeded", 2), 6)


def test_all_answers_are_read(world: World) -> None:
    world.textract.pages = [[f"Line {n} of page {page}." for n in range(50)] for page in range(4)]
    assert world.run(notification()) == []
    assert world.textract.calls == 10
    text = "\n".join(content for _, content in world.chunks)
    assert all(f"Line {n} of page {page}." in text for n in range(50) for page in range(4))


def test_a_part_of_the_answers_is_never_taken_for_all(world: World) -> None:
    world.textract.pages = [["A line."] * 200]
    world.textract.failures = [None, refused("ProvisionedThroughputExceededException")]
    assert world.run(notification()) == ["m0"]
    assert world.chunks == []
    assert world.job["status"] not in ("completed", "failed")
    assert world.run(notification()) == []
    assert world.job["status"] == "completed"


@pytest.mark.parametrize("tag", [None, "job-1"])
@pytest.mark.parametrize("started", [None, "textract-1"])
def test_the_job_is_found_by_tag_or_by_id_even_if_textract_was_faster(
    world: World, tag: str | None, started: str | None
) -> None:
    world.database.rows("DELETE FROM textract_jobs")
    world.add_job(started)
    assert world.run(notification(JobTag=tag)) == []
    if tag or started:
        assert world.job["status"] == "completed"
    else:
        assert "there is no such job" in reason(world)


def reason(world: World) -> str:
    (aside,) = world.sqs.sent[DLQ]
    return str(aside["MessageAttributes"]["Reason"]["StringValue"])


def test_pages_that_textract_could_not_read_are_told(world: World) -> None:
    world.textract.status = "PARTIAL_SUCCESS"
    world.textract.warnings = [{"ErrorCode": "INTERNAL_ERROR", "Pages": [3, 2]}]
    assert world.run(notification(Status="PARTIAL_SUCCESS")) == []
    assert world.job["status"] == "completed"
    assert world.job["details"]["failedPages"] == [2, 3]
    ((metadata,),) = world.database.rows("SELECT metadata FROM documents")
    assert json.loads(metadata)["ocr"] == {"pages": 2, "failedPages": [2, 3]}


@pytest.mark.parametrize(
    ("status", "message", "pages", "failure"),
    [
        ("FAILED", "INVALID_IMAGE_TYPE", [], "OCR could not read the file: INVALID_IMAGE_TYPE"),
        ("FAILED", "", [], "OCR could not read the file: no reason given"),
        ("SUCCEEDED", "", [[], []], "OCR found no text in the file."),
        ("PARTIAL_SUCCESS", "", [[" "]], "OCR found no text in the file."),
    ],
)
def test_a_scan_without_text_is_an_outcome(
    world: World, status: str, message: str, pages: list[list[str]], failure: str
) -> None:
    world.textract.status, world.textract.status_message = status, message
    world.textract.pages = pages
    assert world.run(notification(Status=status)) == []
    assert world.document == ("failed", failure)
    assert (world.job["status"], world.job["error"]) == ("failed", failure)
    assert world.row[0] == "failed"
    assert world.sqs.sent == {}


def test_a_result_that_expired_fails_the_document_and_is_put_aside(world: World) -> None:
    world.textract.failures = [refused("InvalidJobIdException")]
    assert world.run(notification()) == []
    assert world.document == ("failed", "The result of OCR is no longer there.")
    assert world.job["status"] == "failed"
    assert "does not know the job" in reason(world)


def test_a_job_that_is_not_over_after_all_comes_back(world: World) -> None:
    world.textract.status = "IN_PROGRESS"
    assert world.run(notification()) == ["m0"]
    assert world.row[0] == "started"


def test_a_deleted_document_ends_its_job(world: World) -> None:
    world.database.rows("DELETE FROM documents")
    assert world.run(notification()) == []
    assert (world.job["status"], world.job["error"]) == ("failed", "The document was deleted.")
    assert world.row[0] == "failed"
    assert world.sqs.sent == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "body is not JSON"),
        ({}, "Message must be text"),
        ({"Message": "plain text"}, "Message is not JSON"),
        (notification(JobId=None), "JobId must be text"),
        (notification(API="StartDocumentAnalysis"), "API is none"),
        (notification(Status="IN_PROGRESS"), "Status is none"),
        (notification(Status=None), "Status is none"),
        (notification(JobTag="job-9", JobId="textract-9"), "there is no such job"),
    ],
)
def test_a_poisoned_message_is_put_aside(world: World, body: Any, why: str) -> None:
    assert world.run(body) == []
    assert why in reason(world)
    assert world.textract.calls == 0


def test_a_message_that_comes_twice_is_processed_once(world: World) -> None:
    assert world.run(notification(), notification()) == []
    world.table.items = {key: item for key, item in world.table.items.items() if key == "job-1"}
    assert world.run(notification()) == []
    assert world.textract.calls == 1
    assert len(world.sqs.bodies(EMBEDDING_QUEUE)) == 1
    assert world.pages_used == 6


def test_a_job_is_not_complete_before_embeddings_are_asked_for(world: World) -> None:
    world.sqs.refused_entries = 1
    assert world.run(notification()) == ["m0"]
    assert world.job["status"] != "completed"
    assert world.row[0] == "started"
    assert world.run(notification()) == []
    assert (world.job["status"], world.row[0]) == ("completed", "succeeded")


def test_a_crash_before_the_row_was_finished_does_not_repeat_the_work(world: World) -> None:
    world.table.items["job-1"]["status"] = "completed"
    assert world.run(notification()) == []
    assert (world.textract.calls, world.row[0]) == (0, "succeeded")


def test_the_last_attempt_says_so_and_a_redriven_message_is_a_new_one(world: World) -> None:
    world.textract.failures = [refused("AccessDeniedException")]
    assert world.run(notification(), receives=3) == ["m0"]
    assert world.job["status"] == "failed"
    assert world.document[0] == "failed"
    assert world.row[0] == "started"
    assert world.run(notification()) == []
    assert (world.job["status"], world.document) == ("completed", ("processing", None))
    assert "error" not in world.job


def test_a_last_attempt_that_cannot_even_say_so_still_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.textract.failures = [refused("AccessDeniedException")]
    begin = world.table.update_item

    def update_item(**request: Any) -> Any:
        if ":error" in request["ExpressionAttributeValues"]:
            raise refused("InternalServerError")
        return begin(**request)

    monkeypatch.setattr(world.table, "update_item", update_item)
    assert world.run(notification(), receives=3) == ["m0"]
    assert world.row[0] == "started"


def test_a_sleeping_database_is_waited_for(world: World) -> None:
    world.database.asleep(5)
    assert world.run(notification()) == []
    assert world.job["status"] == "completed"


def test_texts_are_not_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.textract.pages = [["CANARY"]]
    world.run(notification())
    lines = capsys.readouterr().out
    assert "scan processed" in lines
    assert "CANARY" not in lines
