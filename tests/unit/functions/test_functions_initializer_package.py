"""The initialiser as it is packaged, with an organisation's migrations, on real databases."""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from aistudio_templates.assets import archive, function_asset, organization_migrations
from support import fake_data_api
from support.data_api_server import DataApiServer
from support.fake_aws import FakeContext
from support.fake_data_api import FakeDataApi
from support.function_source import FUNCTIONS, function_modules
from support.postgres import postgres

OURS = sorted(
    path.name for path in (FUNCTIONS / "database_initializer" / "migrations").glob("*.sql")
)

SITES = "CREATE TABLE sites (id bigint PRIMARY KEY, name text NOT NULL UNIQUE);"
SITE_OF_A_DOCUMENT = """\
-- Which school a document is from; and a view of it.
ALTER TABLE documents ADD COLUMN site_id bigint REFERENCES sites;
CREATE VIEW documents_of_sites AS
    SELECT site_id, count(*) AS documents FROM documents GROUP BY site_id;
"""

PROPERTIES = {
    "ClusterArn": fake_data_api.CLUSTER_ARN,
    "SecretArn": fake_data_api.SECRET_ARN,
    "DatabaseName": fake_data_api.DATABASE,
}

Package = Callable[..., Path]


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """Return what unpacks the initialiser's zip with migrations as Lambda does."""
    numbers = count()

    def unpacked(**files: str) -> Path:
        place = tmp_path / str(next(numbers))
        theirs = place / "theirs"
        theirs.mkdir(parents=True)
        for name, sql in files.items():
            (theirs / f"{name}.sql").write_text(sql)
        extra = organization_migrations(theirs if files else None)
        content = archive(function_asset("database_initializer", extra=extra))
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            zipped.extractall(place / "code")
        return place / "code"

    return unpacked


def invoke(code: Path, kind: str = "Create", *, client: Any = None) -> dict[str, Any]:
    """Run the unpacked handler once and return what it answers CloudFormation."""
    answers: list[dict[str, Any]] = []
    event = {
        "RequestType": kind,
        "LogicalResourceId": "DatabaseSchema",
        "ResourceProperties": PROPERTIES,
    }
    with function_modules(str(code), "handler") as (handler,):
        # The module is this call's own.
        handler.respond = lambda _event, **answer: answers.append(answer)
        with pytest.MonkeyPatch.context() as patch:
            if client is not None:
                patch.setattr(handler.boto3, "client", lambda *_, **__: client)
            handler.handler(event, FakeContext())
    (answer,) = answers
    return answer


def test_both_series_run_in_order_on_the_fake_data_api(package: Package) -> None:
    code = package(**{"101_site": "ALTER TABLE documents ADD COLUMN site int", "100_s": SITES})
    fake = FakeDataApi(migrated=False)
    answer = invoke(code, client=fake)
    assert answer["reason"] is None
    assert answer["data"] == {"Applied": str(len(OURS) + 2)}
    log = fake.rows("SELECT name FROM schema_migrations ORDER BY rowid")
    assert [name for (name,) in log] == [*OURS, "100_s.sql", "101_site.sql"]
    assert fake.statements[-2:-1] == ["ALTER TABLE documents ADD COLUMN site int"]
    assert invoke(code, "Update", client=fake)["data"] == {"Applied": "0"}
    fake.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgres() as connection_string:
        yield connection_string


NUMBERS = count()


@pytest.fixture
def database(cluster: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataApiServer]:
    """An empty database of a real PostgreSQL, which the function's own client talks to."""
    name = f"database_{next(NUMBERS)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    server = DataApiServer(cluster.replace("/postgres?", f"/{name}?"))
    for variable, value in {
        "AWS_ENDPOINT_URL_RDS_DATA": server.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(variable, value)
    with server.serving():
        yield server


def log_of(database: DataApiServer) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM schema_migrations ORDER BY 1")]


def tables(database: DataApiServer) -> set[str]:
    return {
        name
        for (name,) in database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }


def test_all_run_on_postgresql_and_nothing_runs_twice(
    package: Package, database: DataApiServer
) -> None:
    code = package(**{"100_sites": SITES, "101_site_of_a_document": SITE_OF_A_DOCUMENT})
    answer = invoke(code)
    assert answer["reason"] is None
    assert answer["data"] == {"Applied": str(len(OURS) + 2)}
    applied = database.rows("SELECT name FROM schema_migrations ORDER BY applied_at")
    assert [name for (name,) in applied] == [
        *OURS,
        "100_sites.sql",
        "101_site_of_a_document.sql",
    ]
    assert {"documents", "document_chunks", "schedules", "notifications", "sites"} <= tables(
        database
    )
    assert database.rows("SELECT count(*) FROM documents_of_sites") == [(0,)]
    again = invoke(code, "Update")
    assert (again["reason"], again["data"]) == (None, {"Applied": "0"})


def test_a_folder_that_grows_runs_what_is_new(package: Package, database: DataApiServer) -> None:
    assert invoke(package())["data"] == {"Applied": str(len(OURS))}
    files = {"100_sites": SITES}
    assert invoke(package(**files), "Update")["data"] == {"Applied": "1"}
    files["102_site_of_a_document"] = SITE_OF_A_DOCUMENT
    assert invoke(package(**files), "Update")["data"] == {"Applied": "1"}


def test_an_edited_file_is_refused(package: Package, database: DataApiServer) -> None:
    assert invoke(package(**{"100_sites": SITES}))["reason"] is None
    edited = {"100_sites": SITES + " -- edited", "101_more": "CREATE TABLE more (id bigint)"}
    answer = invoke(package(**edited), "Update")
    assert answer["reason"] == (
        "100_sites.sql: was edited after it ran: restore it, and write a new migration"
    )
    assert "more" not in tables(database)


def test_a_failing_statement_rolls_its_file_back_and_keeps_the_files_before_it(
    package: Package, database: DataApiServer
) -> None:
    files = {
        "100_sites": SITES,
        "101_broken": "CREATE TABLE visits (id bigint); INSERT INTO sites VALUES (1, NULL);",
    }
    answer = invoke(package(**files))
    assert answer["reason"].startswith("101_broken.sql: statement 2 of 2: ERROR: null value in")
    assert "Failing row" not in answer["reason"]
    assert log_of(database) == [*OURS, "100_sites.sql"]
    assert "sites" in tables(database)
    assert "visits" not in tables(database)
    files["101_broken"] = "CREATE TABLE visits (id bigint)"
    assert invoke(package(**files), "Update")["data"] == {"Applied": "1"}
    assert "visits" in tables(database)


def test_a_rolled_back_deploy_finds_the_database_ahead_and_succeeds(
    package: Package, database: DataApiServer
) -> None:
    before = package(**{"100_sites": SITES})
    after = package(**{"100_sites": SITES, "101_site_of_a_document": SITE_OF_A_DOCUMENT})
    for code in (before, after, before, after):
        assert invoke(code, "Update")["reason"] is None
    assert log_of(database) == [*OURS, "100_sites.sql", "101_site_of_a_document.sql"]


def test_two_runs_at_once_apply_every_file_once(package: Package, database: DataApiServer) -> None:
    code = package(**{"100_slow": f"SELECT pg_sleep(0.3); {SITES}", "101_visits": "SELECT 1"})
    together = threading.Barrier(2)
    with (
        function_modules(str(code), "handler") as (handler,),
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor(2) as pool,
    ):
        # Making clients is what boto3 does not do in two threads at once.
        client = handler.boto3.client("rds-data")
        patch.setattr(handler.boto3, "client", lambda *_, **__: client)
        migrate = handler.migrate
        patch.setattr(handler, "migrate", lambda *them: together.wait(10) >= 0 and migrate(*them))
        runs = [pool.submit(handler._migrate, PROPERTIES, FakeContext()) for _ in range(2)]
        applied = [run.result(timeout=30) for run in runs]
    assert sorted([*applied[0], *applied[1]]) == [*OURS, "100_slow.sql", "101_visits.sql"]
    assert log_of(database) == [*OURS, "100_slow.sql", "101_visits.sql"]


HARD_TO_SPLIT = """\
/* a rule; /* and a function; */ of two statements each */
CREATE TABLE kept (note text DEFAULT E'it\\'s; so');
CREATE RULE keep AS ON DELETE TO kept DO INSTEAD (NOTIFY kept; NOTIFY lost);
CREATE FUNCTION twice(value integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC
    SELECT CASE WHEN value > 0 THEN 1 END;
    SELECT value * 2;
END;
DO $do$ BEGIN EXECUTE $$ INSERT INTO kept VALUES (';') $$; END $do$;
"""


def test_what_is_hard_to_split_runs_as_it_was_meant(
    package: Package, database: DataApiServer
) -> None:
    assert invoke(package(**{"100_hard": HARD_TO_SPLIT}))["reason"] is None
    assert database.rows("SELECT twice(21), note FROM kept") == [(42, ";")]
