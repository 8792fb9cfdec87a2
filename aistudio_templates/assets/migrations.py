"""SQL migrations of the organisation's own: files that join the initialiser's.

They are judged while templates are composed, offline, by the very module that reads them
in the function.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

from aistudio_templates.assets.asset import Asset
from aistudio_templates.assets.digest import digest_of
from aistudio_templates.assets.sources import SourceFile, below, source_files
from aistudio_templates.errors import AssetError

_FOLDER = "migrations"
"""Where the initialiser's migrations are, below its own folder."""

_RULES = Path(__file__).parent.parent / "functions" / "database_initializer" / "migration_files"
_RULES_NAME = "aistudio_migration_files"
"""Name of the rules in this process, apart from all names that a function's modules have."""


def organization_migrations(folder: Path | None) -> tuple[SourceFile, ...]:
    """Return the migrations of a folder as extra files of the initialiser's asset.

    Args:
        folder: Files named like ``100_what_it_does.sql``. Default: none.

    Raises:
        AssetError: The folder is missing or empty, or a file in it is no migration: its
            name, its number, its encoding or its SQL. The message names it.
    """
    if folder is None:
        return ()
    if not folder.is_dir():
        raise AssetError(
            f"{folder}: no such folder of migrations", "see migrations in [extensions]"
        )
    # Whether a file may be executed depends on the machine, and means nothing for SQL.
    files = tuple(replace(file, executable=False) for file in source_files(folder))
    _check(files, folder)
    return below(_FOLDER, files)


def migrations_digest(initializer: Asset) -> str:
    """Return the digest of the migrations alone, the organisation's included.

    Args:
        initializer: The initialiser's asset, whose other source does not count.

    Raises:
        AssetError: The source cannot be packaged.
    """
    prefix = f"{_FOLDER}/"
    return digest_of(
        replace(file, name=file.name.removeprefix(prefix))
        for file in initializer.files
        if file.name.startswith(prefix)
    )


@cache
def _check(files: tuple[SourceFile, ...], folder: Path) -> None:
    """Check files once, however many environments have them."""
    rules = _rules()
    try:
        migrations = rules.parse_migrations({file.name: file.content for file in files})
    except rules.MigrationError as error:
        raise AssetError(
            f"{folder}/{error}", "docs/functions.md says what a migration has to be"
        ) from error
    for migration in migrations:
        if not rules.is_of_organization(migration.version):
            raise AssetError(
                f"{folder}/{migration.name}: numbers below {rules.FIRST_OF_ORGANIZATION} are "
                f"those of the platform's own migrations",
                f"begin with {rules.FIRST_OF_ORGANIZATION}",
            )


@cache
def _rules() -> ModuleType:
    """Return the initialiser's own rules; functions are no modules of this package."""
    loader = SourceFileLoader(_RULES_NAME, str(_RULES / "__init__.py"))
    spec = ModuleSpec(_RULES_NAME, loader, is_package=True)
    spec.submodule_search_locations = [str(_RULES)]
    module = module_from_spec(spec)
    # Its modules import each other by this name.
    sys.modules[_RULES_NAME] = module
    loader.exec_module(module)
    return module
