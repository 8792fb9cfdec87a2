"""The assets that come with this package, by name."""

from __future__ import annotations

from pathlib import Path

from aistudio_templates.assets.asset import Asset
from aistudio_templates.assets.digest import digest_of
from aistudio_templates.assets.sources import source_files

_FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"


def function_asset(name: str) -> Asset:
    """Return the asset of a function.

    Args:
        name: Its folder below ``functions/``, such as ``database_initializer``.
    """
    return Asset(name.replace("_", "-"), _FUNCTIONS / name)


def migrations_digest() -> str:
    """Return the digest of the database's migrations alone.

    Raises:
        AssetError: The migrations are missing.
    """
    return digest_of(source_files(_FUNCTIONS / "database_initializer" / "migrations"))
