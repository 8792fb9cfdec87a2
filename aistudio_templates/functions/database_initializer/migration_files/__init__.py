"""Migrations as files: numbered names, and statements by PostgreSQL's own lexical rules.

What the function runs by these rules, the build has judged by them before. Needs nothing
but the standard library; its modules import each other relatively, so that it is the same
package under any name.
"""

from .parsing import (
    FIRST_OF_ORGANIZATION,
    Migration,
    MigrationError,
    is_of_organization,
    parse_migrations,
)

__all__ = [
    "FIRST_OF_ORGANIZATION",
    "Migration",
    "MigrationError",
    "is_of_organization",
    "parse_migrations",
]
