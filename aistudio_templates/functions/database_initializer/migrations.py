"""Numbered SQL files, each run once, in order, in one transaction of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aistudio_shared.data_api import DataApi, Parameters
from aistudio_shared.logs import logger
from botocore.exceptions import ClientError
from migration_files import Migration, MigrationError, is_of_organization, parse_migrations

_LOCK = "SELECT 1 AS locked FROM pg_advisory_xact_lock(4711170417)"
"""Held to the end of the transaction: of two initialisers, one waits for the other."""

_CREATE_LOG = """\
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""

_READ_LOG = "SELECT version, name, sha256 FROM schema_migrations ORDER BY version"

_WRITE_LOG = (
    "INSERT INTO schema_migrations (version, name, sha256) "
    "VALUES (CAST(:version AS integer), :name, :sha256)"
)

_LOG = logger("database_initializer")


def read_migrations(folder: Path) -> list[Migration]:
    """Return the migrations of a folder in order of their numbers.

    Raises:
        MigrationError: A file is no migration, or there is none at all.
    """
    return parse_migrations({path.name: path.read_bytes() for path in folder.iterdir()})


def migrate(database: DataApi, migrations: Sequence[Migration]) -> list[str]:
    """Run what has not run yet and return the names of what was run.

    Raises:
        MigrationError: What ran before is missing or was edited, or a statement failed;
            of the failing file nothing remains in the database.
        ClientError: The Data API refuses a call.
        OutOfTimeError: The function's time is nearly over.
    """
    with database.transaction() as transaction_id:
        database.execute(_LOCK, transaction_id=transaction_id)
        database.execute(_CREATE_LOG, transaction_id=transaction_id)
        log = database.execute(_READ_LOG, transaction_id=transaction_id)
        pending = _pending(migrations, log)
    if newer := _newer(migrations, log):
        _LOG.warning("the database is ahead of this code", newer=newer)
    return [migration.name for migration in pending if _run(database, migration, migrations)]


def _pending(migrations: Sequence[Migration], log: Sequence[Mapping[str, Any]]) -> list[Migration]:
    """Return what has not run, once it is certain that it may run now."""
    by_version = {migration.version: migration for migration in migrations}
    newer = _newer(migrations, log)
    for row in log:
        if row["name"] not in newer:
            _check_unchanged(by_version.get(row["version"]), row)
    applied = {row["version"] for row in log}
    pending = [migration for migration in migrations if migration.version not in applied]
    for migration in pending:
        newest = _newest(applied, like=migration.version)
        if migration.version < newest:
            raise MigrationError(
                f"{migration.name}: its number is below {newest:03}, which ran already: "
                f"give it a higher one"
            )
    return pending


def _newer(migrations: Sequence[Migration], log: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what ran before and has a higher number than all files of its series.

    That is what a rollback finds: CloudFormation restores the code, and the database
    keeps what has run. It is no gap, so that nothing here could miss it.
    """
    known = [migration.version for migration in migrations]
    return [row["name"] for row in log if row["version"] > _newest(known, like=row["version"])]


def _newest(versions: Iterable[int], *, like: int) -> int:
    """Return the highest number of the series that ``like`` belongs to, or 0."""
    series = is_of_organization(like)
    return max((v for v in versions if is_of_organization(v) == series), default=0)


def _check_unchanged(migration: Migration | None, row: Mapping[str, Any]) -> None:
    name = row["name"]
    if migration is None or migration.name != name:
        raise MigrationError(f"{name}: ran before and is missing now: bring it back")
    if migration.sha256 != row["sha256"]:
        raise MigrationError(
            f"{name}: was edited after it ran: restore it, and write a new migration"
        )


def _run(database: DataApi, migration: Migration, migrations: Sequence[Migration]) -> bool:
    """Run one migration; return whether it was still pending once the lock was held."""
    with database.transaction() as transaction_id:
        database.execute(_LOCK, transaction_id=transaction_id)
        log = database.execute(_READ_LOG, transaction_id=transaction_id)
        if migration not in _pending(migrations, log):
            return False
        _execute(database, migration, transaction_id)
        record: Parameters = {
            "version": migration.version,
            "name": migration.name,
            "sha256": migration.sha256,
        }
        database.execute(_WRITE_LOG, record, transaction_id)
    return True


def _execute(database: DataApi, migration: Migration, transaction_id: str) -> None:
    for number, statement in enumerate(migration.statements, start=1):
        try:
            database.execute(statement, transaction_id=transaction_id)
        except ClientError as error:
            total = len(migration.statements)
            raise MigrationError(
                f"{migration.name}: statement {number} of {total}: {_reason(error)}"
            ) from error


def _reason(error: ClientError) -> str:
    """Return PostgreSQL's message on one line, without the row that its detail quotes."""
    message = re.split("detail:", error.response["Error"]["Message"], flags=re.IGNORECASE)[0]
    return " ".join(message.split()).rstrip("; ")
