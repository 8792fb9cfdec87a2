"""The assets that come with this package, by name.

An asset is made once a process, so that its files are read and hashed once for all
environments.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aistudio_templates.assets.asset import PYTHON_LAYER, Asset
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.assets.target import LAMBDA, Target

_FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"

_OWN_COPIES = {
    "database_initializer": ("__init__", "data_api", "environment", "logs", "sql_values")
}
"""Modules of the shared layer by the function that has them in its own zip: the database
is there before the layer is."""


@cache
def function_asset(
    name: str, *, extra: tuple[SourceFile, ...] = (), target: Target = LAMBDA
) -> Asset:
    """Return the asset of a function.

    Args:
        name: Its folder below ``functions/``, such as ``database_initializer``.
        extra: Files from elsewhere that join the folder's. Default: none.
        target: What its dependencies have to run on.

    Raises:
        AssetError: A module of the shared layer cannot be read.
    """
    shared = _shared_modules(_OWN_COPIES.get(name, ()), target)
    return Asset(name.replace("_", "-"), _FUNCTIONS / name, target=target, extra=(*shared, *extra))


@cache
def shared_layer_asset(*, target: Target = LAMBDA) -> Asset:
    """Return the asset of the layer that the functions share.

    Args:
        target: What its dependencies have to run on.
    """
    return Asset("shared-layer", _FUNCTIONS / "shared", PYTHON_LAYER, target)


def _shared_modules(modules: tuple[str, ...], target: Target) -> tuple[SourceFile, ...]:
    if not modules:
        return ()
    files = {file.name: file for file in shared_layer_asset(target=target).files}
    return tuple(files[f"aistudio_shared/{module}.py"] for module in modules)
