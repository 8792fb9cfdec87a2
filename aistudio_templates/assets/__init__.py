"""What is deployed beside templates: functions' source, digested and packaged.

The digest of the source is in the template, so a review shows which function changed;
the zip is built only when it is missing from S3. Digesting reads files and nothing else;
packaging may run pip and npm, which may use the network, and is imported when it is first
asked for: composing templates does not pay for it. May import the standard library, names
and errors only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from aistudio_templates.assets.asset import (
    NODE_BUNDLE,
    PREBUILT_ZIP,
    PYTHON_LAYER,
    PYTHON_SOURCE,
    Asset,
)
from aistudio_templates.assets.catalog import function_asset, shared_layer_asset
from aistudio_templates.assets.limits import SizeReport
from aistudio_templates.assets.migrations import migrations_digest, organization_migrations
from aistudio_templates.assets.target import (
    LAMBDA,
    NODE_VERSION,
    PYTHON_VERSION,
    Target,
    host_target,
)

if TYPE_CHECKING:
    from aistudio_templates.assets.packing import archive, size_report, sizes

__all__ = [
    "LAMBDA",
    "NODE_BUNDLE",
    "NODE_VERSION",
    "PREBUILT_ZIP",
    "PYTHON_LAYER",
    "PYTHON_SOURCE",
    "PYTHON_VERSION",
    "Asset",
    "SizeReport",
    "Target",
    "archive",
    "function_asset",
    "host_target",
    "migrations_digest",
    "organization_migrations",
    "shared_layer_asset",
    "size_report",
    "sizes",
]


if not TYPE_CHECKING:  # else every misspelt name would be of type Any

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        packing = importlib.import_module("aistudio_templates.assets.packing")
        return getattr(packing, name)
