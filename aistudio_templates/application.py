"""AI Studio, composed: one line a stack, in dependency order.

Evaluation order is dependency order, so a cycle cannot be written, and mypy checks the
wiring. May import the stacks and the model; never boto3 or click.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.errors import ConfigError, valid_choices
from aistudio_templates.model import Assembly, Composition
from aistudio_templates.stacks import (
    auth,
    database,
    documents,
    email,
    frontend,
    monitoring,
    network,
    power_tuning,
    processing,
    scheduler,
    storage,
)
from aistudio_templates.stacks.platform import Platform


@dataclass(frozen=True)
class StackOutputs:
    """The typed outputs of all stacks, for stacks of the user's own."""

    network: network.NetworkOutputs
    storage: storage.StorageOutputs
    database: database.DatabaseOutputs
    auth: auth.AuthOutputs
    processing: processing.ProcessingOutputs
    documents: documents.DocumentsOutputs
    scheduler: scheduler.SchedulerOutputs
    email: email.EmailOutputs
    power_tuning: power_tuning.PowerTuningOutputs | None
    frontend: frontend.FrontendOutputs
    monitoring: monitoring.MonitoringOutputs


Extension = Callable[[Composition, EnvironmentConfig, StackOutputs], None]
"""Adds stacks of the user's own to the composition."""


def compose(
    config: EnvironmentConfig,
    organization: Organization,
    *,
    extensions: Sequence[str] = (),
    migrations: Path | None = None,
) -> Assembly:
    """Return the whole set of one environment.

    Args:
        config: The environment.
        organization: Domain, addresses and cost centre.
        extensions: Functions ``package.module:function`` that add stacks, each called
            as :data:`Extension`.
        migrations: Folder of the organisation's own migrations. Default: none.

    Raises:
        AssetError: A file of ``migrations`` is no migration.
        ConfigError: The configuration does not fit together, or an extension cannot
            be imported.
        TemplateError: A template is inconsistent or exceeds a quota.
    """
    composition = Composition(config.name, organization.cost_center)
    outputs = _compose(composition, config, organization, migrations=migrations)
    for extension in extensions:
        _extension(extension)(composition, config, outputs)
    assembly = composition.assembly()
    _check_tuned_functions(config, assembly)
    return assembly


def _compose(
    composition: Composition,
    config: EnvironmentConfig,
    organization: Organization,
    *,
    migrations: Path | None,
) -> StackOutputs:
    add = composition.add
    network_ = add("network", network.build(config))
    platform = _platform(composition, config, organization, network_, migrations=migrations)
    tuning = _power_tuning(composition, config, platform.storage)
    frontend_ = add(
        "frontend", frontend.build(config, organization, network=network_, platform=platform)
    )
    monitoring_ = add(
        "monitoring",
        monitoring.build(config, organization, platform=platform, frontend=frontend_),
    )
    return StackOutputs(
        network=network_,
        storage=platform.storage,
        database=platform.database,
        auth=platform.auth,
        processing=platform.processing,
        documents=platform.documents,
        scheduler=platform.scheduler,
        email=platform.email,
        power_tuning=tuning,
        frontend=frontend_,
        monitoring=monitoring_,
    )


def _platform(
    composition: Composition,
    config: EnvironmentConfig,
    organization: Organization,
    network_: network.NetworkOutputs,
    *,
    migrations: Path | None,
) -> Platform:
    add = composition.add
    storage_ = add("storage", storage.build(config, organization))
    database_ = add("database", database.build(config, network=network_, migrations=migrations))
    auth_ = add("auth", auth.build(config, organization))
    processing_ = add("processing", processing.build(config, storage=storage_, database=database_))
    documents_ = add("documents", documents.build(config, storage=storage_, processing=processing_))
    scheduler_ = add(
        "scheduler", scheduler.build(config, database=database_, processing=processing_)
    )
    email_ = add(
        "email", email.build(config, organization, database=database_, processing=processing_)
    )
    return Platform(storage_, database_, auth_, processing_, documents_, scheduler_, email_)


def _power_tuning(
    composition: Composition, config: EnvironmentConfig, storage_: storage.StorageOutputs
) -> power_tuning.PowerTuningOutputs | None:
    if not config.power_tuning.enabled:
        return None
    return composition.add("power_tuning", power_tuning.build(config, storage=storage_))


def _check_tuned_functions(config: EnvironmentConfig, assembly: Assembly) -> None:
    """Check that every tuning result is of a function of the set: a misspelt one does nothing."""
    prefix = names.physical_name(config.name, "")
    functions = {
        str(resource["Properties"].get("FunctionName", "")).removeprefix(prefix)
        for stack in assembly.stacks
        for resource in stack.body["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    for tuned in config.compute.tuned_functions:
        if tuned.function not in functions:
            raise ConfigError(
                f"compute.tuned_functions: {tuned.function!r}: no such function",
                valid_choices(tuned.function, functions),
            )


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
