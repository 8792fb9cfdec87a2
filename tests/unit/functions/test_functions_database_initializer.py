"""The initializer against a database that keeps transactions, in memory."""

import copy
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.function_source import function_modules

with function_modules(
    "database_initializer", "aistudio_shared.data_api", "migrations", "response", "handler"
) as modules:
    data_api, migrations, response, handler = modules

CLUSTER = "arn:aws:rds:us-east-1:123456789012:cluster:c"


def refused(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ExecuteStatement")


class Database:
    """Stands in for the rds-data client: tables come and go with their transaction."""

    def __init__(self) -> None:
        self.committed: dict[str, Any] = {"log": None, "statements": []}
        self.open: dict[str, dict[str, Any]] = {}
        self.ended: list[tuple[str, str]] = []
        self.failures: list[ClientError] = []
        self.broken_statement: str | None = None
        self.complaint = "ERROR: relation does not exist"

    def begin_transaction(self, **target: str) -> dict[str, str]:
        assert target["database"] == "aistudio"
        if self.failures:
            raise self.failures.pop(0)
        name = f"t{len(self.ended) + len(self.open)}"
        self.open[name] = copy.deepcopy(self.committed)
        return {"transactionId": name}

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        state = self.open[request["transactionId"]]
        sql = request["sql"]
        values = [value for one in request["parameters"] for value in one["value"].values()]
        if sql == self.broken_statement:
            raise refused("BadRequestException", self.complaint)
        if "pg_advisory_xact_lock" in sql:
            state["locked"] = True
            return {"records": [[{"longValue": 1}]], "columnMetadata": [{"name": "locked"}]}
        assert state.get("locked"), "every transaction takes the lock first"
        if sql.startswith("CREATE TABLE IF NOT EXISTS schema_migrations"):
            state["log"] = state["log"] or []
            return {"numberOfRecordsUpdated": 0}
        if sql.startswith("SELECT version"):
            kinds = ("longValue", "stringValue", "stringValue")
            return {
                "columnMetadata": [{"name": name} for name in ("version", "name", "sha256")],
                "records": [
                    [{kind: value} for kind, value in zip(kinds, row, strict=True)]
                    for row in state["log"]
                ],
            }
        if sql.startswith("INSERT INTO schema_migrations"):
            state["log"].append(tuple(values))
            return {"numberOfRecordsUpdated": 1}
        state["statements"].append(sql)
        return {"numberOfRecordsUpdated": 0}

    def commit_transaction(self, **request: str) -> None:
        self.committed = self.open.pop(request["transactionId"])
        self.committed.pop("locked", None)
        self.ended.append((request["transactionId"], "committed"))

    def rollback_transaction(self, **request: str) -> None:
        self.open.pop(request["transactionId"])
        self.ended.append((request["transactionId"], "rolled back"))


@pytest.fixture
def database() -> Database:
    return Database()


def api(database: Database, seconds: float = 100.0, slept: list[float] | None = None) -> Any:
    left = [seconds]
    pauses = slept if slept is not None else []

    def sleep(pause: float) -> None:
        pauses.append(pause)
        left[0] -= pause

    return data_api.DataApi(
        database,
        cluster_arn=CLUSTER,
        secret_arn="arn:secret",
        database="aistudio",
        seconds_left=lambda: left[0],
        sleep=sleep,
    )


def write(folder: Path, **files: str) -> list[Any]:
    folder.mkdir(exist_ok=True)
    for name, sql in files.items():
        (folder / f"{name}.sql").write_text(sql)
    return migrations.read_migrations(folder)


def run(database: Database, listed: list[Any]) -> list[str]:
    done: list[str] = migrations.migrate(api(database), listed)
    return done


def test_migrations_run_once_in_order_of_their_numbers(tmp_path: Path, database: Database) -> None:
    listed = write(tmp_path / "m", **{"010_b": "B; C", "002_a": "A;", "100_c": "D"})
    assert run(database, listed) == ["002_a.sql", "010_b.sql", "100_c.sql"]
    assert database.committed["statements"] == ["A", "B", "C", "D"]
    assert run(database, listed) == []
    assert database.committed["statements"] == ["A", "B", "C", "D"]


def test_each_file_is_one_transaction_with_its_log_entry(
    tmp_path: Path, database: Database
) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A; BROKEN; C"})
    database.broken_statement = "BROKEN"
    with pytest.raises(migrations.MigrationError) as caught:
        run(database, listed)
    assert str(caught.value) == ("001_a.sql: statement 2 of 3: ERROR: relation does not exist")
    assert database.committed == {"log": [], "statements": []}
    assert [end for _, end in database.ended] == ["committed", "rolled back"]


def test_a_failure_keeps_the_files_before_it(tmp_path: Path, database: Database) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A", "002_b": "BROKEN"})
    database.broken_statement = "BROKEN"
    with pytest.raises(migrations.MigrationError):
        run(database, listed)
    assert database.committed["statements"] == ["A"]
    database.broken_statement = None
    assert run(database, listed) == ["002_b.sql"]


def test_an_edited_migration_is_refused(tmp_path: Path, database: Database) -> None:
    run(database, write(tmp_path / "m", **{"001_a": "A"}))
    with pytest.raises(migrations.MigrationError, match=r"001_a\.sql: was edited after it ran"):
        run(database, write(tmp_path / "m", **{"001_a": "A2"}))
    assert database.committed["statements"] == ["A"]


def test_a_missing_or_renamed_migration_is_refused(tmp_path: Path, database: Database) -> None:
    run(database, write(tmp_path / "m", **{"001_a": "A"}))
    with pytest.raises(migrations.MigrationError, match=r"001_a\.sql: ran before and is missing"):
        run(database, write(tmp_path / "n", **{"001_renamed": "A"}))


def test_a_late_number_is_refused(tmp_path: Path, database: Database) -> None:
    run(database, write(tmp_path / "m", **{"005_a": "A"}))
    with pytest.raises(migrations.MigrationError, match=r"003_b\.sql: its number is below 005"):
        run(database, write(tmp_path / "m", **{"003_b": "B"}))


def test_a_gap_among_what_ran_is_refused(tmp_path: Path, database: Database) -> None:
    run(database, write(tmp_path / "m", **{"001_a": "A", "002_b": "B"}))
    with pytest.raises(migrations.MigrationError, match=r"001_a\.sql: ran before and is missing"):
        run(database, write(tmp_path / "n", **{"002_b": "B"}))


@pytest.mark.parametrize("newer", ["003_c", "100_d", "102_d"])
def test_a_rollback_to_older_code_succeeds_and_keeps_what_ran(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str], newer: str
) -> None:
    files = {"001_a": "A", "002_b": "B"}
    run(database, write(tmp_path / "new", **files, **{newer: "C"}))
    capsys.readouterr()
    assert run(database, write(tmp_path / "old", **files)) == []
    assert database.committed["statements"] == ["A", "B", "C"]
    assert json.loads(capsys.readouterr().out)["newer"] == [f"{newer}.sql"]


def test_ours_and_the_organisations_are_two_series(tmp_path: Path, database: Database) -> None:
    run(database, write(tmp_path / "m", **{"001_a": "A", "105_z": "Z"}))
    grown = write(tmp_path / "m", **{"002_b": "B", "106_y": "Y"})
    assert run(database, grown) == ["002_b.sql", "106_y.sql"]
    late = write(tmp_path / "m", **{"104_x": "X"})
    with pytest.raises(migrations.MigrationError, match=r"104_x\.sql: its number is below 106"):
        run(database, late)


def test_a_failure_does_not_quote_the_row(tmp_path: Path, database: Database) -> None:
    listed = write(tmp_path / "m", **{"001_a": "BROKEN"})
    database.broken_statement = "BROKEN"
    database.complaint = "ERROR: duplicate key\n  Detail: Key (name)=(CANARY); SQLState: 23505"
    with pytest.raises(migrations.MigrationError) as caught:
        run(database, listed)
    assert str(caught.value) == "001_a.sql: statement 1 of 1: ERROR: duplicate key"


def test_a_migration_that_another_run_did_meanwhile_is_skipped(
    tmp_path: Path, database: Database
) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A"})
    begin = database.begin_transaction
    started = []

    def begin_after_the_other(**target: str) -> dict[str, str]:
        started.append(1)
        if len(started) == 2:
            run_of_another = Database.begin_transaction.__get__(database)
            database.begin_transaction = run_of_another  # type: ignore[method-assign]
            run(database, listed)
        return begin(**target)

    database.begin_transaction = begin_after_the_other  # type: ignore[method-assign]
    assert run(database, listed) == []
    assert database.committed["statements"] == ["A"]


@pytest.mark.parametrize("code", sorted(data_api.RETRIED_CODES))
def test_a_waking_cluster_is_waited_for(tmp_path: Path, database: Database, code: str) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A"})
    database.failures = [refused(code)] * 3
    slept: list[float] = []
    migrations.migrate(api(database, slept=slept), listed)
    assert slept == [1.0, 2.0, 4.0]
    assert database.committed["statements"] == ["A"]


def test_waiting_ends_with_the_functions_time(tmp_path: Path, database: Database) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A"})
    database.failures = [refused("DatabaseResumingException")] * 100
    with pytest.raises(data_api.OutOfTimeError):
        migrations.migrate(api(database, seconds=60), listed)
    assert database.committed["statements"] == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "BadRequestException"])
def test_an_unknown_state_is_an_error_and_no_empty_database(
    tmp_path: Path, database: Database, code: str
) -> None:
    listed = write(tmp_path / "m", **{"001_a": "A"})
    database.failures = [refused(code)]
    with pytest.raises(ClientError, match=code):
        run(database, listed)
    assert database.ended == []


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 100_000


@pytest.fixture
def answers() -> Iterator[list[dict[str, Any]]]:
    """What CloudFormation is told; its address is the list's own ``url`` in the event."""
    received: list[dict[str, Any]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(json.loads(body) | {"_type": self.headers.get("Content-Type")})
            received[-1]["_bytes"] = len(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Receiver.url = f"http://127.0.0.1:{server.server_port}/answer"  # type: ignore[attr-defined]
    ADDRESS[:] = [Receiver.url]  # type: ignore[attr-defined]
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


ADDRESS: list[str] = []


def event(kind: str, **more: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": ADDRESS[0],
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "DatabaseSchema",
        "ResourceProperties": {
            "ClusterArn": CLUSTER,
            "SecretArn": "arn:secret",
            "DatabaseName": "aistudio",
            "MigrationsDigest": "d",
        },
        **more,
    }


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, database: Database) -> Database:
    monkeypatch.setattr(handler.boto3, "client", lambda *_, **__: database)
    return database


def test_create_runs_our_own_migrations(client: Database, answers: list[dict[str, Any]]) -> None:
    handler.handler(event("Create"), Context())
    (answer,) = answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "schema-of-c")
    assert answer["_type"] == ""
    created = "\n".join(client.committed["statements"])
    tables = ("documents", "document_chunks", "schedules", "notifications")
    for table in (*tables, "users", "suppressed_addresses"):
        assert f"CREATE TABLE IF NOT EXISTS {table} (" in created
    assert "USING hnsw" in created


def test_update_keeps_the_physical_id_so_that_nothing_is_ever_cleaned_up(
    client: Database, answers: list[dict[str, Any]]
) -> None:
    handler.handler(event("Update", PhysicalResourceId="older-id"), Context())
    assert answers[0]["PhysicalResourceId"] == "older-id"


def test_delete_touches_nothing(client: Database, answers: list[dict[str, Any]]) -> None:
    handler.handler(event("Delete", PhysicalResourceId="older-id"), Context())
    assert answers[0]["Status"] == "SUCCESS"
    assert client.ended == []


def test_a_failure_fails_the_deploy_with_its_reason(
    client: Database, answers: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    client.failures = [refused("AccessDeniedException", "x" * 5_000)]
    handler.handler(event("Create"), Context())
    (answer,) = answers
    assert answer["Status"] == "FAILED"
    assert "AccessDeniedException" in answer["Reason"]
    assert answer["_bytes"] <= 4_096
    assert answer["StackId"] == "stack"
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["level"], line["request"], line["applied"]) == ("ERROR", "Create", [])
    assert "AccessDeniedException" in line["failure"]
    assert ADDRESS[0] not in json.dumps(line)


def test_even_a_bug_is_answered(
    client: Database, answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(handler, "migrate", broken)
    handler.handler(event("Create"), Context())
    assert answers[0]["Reason"] == "ZeroDivisionError: division by zero"
