"""Chunks get their embeddings once, whatever happens on the way."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from support.fake_aws import FakeContext, FakeQueues, FakeTable, refused, sqs_event
from support.fake_data_api import ENVIRONMENT, FakeDataApi
from support.function_source import function_modules

with function_modules(
    "embedding_generator", "handler", "retries", "chunk_rows", "aistudio_shared.records"
) as modules:
    entry, retries, chunk_rows, records = modules

DLQ = "https://sqs.us-east-1.amazonaws.com/111122223333/aistudio-dev-embedding-dlq"


def vector_of(text: str) -> list[float]:
    return [float(len(text))] * 1536


class Model:
    """A ``bedrock-runtime`` client whose vectors tell which text they are of.

    Attributes:
        failures: What the next calls raise, in order; ``None`` lets one through.
        texts: Texts of each call.
        vector: Returns the vector of a text.
    """

    def __init__(self) -> None:
        self.failures: list[Exception | None] = []
        self.texts: list[list[str]] = []
        self.vector: Callable[[str], Any] = vector_of

    def invoke_model(self, *, body: str, **_: Any) -> dict[str, Any]:
        texts = json.loads(body)["texts"]
        self.texts.append(texts)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        answer = {"embeddings": {"float": [self.vector(text) for text in texts]}}
        return {"body": io.BytesIO(json.dumps(answer).encode())}


def bedrock_error(code: str, status: int = 400) -> ClientError:
    return refused(code, "quotes the text", ResponseMetadata={"HTTPStatusCode": status})


class Work:
    """The function and AWS in memory."""

    def __init__(self) -> None:
        self.context = FakeContext(300)
        self.database = FakeDataApi()
        self.table = FakeTable()
        self.queues = FakeQueues()
        self.model = Model()

    def add(self, document_id: int, *contents: str) -> list[int]:
        """Add a document with chunks; return their ids."""
        self.database.add_document(document_id, status="processing")
        for position, content in enumerate(contents):
            self.database.rows(
                "INSERT INTO document_chunks (document_id, position, content, token_count) "
                "VALUES (?, ?, ?, 1)",
                document_id,
                position,
                content,
            )
        sql = "SELECT id FROM document_chunks WHERE document_id = ? ORDER BY position"
        return [row for (row,) in self.database.rows(sql, document_id)]

    def run(self, *messages: Any, receives: int = 1) -> list[str]:
        """Run the function; return the messages that SQS shall deliver again."""
        answer = entry.handler(sqs_event(*messages, receives=receives), self.context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def again(self) -> None:
        """Let the next event's messages be new ones."""
        self.table.items.clear()

    def embeddings(self, document_id: int) -> list[Any]:
        sql = "SELECT embedding FROM document_chunks WHERE document_id = ? ORDER BY position"
        return [
            None if row is None else json.loads(row)[0]
            for (row,) in self.database.rows(sql, document_id)
        ]

    def document(self, document_id: int) -> tuple[Any, ...]:
        sql = "SELECT status, failure FROM documents WHERE id = ?"
        (row,) = self.database.rows(sql, document_id)
        return row

    def put_aside(self) -> list[str]:
        return [
            message["MessageAttributes"]["Reason"]["StringValue"]
            for message in self.queues.sent.get(DLQ, [])
        ]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    made = Work()
    clients = {"rds-data": made.database, "sqs": made.queues, "bedrock-runtime": made.model}

    class Resource:
        def Table(self, name: str) -> FakeTable:
            return {"jobs": made.table}[name]

    monkeypatch.setattr(boto3, "client", lambda name, **_: clients[name])
    monkeypatch.setattr(boto3, "resource", lambda name, **_: {"dynamodb": Resource()}[name])
    monkeypatch.setattr(retries, "_PAUSES_SECONDS", (0.0, 0.0))
    variables = {
        **ENVIRONMENT,
        "JOB_STATUS_TABLE": "jobs",
        "EMBEDDING_PROVIDER": "bedrock",
        "EMBEDDING_MODEL_ID": "cohere.embed-v4:0",
        "DEAD_LETTER_QUEUE_URL": DLQ,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield made
    made.database.close()


def test_chunks_get_their_own_vectors_and_the_document_becomes_ready(work: Work) -> None:
    ids = work.add(7, "a", "bb", "ccc")
    assert work.run({"itemId": 7, "chunkIds": ids, "texts": ["of older senders"]}) == []
    assert work.embeddings(7) == [1.0, 2.0, 3.0]
    assert work.model.texts == [["a", "bb", "ccc"]]
    assert work.document(7) == ("ready", None)
    (stored,) = work.database.rows("SELECT embedding FROM document_chunks WHERE content = 'a'")[0]
    assert json.loads(stored) == [1.0] * 1536


def test_many_chunks_are_read_asked_for_and_written_in_parts(work: Work) -> None:
    ids = work.add(7, *("x" * (number % 50 + 1) for number in range(250)))
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.embeddings(7) == [float(number % 50 + 1) for number in range(250)]
    assert [len(texts) for texts in work.model.texts] == [96, 96, 58]
    assert work.document(7) == ("ready", None)


def test_long_chunks_fit_what_the_data_api_answers(work: Work) -> None:
    ids = work.add(7, *("\U0001f600" * 2000 for _ in range(110)))
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert None not in work.embeddings(7)
    assert max(sum(map(len, texts)) for texts in work.model.texts) <= 100_000


def test_what_has_an_embedding_is_not_paid_for_again(work: Work) -> None:
    ids = work.add(7, "a", "bb")
    work.run({"itemId": 7, "chunkIds": ids[:1]})
    assert work.document(7) == ("processing", None)
    work.again()
    work.run({"itemId": 7, "chunkIds": [*ids, *ids]})
    assert work.model.texts == [["a"], ["bb"]]
    assert work.document(7) == ("ready", None)
    work.again()
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert len(work.model.texts) == 2


def test_a_message_that_comes_twice_is_done_once(work: Work) -> None:
    ids = work.add(7, "a")
    work.run({"itemId": 7, "chunkIds": ids})
    statements = len(work.database.statements)
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert len(work.database.statements) == statements


def test_chunks_that_are_gone_or_another_document_s_are_left_alone(work: Work) -> None:
    mine, others = work.add(7, "a"), work.add(8, "bb")
    assert work.run({"itemId": 7, "chunkIds": [*mine, *others, 999]}) == []
    assert work.embeddings(7) == [1.0]
    assert work.embeddings(8) == [None]
    assert work.document(8) == ("processing", None)


def test_a_document_that_is_gone_needs_nothing(work: Work) -> None:
    assert work.run({"itemId": 9, "chunkIds": [1, 2]}) == []
    assert work.model.texts == []


def test_a_document_without_chunks_is_not_ready(work: Work) -> None:
    work.add(7)
    assert work.run({"itemId": 7, "chunkIds": [1]}) == []
    assert work.document(7) == ("processing", None)


def test_readiness_is_asked_for_only_after_the_vectors_are_committed(work: Work) -> None:
    ids = work.add(7, "a")
    work.run({"itemId": 7, "chunkIds": ids})
    commit = work.database.calls.index("commit_transaction")
    last = len(work.database.calls) - 1
    assert work.database.calls[last] == "execute_statement"
    assert commit < last
    assert "'ready'" in work.database.statements[-1]


@pytest.mark.parametrize(
    "message",
    [
        {"chunkIds": [1]},
        {"itemId": "7", "chunkIds": [1]},
        {"itemId": 0, "chunkIds": [1]},
        {"itemId": 7},
        {"itemId": 7, "chunkIds": []},
        {"itemId": 7, "chunkIds": "1"},
        {"itemId": 7, "chunkIds": {"1": 1}},
        {"itemId": 7, "chunkIds": [1, "2"]},
        {"itemId": 7, "chunkIds": [True]},
        {"itemId": 7, "chunkIds": [0]},
        {"itemId": 7, "chunkIds": [1.5]},
        {"itemId": 7, "chunkIds": [2**63]},
        "no json",
        [],
    ],
    ids=repr,
)
def test_a_message_that_says_nothing_useful_is_put_aside(message: Any, work: Work) -> None:
    assert work.run(message if isinstance(message, str) else json.dumps(message)) == []
    assert len(work.put_aside()) == 1
    assert work.model.texts == []


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (bedrock_error("ValidationException"), "Bedrock refuses the request: ValidationException"),
        (bedrock_error("AccessDeniedException", 403), "Bedrock refuses the request: AccessDenied"),
    ],
)
def test_what_the_model_refuses_is_put_aside_with_its_reason(
    failure: Exception, reason: str, work: Work
) -> None:
    ids = work.add(7, "a")
    work.model.failures = [failure]
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.put_aside()[0].startswith(reason)
    status, told = work.document(7)
    assert (status, told.startswith(f"The embeddings could not be made: {reason}")) == (
        "failed",
        True,
    )
    assert len(work.model.texts) == 1


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        (lambda _: [0.5] * 1024, "the model gave 1024 dimensions, not 1536"),
        (lambda _: [float("nan")] * 1536, "the model gave a vector that holds no finite number"),
    ],
)
def test_a_vector_that_does_not_fit_is_never_written(
    vector: Callable[[str], Any], reason: str, work: Work
) -> None:
    ids = work.add(7, "a")
    work.model.vector = vector
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.put_aside() == [reason]
    assert work.embeddings(7) == [None]


def test_a_busy_model_is_asked_again(work: Work) -> None:
    ids = work.add(7, "a")
    work.model.failures = [bedrock_error("ThrottlingException", 429)] * 2
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.embeddings(7) == [1.0]


@pytest.mark.parametrize(
    ("receives", "document"),
    [
        (1, ("processing", None)),
        (3, ("failed", "The embeddings could not be made in several attempts.")),
    ],
)
def test_a_model_that_stays_busy_is_for_sqs_to_try_again(
    receives: int, document: tuple[Any, ...], work: Work
) -> None:
    ids = work.add(7, "a")
    work.model.failures = [bedrock_error("ThrottlingException", 429)] * 3
    assert work.run({"itemId": 7, "chunkIds": ids}, receives=receives) == ["m0"]
    assert work.put_aside() == []
    assert work.document(7) == document
    # The next attempt heals the document.
    work.again()
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.document(7) == ("ready", None)


def test_what_was_written_before_a_failure_stays(work: Work) -> None:
    ids = work.add(7, *("x" for _ in range(100)))
    work.model.failures = [None, *[bedrock_error("ThrottlingException", 429)] * 3]
    assert work.run({"itemId": 7, "chunkIds": ids}) == ["m0"]
    assert work.embeddings(7).count(1.0) == 96
    work.again()
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert [len(texts) for texts in work.model.texts] == [96, 4, 4, 4, 4]


def test_one_message_s_failure_does_not_hold_up_another(work: Work) -> None:
    first, second = work.add(7, "a"), work.add(8, "bb")
    work.model.failures = [bedrock_error("ValidationException")]
    messages = [{"itemId": 7, "chunkIds": first}, {"itemId": 8, "chunkIds": second}]
    assert work.run(*messages) == []
    assert work.document(7)[0] == "failed"
    assert work.document(8) == ("ready", None)


def test_near_the_end_of_the_time_nothing_is_begun(work: Work) -> None:
    ids = work.add(7, "a")
    work.context.seconds = 25
    assert work.run({"itemId": 7, "chunkIds": ids}) == ["m0"]
    assert work.model.texts == []
    assert work.document(7) == ("processing", None)


def test_a_failure_that_cannot_be_recorded_does_not_hide_the_first(work: Work) -> None:
    ids = work.add(7, "a")
    work.model.failures = [bedrock_error("ValidationException")]
    work.database.failures = [None, refused("DatabaseErrorException")]
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert work.put_aside() == ["Bedrock refuses the request: ValidationException"]
    assert work.document(7) == ("processing", None)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("EMBEDDING_PROVIDER", "azure", "EMBEDDING_PROVIDER must be bedrock or openai"),
        ("EMBEDDING_MODEL_ID", "amazon.titan-embed-text-v2:0", "gives fewer than 1536 dimensions"),
    ],
)
def test_a_configuration_that_cannot_work_is_told(
    name: str, value: str, reason: str, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = work.add(7, "a")
    monkeypatch.setenv(name, value)
    assert work.run({"itemId": 7, "chunkIds": ids}) == []
    assert reason in work.put_aside()[0]


def test_an_endpoint_is_used_with_its_own_key(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = work.add(7, "a")
    made: list[dict[str, Any]] = []

    class Endpoint:
        limits = entry.OpenAiProvider.limits.fget(None)

        def __init__(self, **settings: Any) -> None:
            made.append(settings)

        def embed(self, texts: list[str]) -> list[Any]:
            return [vector_of(text) for text in texts]

    clients = {"rds-data": work.database, "sqs": work.queues, "secretsmanager": "secrets"}
    monkeypatch.setattr(boto3, "client", lambda name, **_: clients[name])
    monkeypatch.setattr(entry, "OpenAiProvider", Endpoint)
    monkeypatch.setenv("EMBEDDING_PROVIDER", "openai")
    monkeypatch.setenv("EMBEDDING_MODEL_ID", "text-embedding-3-small")
    assert work.run({"itemId": 7, "chunkIds": ids}) == ["m0"]
    monkeypatch.setenv("EMBEDDING_ENDPOINT_URL", "https://api.example/v1")
    monkeypatch.setenv("EMBEDDING_SECRET_ARN", "arn:secret")
    for number in range(2):
        work.again()
        work.database.rows("UPDATE document_chunks SET embedding = NULL")
        assert work.run({"itemId": 7, "chunkIds": ids}) == [], number
    assert made[0]["endpoint_url"] == "https://api.example/v1"
    assert made[0]["model_id"] == "text-embedding-3-small"
    assert 260 < made[0]["seconds_left"]() < 280
    # The key outlives an invocation, so that it is not read each time.
    assert made[0]["api_key"] is made[1]["api_key"]
    entry._api_key.cache_clear()


def test_logs_hold_no_text(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    ids = work.add(7, "Confidential text", "more")
    work.model.failures = [bedrock_error("ThrottlingException", 429)]
    work.run({"itemId": 7, "chunkIds": ids, "texts": ["Confidential text"]})
    logged = capsys.readouterr().out
    assert "chunks embedded" in logged
    assert "waiting for the provider" in logged
    assert "Confidential" not in logged
    assert "quotes the text" not in logged
