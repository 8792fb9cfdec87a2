"""The whole function: a page becomes chunks, or job and document are marked as failed."""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from support.fake_aws import FakeContext, FakeQueues, FakeTable, refused
from support.fake_data_api import ENVIRONMENT, FakeDataApi
from support.function_source import function_modules
from support.web_site import Site, page

with function_modules(
    "url_processor",
    "failures",
    "fetching",
    "handler",
    "aistudio_shared.claims",
    "aistudio_shared.documents",
) as modules:
    failures, fetching, entry, claims, documents = modules

LOOPBACK = ipaddress.ip_address("127.0.0.1")
QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/aistudio-dev-embedding-queue"


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


class Work:
    """The function, its site, and AWS in memory; ``documents.id`` 7 is there."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.context = FakeContext(300)
        self.database = FakeDataApi()
        self.table = FakeTable()
        self.queues = FakeQueues()
        self.database.add_document(7)

    def event(self, path: str = "/", **changes: Any) -> dict[str, Any]:
        given = {"jobId": "job-1", "itemId": 7, "itemName": "School"}
        return {**given, "url": self.site.url(path), **changes}

    def run(self, path: str = "/", **changes: Any) -> Any:
        return entry.handler(self.event(path, **changes), self.context)

    def document(self) -> tuple[Any, ...]:
        (row,) = self.database.rows("SELECT status, failure FROM documents WHERE id = 7")
        return row

    def contents(self) -> list[str]:
        sql = "SELECT content FROM document_chunks WHERE document_id = 7 ORDER BY position"
        return [content for (content,) in self.database.rows(sql)]


@pytest.fixture
def work(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    made = Work(site)
    clients = {"rds-data": made.database, "sqs": made.queues}
    tables = {"jobs": made.table}

    class Resource:
        def Table(self, name: str) -> FakeTable:
            return tables[name]

    monkeypatch.setattr(boto3, "client", lambda name, **_: clients[name])
    monkeypatch.setattr(boto3, "resource", lambda name, **_: {"dynamodb": Resource()}[name])
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JOB_STATUS_TABLE", "jobs")
    monkeypatch.setenv("EMBEDDING_QUEUE_URL", QUEUE)
    on_loopback = fetching.Network(
        resolve=lambda host: [
            LOOPBACK if host.endswith(".example") else ipaddress.ip_address(host)
        ],
        admits=lambda address: address == LOOPBACK,
        ports={80, 443, site.port},
    )
    monkeypatch.setattr(entry, "Network", lambda: on_loopback)
    yield made
    made.database.close()


def test_a_page_becomes_chunks_whose_embeddings_are_asked_for(work: Work) -> None:
    text = "\n".join(f"Line {number} of a longer page." for number in range(200))
    work.site.routes["/"] = page(text.encode())
    result = work.run()
    count = len(work.contents())
    assert count > 1
    assert result == {
        "jobId": "job-1",
        "itemId": 7,
        "status": "completed",
        "chunksCreated": count,
        "totalTokens": result["totalTokens"],
    }
    assert result["totalTokens"] >= len(text) // 4
    assert work.contents()[0].startswith("Line 0 of")
    (message,) = work.queues.bodies(QUEUE)
    ids = [row for (row,) in work.database.rows("SELECT id FROM document_chunks ORDER BY position")]
    assert message == {"itemId": 7, "chunkIds": ids}
    job = work.table.items["job-1"]
    assert (job["status"], job["progress"]) == ("completed", 100)
    assert json.loads(job["details"])["chunksCreated"] == count
    # It is ready only when its embeddings are there.
    assert work.document() == ("processing", None)
    (metadata,) = work.database.rows("SELECT metadata FROM documents WHERE id = 7")[0]
    assert json.loads(metadata)["url"] == work.site.url("/")


@pytest.mark.parametrize("changes", [{"jobId": None}, {"itemId": 0}, {"url": ""}])
def test_a_bad_request_is_raised_directly_and_answered_over_http(
    changes: dict[str, Any], work: Work
) -> None:
    event = work.event(**changes)
    with pytest.raises(failures.RequestError):
        entry.handler(event, work.context)
    answer = entry.handler({"body": json.dumps(event)}, work.context)
    assert answer["statusCode"] == 400
    assert "must be" in json.loads(answer["body"])["error"]
    assert work.table.items == {}
    assert work.site.seen == []


def test_over_http_the_outcome_is_a_response(work: Work) -> None:
    work.site.routes["/"] = page(b"Hello")
    answer = entry.handler({"body": json.dumps(work.event())}, work.context)
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert json.loads(answer["body"])["chunksCreated"] == 1


def test_a_job_that_was_done_is_not_done_again(work: Work) -> None:
    work.site.routes["/"] = page(b"Hello")
    work.run()
    seen = len(work.site.seen)
    assert work.run() == {"jobId": "job-1", "itemId": 7, "status": "completed"}
    assert len(work.site.seen) == seen
    assert len(work.queues.bodies(QUEUE)) == 1


def test_another_job_replaces_the_chunks(work: Work) -> None:
    work.site.routes["/"] = page(b"Before")
    work.run()
    work.site.routes["/"] = page(b"After")
    work.run(jobId="job-2")
    assert work.contents() == ["After"]


def test_a_job_in_progress_elsewhere_is_left_alone(work: Work) -> None:
    with claims.claim(work.table, "url_processor#job-1", 60):
        with pytest.raises(claims.InProgressError):
            work.run()
        answer = entry.handler({"body": json.dumps(work.event())}, work.context)
    assert answer["statusCode"] == 409
    assert "job-1" not in work.table.items
    assert work.document() == ("uploaded", None)


@pytest.mark.parametrize(
    ("url", "status", "reason"),
    [
        ("http://169.254.169.254/latest/", 400, "the URL's host is not on the public internet"),
        ("ftp://school.example/", 400, "only http and https URLs are fetched"),
        ("http://school.example:22/", 400, "the URL's port is not allowed"),
        (None, 422, "the server answered with status 404"),
    ],
)
def test_a_page_that_cannot_be_had_marks_job_and_document_before_it_is_raised(
    work: Work, url: str | None, status: int, reason: str
) -> None:
    event = work.event("/nothing", **({} if url is None else {"url": url}))
    with pytest.raises(failures.IngestionError, match=reason):
        entry.handler(event, work.context)
    assert work.document() == ("failed", reason)
    job = work.table.items["job-1"]
    assert (job["status"], job["error"]) == ("failed", reason)
    answer = entry.handler({"body": json.dumps({**event, "jobId": "job-2"})}, work.context)
    assert (answer["statusCode"], json.loads(answer["body"])) == (status, {"error": reason})
    assert work.table.items["job-2"]["status"] == "failed"
    assert work.queues.sent == {}


def test_a_failed_job_can_be_tried_again(work: Work) -> None:
    with pytest.raises(failures.StatusError):
        work.run()
    work.site.routes["/"] = page(b"Hello")
    work.run()
    job = work.table.items["job-1"]
    assert job["status"] == "completed"
    assert "error" not in job
    assert work.document() == ("processing", None)


def test_the_old_chunks_stay_when_the_page_is_gone(work: Work) -> None:
    work.site.routes["/"] = page(b"Before")
    work.run()
    del work.site.routes["/"]
    with pytest.raises(failures.StatusError):
        work.run(jobId="job-2")
    assert work.contents() == ["Before"]


def test_the_old_chunks_stay_when_the_new_ones_cannot_be_written(work: Work) -> None:
    work.site.routes["/"] = page(b"Before")
    work.run()
    work.site.routes["/"] = page(b"After")
    real = work.database.batch_execute_statement

    def breaks(**_: Any) -> None:
        raise refused("DatabaseErrorException", "ERROR: Detail: Failing row contains (After)")

    work.database.batch_execute_statement = breaks  # type: ignore[method-assign,assignment]
    with pytest.raises(Exception, match="DatabaseErrorException"):
        work.run(jobId="job-2")
    work.database.batch_execute_statement = real  # type: ignore[method-assign]
    assert work.contents() == ["Before"]
    assert not work.database.in_transaction
    # What AWS says is for the log, not for the person who asked.
    assert work.document() == ("failed", "The page could not be taken in.")
    assert work.table.items["job-2"]["error"] == "The page could not be taken in."


def test_a_queue_that_refuses_fails_the_job_and_the_next_attempt_asks_again(work: Work) -> None:
    work.site.routes["/"] = page(b"Hello")
    work.queues.refused_entries = 1
    with pytest.raises(documents.EmbeddingRequestError):
        work.run()
    assert work.table.items["job-1"]["status"] == "failed"
    work.run()
    assert len(work.queues.bodies(QUEUE)) == 1
    assert work.table.items["job-1"]["status"] == "completed"


def test_a_document_that_is_gone_fails_the_job(work: Work) -> None:
    with pytest.raises(documents.DocumentMissingError):
        work.run(itemId=8)
    assert work.table.items["job-1"]["error"] == "there is no document 8"
    assert work.site.seen == []


def test_the_first_error_is_raised_though_it_cannot_be_recorded(work: Work) -> None:
    real, calls = work.table.update_item, []

    def breaks_at_the_failure(**request: Any) -> Any:
        if request["Key"] == {"jobId": "job-1"}:
            calls.append(request)
        if len(calls) > 1 and request["Key"] == {"jobId": "job-1"}:
            raise refused("ProvisionedThroughputExceededException")
        return real(**request)

    work.table.update_item = breaks_at_the_failure  # type: ignore[method-assign]
    with pytest.raises(failures.StatusError):
        work.run()
    assert len(calls) == 2
    assert work.document() == ("failed", "the server answered with status 404")


def test_logs_hold_neither_the_text_nor_what_the_url_carries(
    work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    work.site.routes["/"] = page(b"Confidential text")
    work.run("/?key=s3cr3t")
    with pytest.raises(failures.StatusError):
        work.run("/gone?key=s3cr3t", jobId="job-2")
    logged = capsys.readouterr().out
    assert "page taken in" in logged
    assert "page not taken in" in logged
    assert "Confidential" not in logged
    assert "s3cr3t" not in logged


@pytest.mark.parametrize(
    "missing_name", ["JOB_STATUS_TABLE", "EMBEDDING_QUEUE_URL", "DATABASE_SECRET_ARN"]
)
def test_a_missing_variable_is_named(
    missing_name: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(missing_name)
    with pytest.raises(Exception, match=missing_name):
        work.run()
