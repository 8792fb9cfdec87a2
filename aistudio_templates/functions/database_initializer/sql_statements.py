"""Splitting a SQL file into statements, by PostgreSQL's own lexical rules.

The Data API takes one statement a call. A semicolon ends a statement unless it stands in
a quoted string or identifier, a dollar-quoted body or a comment.

Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DOLLAR_TAG = re.compile(r"\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$")
_IDENTIFIER_CHARACTER = re.compile(r"[A-Za-z0-9_$\u0080-\uffff]")


class SqlSyntaxError(ValueError):
    """A quote, a dollar quote or a comment is not closed."""


def split_statements(sql: str) -> list[str]:
    """Return the statements of ``sql`` without the semicolons that end them.

    Pieces that hold nothing but white space and comments are left out.

    Raises:
        SqlSyntaxError: A string, identifier, dollar quote or comment is not closed.
    """
    statements, start, has_code = [], 0, False
    for kind, begin, end in _tokens(sql):
        if kind == "semicolon":
            if has_code:
                statements.append(sql[start:begin].strip())
            start, has_code = end, False
        elif kind == "code":
            has_code = True
    if has_code:
        statements.append(sql[start:].strip())
    return statements


def _tokens(sql: str) -> Iterator[tuple[str, int, int]]:
    """Yield ``(kind, begin, end)`` of every token; together they are the whole text."""
    position = 0
    while position < len(sql):
        end, kind = _token(sql, position)
        yield kind, position, end
        position = end


def _token(sql: str, position: int) -> tuple[int, str]:
    """Return where the token at ``position`` ends, and its kind."""
    character = sql[position]
    if character == ";":
        return position + 1, "semicolon"
    if character.isspace():
        return position + 1, "space"
    if sql.startswith(("--", "/*"), position):
        return _after_comment(sql, position), "space"
    return _after_code(sql, position), "code"


def _after_code(sql: str, position: int) -> int:
    character = sql[position]
    if character == "'":
        return _after_quote(sql, position, escapes=_is_escape_string(sql, position))
    if character == '"':
        return _after_quote(sql, position, escapes=False)
    if character == "$" and not _follows_identifier(sql, position):
        return _after_dollar_quote(sql, position)
    return position + 1


def _is_escape_string(sql: str, position: int) -> bool:
    """Return whether the quote at ``position`` begins an ``E'...'`` string."""
    prefix = position - 1
    return prefix >= 0 and sql[prefix] in "eE" and not _follows_identifier(sql, prefix)


def _follows_identifier(sql: str, position: int) -> bool:
    return position > 0 and bool(_IDENTIFIER_CHARACTER.match(sql[position - 1]))


def _after_quote(sql: str, begin: int, *, escapes: bool) -> int:
    quote, position = sql[begin], begin + 1
    while position < len(sql):
        if escapes and sql[position] == "\\":
            position += 2
        elif sql[position] != quote:
            position += 1
        elif sql.startswith(quote, position + 1):
            position += 2
        else:
            return position + 1
    raise SqlSyntaxError(f"line {_line(sql, begin)}: the quote {quote} is not closed")


def _after_dollar_quote(sql: str, begin: int) -> int:
    tag = _DOLLAR_TAG.match(sql, begin)
    if tag is None:
        return begin + 1
    end = sql.find(tag.group(), tag.end())
    if end < 0:
        raise SqlSyntaxError(f"line {_line(sql, begin)}: {tag.group()} is not closed")
    return end + len(tag.group())


def _after_comment(sql: str, begin: int) -> int:
    if sql.startswith("--", begin):
        end = sql.find("\n", begin)
        return len(sql) if end < 0 else end
    depth, position = 1, begin + 2
    while depth:
        opening, closing = sql.find("/*", position), sql.find("*/", position)
        if closing < 0:
            raise SqlSyntaxError(f"line {_line(sql, begin)}: the comment is not closed")
        nested = 0 <= opening < closing
        depth += 1 if nested else -1
        position = (opening if nested else closing) + 2
    return position


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1
