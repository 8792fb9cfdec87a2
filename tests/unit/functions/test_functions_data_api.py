"""The Data API's client: types, rows, transactions, patience."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from support import fake_data_api
from support.fake_aws import FakeContext, refused
from support.fake_data_api import FakeDataApi
from support.function_source import function_modules

with function_modules(
    "shared", "aistudio_shared.data_api", "aistudio_shared.environment"
) as modules:
    data_api, environment = modules


@pytest.fixture
def client() -> Iterator[FakeDataApi]:
    fake = FakeDataApi()
    yield fake
    fake.close()


def api(client: Any, seconds: float = 100.0, slept: list[float] | None = None) -> Any:
    left = [seconds]
    pauses = slept if slept is not None else []

    def sleep(pause: float) -> None:
        pauses.append(pause)
        left[0] -= pause

    return data_api.DataApi(
        client,
        cluster_arn=fake_data_api.CLUSTER_ARN,
        secret_arn=fake_data_api.SECRET_ARN,
        database=fake_data_api.DATABASE,
        seconds_left=lambda: left[0],
        sleep=sleep,
    )


def test_rows_are_mappings_by_column_name(client: FakeDataApi) -> None:
    client.add_document(1, name="a")
    client.add_document(2, name="b")
    rows = api(client).execute(
        "SELECT id, name, failure FROM documents WHERE id >= :first ORDER BY id", {"first": 1}
    )
    assert rows == [
        {"id": 1, "name": "a", "failure": None},
        {"id": 2, "name": "b", "failure": None},
    ]
    assert api(client).execute("DELETE FROM documents") == []


class Recorder:
    """Keeps requests, and answers with what it is given."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.answer = answer or {}
        self.requests: list[dict[str, Any]] = []

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return self.answer


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("text", {"stringValue": "text"}),
        ("", {"stringValue": ""}),
        (0, {"longValue": 0}),
        (True, {"booleanValue": True}),
        (False, {"booleanValue": False}),
        (1.5, {"doubleValue": 1.5}),
        (None, {"isNull": True}),
    ],
)
def test_parameters_have_the_data_apis_types(value: object, field: dict[str, object]) -> None:
    recorder = Recorder()
    api(recorder).execute("SELECT :p", {"p": value})
    assert recorder.requests[0]["parameters"] == [{"name": "p", "value": field}]
    assert "transactionId" not in recorder.requests[0]


def test_json_and_vectors_are_text_for_a_cast() -> None:
    recorder = Recorder()
    parameters = {"j": data_api.Json({"a": [1, None]}), "v": data_api.Vector([1, 0.25])}
    api(recorder).execute("SELECT :j, :v", parameters)
    values = [parameter["value"]["stringValue"] for parameter in recorder.requests[0]["parameters"]]
    assert json.loads(values[0]) == {"a": [1, None]}
    assert values[1] == "[1.0,0.25]"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (2**63, ValueError),
        (data_api.Vector([float("nan")]), ValueError),
        (data_api.Json(float("inf")), ValueError),
        (b"bytes", TypeError),
        ([1], TypeError),
    ],
)
def test_values_that_postgresql_could_not_take(value: object, error: type[Exception]) -> None:
    recorder = Recorder()
    with pytest.raises(error):
        api(recorder).execute("SELECT :p", {"p": value})
    assert recorder.requests == []


def test_arrays_become_lists() -> None:
    nested = {"arrayValues": [{"stringValues": ["a"]}, {"stringValues": []}]}
    recorder = Recorder(
        {
            "columnMetadata": [{"name": "ids"}, {"name": "names"}],
            "records": [[{"arrayValue": {"longValues": [1, 2]}}, {"arrayValue": nested}]],
        }
    )
    assert api(recorder).execute("SELECT 1") == [{"ids": [1, 2], "names": [["a"], []]}]


def test_a_column_is_called_what_the_statement_calls_it() -> None:
    columns = [{"name": "name", "label": "schedule_name"}, {"name": "id", "label": ""}]
    row = [{"stringValue": "daily"}, {"longValue": 1}]
    recorder = Recorder({"columnMetadata": columns, "records": [row]})
    assert api(recorder).execute("SELECT 1") == [{"schedule_name": "daily", "id": 1}]


def delete_and_then(database: Any, transaction: str, sql: str) -> None:
    database.execute("DELETE FROM documents", None, transaction)
    database.execute(sql, None, transaction)


def test_a_transaction_is_all_or_nothing(client: FakeDataApi) -> None:
    client.add_document(1)
    database = api(client)
    with pytest.raises(ClientError), database.transaction() as transaction:
        delete_and_then(database, transaction, "SELECT nonsense FROM documents")
    assert client.rows("SELECT count(*) FROM documents") == [(1,)]
    with database.transaction() as transaction:
        delete_and_then(database, transaction, "SELECT id FROM documents")
    assert client.rows("SELECT count(*) FROM documents") == [(0,)]
    assert not client.in_transaction


@pytest.mark.parametrize(
    "failure",
    [
        refused("BadRequestException", "the transaction is gone"),
        EndpointConnectionError(endpoint_url="u"),
    ],
)
def test_the_first_error_counts_even_if_the_rollback_fails(
    client: FakeDataApi, failure: Exception
) -> None:
    client.failures = [None, failure]
    with pytest.raises(ZeroDivisionError), api(client).transaction():
        raise ZeroDivisionError


CHUNK = (
    "INSERT INTO document_chunks (document_id, position, content, token_count) "
    "VALUES (1, :position, :content, 1)"
)


def test_a_batch_without_a_transaction_is_all_or_nothing_too(client: FakeDataApi) -> None:
    client.add_document(1)
    sets = [{"position": n, "content": "x" * 2_000} for n in range(1_500)]
    api(client).batch_execute(CHUNK, sets)
    assert client.calls.count("batch_execute_statement") > 1
    assert client.rows("SELECT count(*) FROM document_chunks") == [(1_500,)]
    with pytest.raises(ClientError, match="DatabaseErrorException"):
        api(client).batch_execute(CHUNK, [{"position": n, "content": ""} for n in (2_000, 3, 4)])
    assert client.rows("SELECT count(*) FROM document_chunks") == [(1_500,)]


def test_an_empty_batch_asks_nothing(client: FakeDataApi) -> None:
    api(client).batch_execute(CHUNK, [])
    assert client.calls == []


@pytest.mark.parametrize("code", sorted(data_api.RETRIED_CODES))
def test_a_waking_cluster_is_waited_for(client: FakeDataApi, code: str) -> None:
    slept: list[float] = []
    client.failures = [refused(code)] * 5
    assert api(client, slept=slept).execute("SELECT 1 AS one") == [{"one": 1}]
    assert slept == [1.0, 2.0, 4.0, 8.0, 15.0]
    client.failures = [refused(code)]
    with api(client).transaction() as transaction:
        assert transaction


def test_waiting_ends_with_the_functions_time(client: FakeDataApi) -> None:
    client.asleep(100)
    with pytest.raises(data_api.OutOfTimeError):
        api(client, seconds=60).execute("SELECT 1")
    assert len(client.calls) < 10


def test_inside_a_transaction_the_caller_starts_over(client: FakeDataApi) -> None:
    client.failures = [None, refused("DatabaseResumingException")]
    database = api(client)
    with pytest.raises(ClientError, match="DatabaseResuming"), database.transaction() as open_one:
        database.execute("SELECT 1", None, open_one)
    assert not client.in_transaction


@pytest.mark.parametrize("code", ["AccessDeniedException", "BadRequestException"])
def test_other_refusals_are_raised_at_once(client: FakeDataApi, code: str) -> None:
    client.failures = [refused(code)]
    with pytest.raises(ClientError, match=code):
        api(client).execute("SELECT 1")
    assert len(client.calls) == 1


def test_the_environment_names_the_database(
    client: FakeDataApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in fake_data_api.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(environment.MissingVariablesError, match="DATABASE_RESOURCE_ARN, DATABASE"):
        data_api.DataApi.from_environment(FakeContext(), client=client)
    for name, value in fake_data_api.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    database = data_api.DataApi.from_environment(FakeContext(60), client=client)
    assert database.execute("SELECT 1 AS one") == [{"one": 1}]
    late = data_api.DataApi.from_environment(FakeContext(10), client=client)
    with pytest.raises(data_api.OutOfTimeError):
        late.execute("SELECT 1")


@given(st.text())
def test_storable_text_has_nothing_that_postgresql_refuses(text: str) -> None:
    stored = data_api.storable(text + "\x00\ud800")
    assert "\x00" not in stored
    assert stored.encode().decode() == stored
    assert data_api.storable(stored) == stored
