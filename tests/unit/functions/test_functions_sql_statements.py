import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.function_source import FUNCTIONS, function_modules

with function_modules("database_initializer", "migration_files.statements") as (sql_statements,):
    split = sql_statements.split_statements
    SqlSyntaxError = sql_statements.SqlSyntaxError


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", []),
        (" \n ; ; ", []),
        ("-- only a comment\n/* and another */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", "SELECT 2"]),
        ('SELECT ";" FROM "a""b;"', ['SELECT ";" FROM "a""b;"']),
        (r"SELECT E'\';'; SELECT 2", [r"SELECT E'\';'", "SELECT 2"]),
        (r"SELECT e'\\'; SELECT 2", [r"SELECT e'\\'", "SELECT 2"]),
        (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
        (r"SELECT name'\'; SELECT 2", [r"SELECT name'\'", "SELECT 2"]),
        ("-- a; b\nSELECT 1", ["-- a; b\nSELECT 1"]),
        ("/* a; /* b; */ c; */ SELECT 1", ["/* a; /* b; */ c; */ SELECT 1"]),
        ("SELECT $$a;b$$; SELECT 2", ["SELECT $$a;b$$", "SELECT 2"]),
        ("DO $x$ BEGIN; $$;$$ END; $x$; SELECT 2", ["DO $x$ BEGIN; $$;$$ END; $x$", "SELECT 2"]),
        ("SELECT a$b$c; SELECT $1; SELECT 2", ["SELECT a$b$c", "SELECT $1", "SELECT 2"]),
        ("SELECT 1 -- end", ["SELECT 1 -- end"]),
        ("-- old;\rSELECT 1;\r-- end", ["-- old;\rSELECT 1"]),
        ("SELECT 1;\u00a0;", ["SELECT 1", "\u00a0"]),
        (
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
            ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"],
        ),
        (
            "create function f() returns int begin atomic\n"
            "select case when a then 1 end; select 2; end; SELECT 3",
            [
                "create function f() returns int begin atomic\n"
                "select case when a then 1 end; select 2; end",
                "SELECT 3",
            ],
        ),
        (
            'CREATE OR REPLACE PROCEDURE p("end" int) BEGIN ATOMIC SELECT 1; END; SELECT 2',
            [
                'CREATE OR REPLACE PROCEDURE p("end" int) BEGIN ATOMIC SELECT 1; END',
                "SELECT 2",
            ],
        ),
        (
            "CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END; BEGIN; SELECT 2",
            ["CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END", "BEGIN", "SELECT 2"],
        ),
        (
            "DROP TYPE a;\nCREATE TYPE b AS ENUM ('x');",
            ["DROP TYPE a", "CREATE TYPE b AS ENUM ('x')"],
        ),
    ],
)
def test_statements(sql: str, statements: list[str]) -> None:
    assert split(sql) == statements


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1;\nSELECT 'a", "line 2: the quote ' is not closed"),
        ('SELECT "a', 'the quote " is not closed'),
        ("SELECT $a$ b $b$", r"\$a\$ is not closed"),
        ("/* a /* b */", "the comment is not closed"),
        (r"SELECT E'\'", "the quote ' is not closed"),
    ],
)
def test_what_is_not_closed_is_an_error(sql: str, message: str) -> None:
    with pytest.raises(SqlSyntaxError, match=message):
        split(sql)


pieces = st.one_of(
    st.sampled_from(["SELECT", "a", "1", "(a;b)", "$1", "x$y", "\n", " ", "é", "😀"]),
    st.text("ab;'-/*$ \n", max_size=6).map(lambda t: "'" + t.replace("'", "''") + "'"),
    st.text('ab;"$', min_size=1, max_size=6).map(lambda t: '"' + t.replace('"', '""') + '"'),
    st.text("ab;'\"\n", max_size=8).map(lambda t: f"$t${t}$t$"),
    st.text("ab;'\"$", max_size=8).map(lambda t: f"--{t}\n"),
    st.text("ab;'\"$ ", max_size=8).map(lambda t: f"/*{t}/*{t}*/*/"),
)
bodies = st.lists(pieces, max_size=8).map(" ".join).map("SELECT {}".format)


@given(st.lists(bodies, min_size=1, max_size=5))
def test_joining_and_splitting_gives_the_statements_back(statements: list[str]) -> None:
    assert split(";\n".join(statements)) == [statement.strip() for statement in statements]


@given(st.text("ab;'\"$-/* \nE\\", max_size=40))
def test_any_text_is_split_or_refused_and_nothing_is_lost(sql: str) -> None:
    try:
        statements = split(sql)
    except SqlSyntaxError:
        return
    position = 0
    for statement in statements:
        position = sql.index(statement, position) + len(statement)


MIGRATIONS = sorted((FUNCTIONS / "database_initializer" / "migrations").glob("*.sql"))


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.name)
def test_our_migrations_are_one_statement_a_piece_and_drop_nothing(path: Path) -> None:
    statements = split(path.read_text())
    assert statements
    for statement in statements:
        code = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        assert re.match(r"CREATE |ALTER TABLE \w+ ADD COLUMN IF NOT EXISTS ", code.strip())
        assert "DROP " not in code.upper()
        assert "TRUNCATE" not in code.upper()


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("-- why\n/* and how */ commit", "commit"),
        ("SELECT 1", "SELECT"),
        ("(SELECT 1)", ""),
        ("-- nothing", ""),
    ],
)
def test_the_leading_word_comes_after_comments(statement: str, word: str) -> None:
    assert sql_statements.leading_word(statement) == word


def test_the_module_needs_nothing_but_the_standard_library() -> None:
    assert isinstance(sql_statements, ModuleType)
    assert set(vars(sql_statements)) & {"boto3", "botocore"} == set()
