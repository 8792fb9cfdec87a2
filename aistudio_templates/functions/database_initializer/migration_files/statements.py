"""Splitting a SQL file into statements, by PostgreSQL's own lexical rules.

The Data API takes one statement a call. A semicolon ends a statement unless it stands in
a quoted string or identifier, a dollar-quoted body, a comment, parentheses or the body of
a function between ``BEGIN ATOMIC`` and ``END``; the last two are psql's rules.

Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
Source: https://github.com/postgres/postgres/blob/master/src/fe_utils/psqlscan.l
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_SPACES = " \t\n\r\f\v"
_SPACE = re.compile(rf"[{_SPACES}]+")
_LINE_COMMENT = re.compile(r"--[^\n\r]*")
_DOLLAR_TAG = re.compile(r"\$([A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?\$")
_IDENTIFIER_CHARACTER = re.compile(r"[A-Za-z0-9_$\u0080-\U0010ffff]")

_ROUTINE = re.compile(r"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) ")
"""How the words of a statement begin whose body may hold statements."""

_LONGEST_BEGINNING = 4
"""As many words are needed to tell."""


class SqlSyntaxError(ValueError):
    """A quote, a dollar quote or a comment is not closed."""


def split_statements(sql: str) -> list[str]:
    """Return the statements of ``sql`` without the semicolons that end them.

    Pieces that hold nothing but white space and comments are left out.

    Raises:
        SqlSyntaxError: A string, identifier, dollar quote or comment is not closed.
    """
    statements, start, current = [], 0, _Statement()
    for kind, begin, end in _tokens(sql):
        if kind == "semicolon" and current.may_end:
            if current.has_code:
                statements.append(sql[start:begin].strip(_SPACES))
            start, current = end, _Statement()
        else:
            current.add(kind, sql[begin:end])
    if current.has_code:
        statements.append(sql[start:].strip(_SPACES))
    return statements


def leading_word(statement: str) -> str:
    """Return the word that a statement begins with after comments, or an empty text."""
    for kind, begin, end in _tokens(statement):
        if kind != "space":
            return statement[begin:end] if kind == "word" else ""
    return ""


class _Statement:
    """A statement as far as it was read."""

    def __init__(self) -> None:
        self.has_code = False
        self._parentheses = 0
        self._blocks = 0
        self._beginning: list[str] = []

    @property
    def may_end(self) -> bool:
        """Whether a semicolon here ends it."""
        return not self._parentheses and not self._blocks

    def add(self, kind: str, text: str) -> None:
        """Go on by one token."""
        if kind == "space":
            return
        self.has_code = True
        if kind == "word":
            self._add_word(text.upper())
        elif text == "(":
            self._parentheses += 1
        elif text == ")":
            self._parentheses = max(self._parentheses - 1, 0)

    def _add_word(self, word: str) -> None:
        if len(self._beginning) < _LONGEST_BEGINNING:
            self._beginning.append(word)
        if self._parentheses or not _ROUTINE.match(" ".join([*self._beginning, ""])):
            return
        # CASE ends with END, too.
        if word == "BEGIN" or (word == "CASE" and self._blocks):
            self._blocks += 1
        elif word == "END":
            self._blocks = max(self._blocks - 1, 0)


def _tokens(sql: str) -> Iterator[tuple[str, int, int]]:
    """Yield ``(kind, begin, end)`` of every token; together they are the whole text."""
    position = 0
    while position < len(sql):
        end, kind = _token(sql, position)
        yield kind, position, end
        position = end


def _token(sql: str, position: int) -> tuple[int, str]:
    """Return where the token at ``position`` ends, and its kind."""
    if sql[position] == ";":
        return position + 1, "semicolon"
    if space := _SPACE.match(sql, position):
        return space.end(), "space"
    if line_comment := _LINE_COMMENT.match(sql, position):
        return line_comment.end(), "space"
    if sql.startswith("/*", position):
        return _after_comment(sql, position), "space"
    if word := _WORD.match(sql, position):
        return word.end(), "word"
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
