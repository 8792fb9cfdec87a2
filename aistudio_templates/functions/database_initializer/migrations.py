"""Numbered SQL files, each run once, in order, in one transaction of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from data_api import DataApi
from sql_statements import SqlSyntaxError, split_statements

_FILE_NAME = re.compile(r"(\d{3,})_[a-z0-9_]+\.sql")

_LOCK = "SELECT pg_advisory_xact_lock(4711170417)"
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


class MigrationError(Exception):
    """A migration is missing, was edited after it ran, or failed."""


@dataclass(frozen=True)
class Migration:
    """One file.

    Attributes:
        version: The number in its name.
        name: The file's name.
        statements: Its statements.
        sha256: Hash of the file, in hexadecimal.
    """

    version: int
    name: str
    statements: tuple[str, ...]
    sha256: str


def read_migrations(folder: Path) -> list[Migration]:
    """Return the migrations of a folder in order of their numbers.

    Numbers may have gaps; a new file must have the highest number of all.

    Raises:
        MigrationError: A name has no number, a number is there twice, a file is not
            well-formed, or there is none at all.
    """
    migrations: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name}: must be named like 001_what_it_does.sql")
        migration = _read(path, int(match.group(1)))
        if migration.version in migrations:
            other = migrations[migration.version].name
            raise MigrationError(f"{path.name}: has the same number as {other}")
        migrations[migration.version] = migration
    if not migrations:
        raise MigrationError("there are no migrations")
    return [migrations[version] for version in sorted(migrations)]


def _read(path: Path, version: int) -> Migration:
    content = path.read_bytes()
    try:
        statements = split_statements(content.decode())
    except (SqlSyntaxError, UnicodeDecodeError) as error:
        raise MigrationError(f"{path.name}: {error}") from error
    return Migration(version, path.name, tuple(statements), hashlib.sha256(content).hexdigest())


def migrate(database: DataApi, migrations: Sequence[Migration]) -> list[str]:
    """Run what has not run yet and return the names of what was run.

    Raises:
        MigrationError: What ran before is missing or was edited, or a statement failed;
            of the failing file nothing remains in the database.
        ClientError: The Data API refuses a call.
        OutOfTimeError: The function's time is nearly over.
    """
    with database.transaction() as transaction_id:
        database.execute(_LOCK, transaction_id)
        database.execute(_CREATE_LOG, transaction_id)
        pending = _pending(migrations, database.execute(_READ_LOG, transaction_id))
    return [migration.name for migration in pending if _run(database, migration, migrations)]


def _pending(migrations: Sequence[Migration], log: Sequence[Sequence[Any]]) -> list[Migration]:
    by_version = {migration.version: migration for migration in migrations}
    for version, name, sha256 in log:
        migration = by_version.get(version)
        if migration is None or migration.name != name:
            raise MigrationError(f"{name}: ran before and is missing now: bring it back")
        if migration.sha256 != sha256:
            raise MigrationError(
                f"{name}: was edited after it ran: restore it, and write a new migration"
            )
    newest = max((version for version, _, _ in log), default=0)
    applied = {version for version, _, _ in log}
    pending = [migration for migration in migrations if migration.version not in applied]
    late = [migration.name for migration in pending if migration.version < newest]
    if late:
        raise MigrationError(
            f"{late[0]}: its number is below {newest:03}, which ran already: give it a higher one"
        )
    return pending


def _run(database: DataApi, migration: Migration, migrations: Sequence[Migration]) -> bool:
    """Run one migration; return whether it was still pending once the lock was held."""
    with database.transaction() as transaction_id:
        database.execute(_LOCK, transaction_id)
        log = database.execute(_READ_LOG, transaction_id)
        if migration not in _pending(migrations, log):
            return False
        for number, statement in enumerate(migration.statements, start=1):
            try:
                database.execute(statement, transaction_id)
            except ClientError as error:
                reason = error.response["Error"]["Message"]
                total = len(migration.statements)
                raise MigrationError(
                    f"{migration.name}: statement {number} of {total}: {reason}"
                ) from error
        record = {
            "version": str(migration.version),
            "name": migration.name,
            "sha256": migration.sha256,
        }
        database.execute(_WRITE_LOG, transaction_id, record)
    return True
