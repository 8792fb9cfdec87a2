"""The whole set of an environment, deployed to the emulator as the command line does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aistudio_templates.application import compose
from aistudio_templates.assets import host_target
from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.console import LineConsole
from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.deploy.aws import connect
from aistudio_templates.deploy.clock import Polling
from aistudio_templates.deploy.outcome import Deployed, as_error
from aistudio_templates.deploy.runner import DeployRequest, deploy
from aistudio_templates.deploy.target import Credentials, Target
from aistudio_templates.model.render import render
from aistudio_templates.model.template_files import write_files
from aistudio_templates.rehearsal import Emulator

ORGANIZATION = Organization(base_domain="example.com", alert_email="alerts@example.com")
_POLLING = Polling(first_seconds=0.05, longest_seconds=0.5, deadline_seconds=300.0)


def deployed_set(
    running: Emulator, config: EnvironmentConfig, directory: Path
) -> Mapping[str, str]:
    """Deploy a set, with functions that this machine can run; return its outputs."""
    assembly = compose(config, ORGANIZATION)
    write_files(directory, render(assembly))
    target = Target(
        environment=config.name,
        region=running.region,
        endpoint_url=running.endpoint_url,
        template_url_base=running.endpoint_url,
        credentials=Credentials(*running.credentials),
    )
    request = DeployRequest(
        templates=directory,
        build_asset=asset_builder(assembly, target=host_target()),
        require_approval="never",
    )
    outcome = deploy(
        request, aws=connect(target), console=LineConsole(assume_yes=True), polling=_POLLING
    )
    if error := as_error(outcome):
        raise error
    assert isinstance(outcome, Deployed)
    return outcome.outputs
