"""AI Studio's infrastructure: templates built with troposphere, deployed as one set.

::

    from aistudio_templates import EnvironmentConfig, Organization, compose, render

    config = EnvironmentConfig.get("dev").override(network={"nat_gateways": 0})
    files = render(compose(config, Organization(base_domain="example.com")))

Public names load when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from aistudio_templates._version import __version__

if TYPE_CHECKING:
    from aistudio_templates.application import StackOutputs, compose
    from aistudio_templates.config import EnvironmentConfig, Organization, Settings, load_settings
    from aistudio_templates.errors import AIStudioError
    from aistudio_templates.model import Assembly, Composition, Outputs, StackTemplate
    from aistudio_templates.model.render import render

__all__ = [
    "AIStudioError",
    "Assembly",
    "Composition",
    "EnvironmentConfig",
    "Organization",
    "Outputs",
    "Settings",
    "StackOutputs",
    "StackTemplate",
    "__version__",
    "compose",
    "load_settings",
    "render",
]

_HOMES = {
    "AIStudioError": "errors",
    "Assembly": "model",
    "Composition": "model",
    "EnvironmentConfig": "config",
    "Organization": "config",
    "Outputs": "model",
    "Settings": "config",
    "StackOutputs": "application",
    "StackTemplate": "model",
    "compose": "application",
    "load_settings": "config",
    "render": "model.render",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
