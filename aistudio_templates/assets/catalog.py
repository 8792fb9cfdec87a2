"""The assets that come with this package, by name."""

from __future__ import annotations

from pathlib import Path

from aistudio_templates.assets.asset import PYTHON_LAYER, Asset
from aistudio_templates.assets.digest import digest_of
from aistudio_templates.assets.sources import source_files
from aistudio_templates.assets.target import LAMBDA, Target

_FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"


def function_asset(name: str, *, target: Target = LAMBDA) -> Asset:
    """Return the asset of a function.

    Args:
        name: Its folder below ``functions/``, such as ``database_initializer``.
        target: What its dependencies have to run on.
    """
    return Asset(name.replace("_", "-"), _FUNCTIONS / name, target=target)


def shared_layer_asset(*, target: Target = LAMBDA) -> Asset:
    """Return the asset of the layer that the functions share.

    Args:
        target: What its dependencies have to run on.
    """
    return Asset("shared-layer", _FUNCTIONS / "shared", PYTHON_LAYER, target)


def migrations_digest() -> str:
    """Return the digest of the database's migrations alone.

    Raises:
        AssetError: The migrations are missing.
    """
    return digest_of(source_files(_FUNCTIONS / "database_initializer" / "migrations"))
