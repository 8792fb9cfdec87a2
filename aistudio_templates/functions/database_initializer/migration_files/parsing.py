"""From files to migrations, or to the reason why they are none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .statements import SqlSyntaxError, leading_word, split_statements

FIRST_OF_ORGANIZATION = 100
"""Lower numbers are the platform's own migrations, all others an organisation's.

Each of the two series grows by itself: a new migration of the platform comes in order
although the organisation's have run.
"""

MAX_STATEMENT_CHARACTERS = 65_536
"""Longest statement that the Data API takes.

Source: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/
API_ExecuteStatement.html
"""

# At most nine digits: the number is an integer of PostgreSQL.
_FILE_NAME = re.compile(r"(\d{3,9})_[a-z0-9_]+\.sql")

_TRANSACTION_CONTROL = frozenset({"ABORT", "BEGIN", "COMMIT", "END", "ROLLBACK", "START"})


class MigrationError(Exception):
    """A migration cannot be read, is missing, was edited after it ran, or failed."""


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


def is_of_organization(version: int) -> bool:
    """Return whether a number is an organisation's and not the platform's own."""
    return version >= FIRST_OF_ORGANIZATION


def parse_migrations(files: Mapping[str, bytes]) -> list[Migration]:
    """Return migrations in order of their numbers, which may have gaps.

    Args:
        files: Contents by the files' names.

    Raises:
        MigrationError: A name has no number, a number is there twice, a file is not
            well-formed or no migration at all, or there is no file. The message begins
            with the file's name.
    """
    migrations: dict[int, Migration] = {}
    for name in sorted(files):
        match = _FILE_NAME.fullmatch(name)
        if match is None:
            raise MigrationError(
                f"{name}: must be named like 001_what_it_does.sql, with three to nine digits"
            )
        migration = _parsed(name, int(match[1]), files[name])
        if migration.version in migrations:
            other = migrations[migration.version].name
            raise MigrationError(f"{name}: has the same number as {other}")
        migrations[migration.version] = migration
    if not migrations:
        raise MigrationError("there are no migrations")
    return [migrations[version] for version in sorted(migrations)]


def _parsed(name: str, version: int, content: bytes) -> Migration:
    try:
        statements = split_statements(_text(content))
    except (SqlSyntaxError, UnicodeError) as error:
        raise MigrationError(f"{name}: {error}") from error
    if not statements:
        raise MigrationError(f"{name}: holds no statement")
    for number, statement in enumerate(statements, start=1):
        if fault := _fault(statement):
            raise MigrationError(f"{name}: statement {number} of {len(statements)} {fault}")
    return Migration(version, name, tuple(statements), hashlib.sha256(content).hexdigest())


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnicodeError(f"is not UTF-8 at byte {error.start}") from error
    if text.startswith("\ufeff"):
        raise UnicodeError("begins with a byte order mark, which PostgreSQL takes for SQL")
    if "\x00" in text:
        raise UnicodeError("holds a NUL, which PostgreSQL refuses")
    return text


def _fault(statement: str) -> str | None:
    word = leading_word(statement).upper()
    if word in _TRANSACTION_CONTROL:
        # It would end the file's own transaction, and with it the lock.
        return f"is {word}: a file is one transaction, begun and ended for it"
    if len(statement) > MAX_STATEMENT_CHARACTERS:
        return f"has {len(statement):,} characters, the Data API takes {MAX_STATEMENT_CHARACTERS:,}"
    return None
