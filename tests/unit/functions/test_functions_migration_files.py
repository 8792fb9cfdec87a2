"""What makes a file a migration: the rules that the build and the function share."""

import hashlib

import pytest

from support.function_source import FUNCTIONS, function_modules

with function_modules("database_initializer", "migration_files", "migrations") as modules:
    migration_files, migrations = modules

OURS = FUNCTIONS / "database_initializer" / "migrations"


def test_files_come_in_order_of_their_numbers_with_their_statements() -> None:
    parsed = migration_files.parse_migrations(
        {"1000_d.sql": b"D", "010_b.sql": b"B; C;\n", "002_a.sql": "SELECT 'é'".encode()}
    )
    assert [(one.version, one.name, one.statements) for one in parsed] == [
        (2, "002_a.sql", ("SELECT 'é'",)),
        (10, "010_b.sql", ("B", "C")),
        (1000, "1000_d.sql", ("D",)),
    ]
    assert parsed[1].sha256 == hashlib.sha256(b"B; C;\n").hexdigest()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there are no migrations"),
        ({"first.sql": b"A"}, "first.sql: must be named like"),
        ({"01_a.sql": b"A"}, "01_a.sql: must be named like"),
        ({"100_a.SQL": b"A"}, "100_a.SQL: must be named like"),
        ({"100-a.sql": b"A"}, "100-a.sql: must be named like"),
        ({"100_Add.sql": b"A"}, "100_Add.sql: must be named like"),
        ({"deeper/100_a.sql": b"A"}, "deeper/100_a.sql: must be named like"),
        ({"20250101120000_a.sql": b"A"}, "20250101120000_a.sql: must .* three to nine digits"),
        ({"001_a.sql": b"A", "README.md": b"A"}, "README.md: must be named like"),
        ({"001_a.sql": b"A", "0001_b.sql": b"B"}, r"001_a\.sql: has the same number as 0001_b"),
        ({"001_a.sql": b"SELECT 'x"}, "001_a.sql: line 1: the quote ' is not closed"),
        ({"001_a.sql": b""}, "001_a.sql: holds no statement"),
        ({"001_a.sql": b"-- later\n;"}, "001_a.sql: holds no statement"),
        ({"001_a.sql": b"SELECT '\xe9'"}, "001_a.sql: is not UTF-8 at byte 8"),
        ({"001_a.sql": b"\xef\xbb\xbfSELECT 1"}, "001_a.sql: begins with a byte order mark"),
        ({"001_a.sql": b"SELECT '\0'"}, "001_a.sql: holds a NUL"),
        ({"001_a.sql": b"A;\n-- now\nCommit;"}, "001_a.sql: statement 2 of 2 is COMMIT: a file is"),
        ({"001_a.sql": b"BEGIN; A; END"}, "001_a.sql: statement 1 of 3 is BEGIN"),
        (
            {"001_a.sql": b"SELECT '" + b"x" * 65_536 + b"'"},
            "001_a.sql: statement 1 of 1 has 65,545 characters, the Data API takes 65,536",
        ),
    ],
)
def test_files_that_are_no_migrations(files: dict[str, bytes], message: str) -> None:
    with pytest.raises(migration_files.MigrationError, match=message):
        migration_files.parse_migrations(files)


def test_a_block_of_plpgsql_and_a_body_of_sql_are_no_transaction_control() -> None:
    sql = b"""
    DO $$ BEGIN PERFORM 1; END $$;
    CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
    """
    (migration,) = migration_files.parse_migrations({"100_f.sql": sql})
    assert len(migration.statements) == 2


def test_our_own_migrations_stay_below_the_organisations() -> None:
    ours = migrations.read_migrations(OURS)
    assert [one.version for one in ours] == list(range(1, len(ours) + 1))
    assert not any(migration_files.is_of_organization(one.version) for one in ours)
    assert migration_files.is_of_organization(migration_files.FIRST_OF_ORGANIZATION)
