"""AI Studio, composed: one line a stack, in dependency order.

Evaluation order is dependency order, so a cycle cannot be written, and mypy checks the
wiring. May import the stacks and the model; never boto3 or click.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.errors import ConfigError
from aistudio_templates.model import Assembly, Composition
from aistudio_templates.stacks import database, network, storage


@dataclass(frozen=True)
class StackOutputs:
    """The typed outputs of all stacks, for stacks of the user's own."""

    network: network.NetworkOutputs
    storage: storage.StorageOutputs
    database: database.DatabaseOutputs


Extension = Callable[[Composition, EnvironmentConfig, StackOutputs], None]
"""Adds stacks of the user's own to the composition."""


def compose(
    config: EnvironmentConfig, organization: Organization, *, extensions: Sequence[str] = ()
) -> Assembly:
    """Return the whole set of one environment.

    Args:
        config: The environment.
        organization: Domain, addresses and cost centre.
        extensions: Functions ``package.module:function`` that add stacks, each called
            as :data:`Extension`.

    Raises:
        ConfigError: The configuration does not fit together, or an extension cannot
            be imported.
        TemplateError: A template is inconsistent or exceeds a quota.
    """
    composition = Composition(config.name, organization.cost_center)
    network_outputs = composition.add("network", network.build(config))
    storage_outputs = composition.add("storage", storage.build(config, organization))
    database_outputs = composition.add(
        "database", database.build(config, organization, network=network_outputs)
    )
    outputs = StackOutputs(network_outputs, storage_outputs, database_outputs)
    for extension in extensions:
        _extension(extension)(composition, config, outputs)
    return composition.assembly()


def _extension(path: str) -> Extension:
    module_name, _, function_name = path.partition(":")
    try:
        function: Extension = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"extensions.stacks: {path!r} cannot be imported: {error}",
            "give an importable function as 'package.module:function'",
        ) from error
    return function
