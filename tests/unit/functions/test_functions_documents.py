"""Documents, chunks, requests for embeddings, and Textract's jobs, on the real schema."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support import fake_data_api
from support.fake_aws import FakeQueues, refused
from support.fake_data_api import FakeDataApi
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.data_api",
    "aistudio_shared.documents",
    "aistudio_shared.textract_jobs",
) as modules:
    data_api, documents, textract_jobs = modules

QUEUE = "https://sqs/embedding"
TEXT = "The quick brown fox jumps over the lazy dog.\n" * 100


@pytest.fixture
def client() -> Iterator[FakeDataApi]:
    fake = FakeDataApi()
    yield fake
    fake.close()


@pytest.fixture
def database(client: FakeDataApi) -> Any:
    return data_api.DataApi(
        client,
        cluster_arn=fake_data_api.CLUSTER_ARN,
        secret_arn=fake_data_api.SECRET_ARN,
        database=fake_data_api.DATABASE,
        seconds_left=lambda: 100.0,
        sleep=lambda _: None,
    )


def chunk_rows(client: FakeDataApi) -> list[tuple[Any, ...]]:
    return client.rows("SELECT id, position, content FROM document_chunks ORDER BY position")


def test_chunks_are_replaced_with_what_is_known_of_the_document(
    client: FakeDataApi, database: Any
) -> None:
    client.add_document(1, status="failed", failure="earlier", metadata='{"kept": 1, "title": 2}')
    rows = documents.Documents(database)
    rows.replace_chunks(1, "old text")
    stored = rows.replace_chunks(1, TEXT, metadata={"title": "T\x00"})
    found = chunk_rows(client)
    assert [row[0] for row in found] == stored.ids
    assert [row[1] for row in found] == list(range(len(found)))
    assert len(found) == 3
    assert stored.token_count == sum((len(row[2]) + 3) // 4 for row in found)
    ((status, failure, metadata),) = client.rows("SELECT status, failure, metadata FROM documents")
    assert (status, failure) == ("processing", None)
    assert metadata == '{"kept":1,"title":"T"}'
    ((detail,),) = client.rows("SELECT metadata FROM document_chunks WHERE position = 0")
    assert json.loads(detail) == {"start": 0, "end": len(found[0][2])}


@pytest.mark.parametrize("failing_call", [1, 2, 3, 4])
def test_a_failure_at_any_call_leaves_the_old_chunks(
    client: FakeDataApi, database: Any, failing_call: int
) -> None:
    client.add_document(1)
    rows = documents.Documents(database)
    old = rows.replace_chunks(1, "old text")
    client.failures = [None] * failing_call + [refused("BadRequestException")]
    with pytest.raises(ClientError):
        rows.replace_chunks(1, TEXT)
    assert not client.in_transaction
    assert [row[0] for row in chunk_rows(client)] == old.ids


def test_many_chunks_go_in_pieces(client: FakeDataApi, database: Any) -> None:
    client.add_document(1)
    stored = documents.Documents(database).replace_chunks(1, TEXT * 500)
    assert len(stored.ids) > 1_000
    assert client.calls.count("batch_execute_statement") > 2
    assert [row[0] for row in chunk_rows(client)] == stored.ids


def test_states_of_a_document(client: FakeDataApi, database: Any) -> None:
    client.add_document(1)
    rows = documents.Documents(database)
    rows.fail(1, "because\x00" + "x" * 5_000)
    ((status, failure),) = client.rows("SELECT status, failure FROM documents")
    assert (status, failure[:9], len(failure)) == ("failed", "becausexx", 1_000)
    rows.begin(1)
    assert client.rows("SELECT status, failure FROM documents") == [("processing", None)]


@pytest.mark.parametrize("act", ["begin", "fail", "replace_chunks"])
def test_a_missing_document_is_an_error_and_nothing_is_written(
    client: FakeDataApi, database: Any, act: str
) -> None:
    arguments = () if act == "begin" else ("text",)
    with pytest.raises(documents.DocumentMissingError, match="no document 7"):
        getattr(documents.Documents(database), act)(7, *arguments)
    assert chunk_rows(client) == []
    assert not client.in_transaction


def test_embeddings_are_asked_for_by_id_in_small_messages() -> None:
    sqs = FakeQueues()
    ids = list(range(1, 5_001))
    assert documents.request_embeddings(sqs, QUEUE, 9, ids) == 20
    bodies = sqs.bodies(QUEUE)
    assert {body["itemId"] for body in bodies} == {9}
    assert [one for body in bodies for one in body["chunkIds"]] == ids
    assert all(set(body) == {"itemId", "chunkIds"} for body in bodies)
    assert sqs.calls == ["send_message_batch"] * 2


def test_the_largest_ids_fit_into_a_message() -> None:
    sqs = FakeQueues()
    documents.request_embeddings(sqs, QUEUE, 2**63 - 1, [2**63 - 1] * 2_500)
    assert len(sqs.bodies(QUEUE)) == 10


def test_a_message_that_sqs_refuses_is_an_error() -> None:
    sqs = FakeQueues()
    sqs.refused_entries = 1
    with pytest.raises(documents.EmbeddingRequestError, match="refused 1 of 2 messages: Internal"):
        documents.request_embeddings(sqs, QUEUE, 9, range(300))


def usage(client: FakeDataApi) -> list[tuple[Any, ...]]:
    return client.rows("SELECT month, page_count FROM textract_usage")


def month() -> str:
    return datetime.now(UTC).strftime("%Y-%m-01")


def test_pages_are_counted_once_a_job_up_to_the_limit(client: FakeDataApi, database: Any) -> None:
    jobs = textract_jobs.TextractJobs(database)
    for _ in range(2):
        job = jobs.reserve("j1", 1, page_count=6, page_limit=10)
    assert (job.document_id, job.page_count, job.status) == (1, 6, "reserved")
    assert usage(client) == [(month(), 6)]
    with pytest.raises(textract_jobs.PageLimitError):
        jobs.reserve("j2", 2, page_count=5, page_limit=10)
    assert jobs.find("j2") is None
    jobs.reserve("j3", 3, page_count=4, page_limit=10)
    assert usage(client) == [(month(), 10)]


def test_the_first_job_of_a_month_has_the_limit_too(client: FakeDataApi, database: Any) -> None:
    with pytest.raises(textract_jobs.PageLimitError):
        textract_jobs.TextractJobs(database).reserve("j", 1, page_count=11, page_limit=10)
    assert usage(client) == []


def test_a_job_is_found_by_either_id_before_and_after_it_started(database: Any) -> None:
    jobs = textract_jobs.TextractJobs(database)
    jobs.reserve("j1", 1, page_count=1, page_limit=10)
    assert jobs.find("j1", "t1").status == "reserved"
    assert jobs.find("", "t1") is None
    jobs.started("j1", "t1")
    assert jobs.find("", "t1") == jobs.find("j1")
    assert jobs.find("", "t1").status == "started"


def test_a_finished_job_stays_and_its_pages_are_corrected_once(
    client: FakeDataApi, database: Any
) -> None:
    jobs = textract_jobs.TextractJobs(database)
    job = jobs.reserve("j1", 1, page_count=1, page_limit=100)
    for _ in range(2):
        jobs.finish(job, "succeeded", page_count=30)
    assert usage(client) == [(month(), 30)]
    jobs.started("j1", "t1")
    jobs.finish(job, "failed")
    jobs.give_up(job)
    found = jobs.find("j1")
    assert (found.status, found.page_count, found.finished) == ("succeeded", 30, True)


def test_a_job_given_up_gives_its_pages_back_once(client: FakeDataApi, database: Any) -> None:
    jobs = textract_jobs.TextractJobs(database)
    job = jobs.reserve("j1", 1, page_count=4, page_limit=10)
    for _ in range(2):
        jobs.give_up(job)
    assert usage(client) == [(month(), 0)]
    assert jobs.find("j1") is None
