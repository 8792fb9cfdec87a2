"""A whole deploy against the embedded emulator, step by step, with the real engine.

Templates are rendered into a folder of their own; ``templates/`` is not touched. The
emulator's credentials are the only ones in play, and its endpoint the only address.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aistudio_templates.assets import host_target
from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.console import open_console
from aistudio_templates.cli.project import Project
from aistudio_templates.deploy.aws import connect
from aistudio_templates.deploy.clock import Polling
from aistudio_templates.deploy.outcome import Deployed, Outcome, as_error
from aistudio_templates.deploy.runner import DeployRequest, DestroyRequest, deploy, destroy
from aistudio_templates.deploy.target import Credentials, Target
from aistudio_templates.errors import LintError, RehearsalError
from aistudio_templates.model.render import render
from aistudio_templates.model.template_files import write_files

if TYPE_CHECKING:
    from aistudio_templates.config import EnvironmentConfig
    from aistudio_templates.rehearsal import Emulator

_POLLING = Polling(first_seconds=0.05, longest_seconds=0.5, deadline_seconds=300.0)
"""The emulator answers at once and is not shared."""


@dataclass(frozen=True)
class Step:
    """One step of a rehearsal and what came of it.

    Attributes:
        name: Such as ``create``.
        result: One line.
        seconds: How long it took.
    """

    name: str
    result: str
    seconds: float


@dataclass
class Rehearsal:
    """A rehearsal in progress.

    Attributes:
        project: Whose templates are rehearsed.
        emulator: The running emulator.
        directory: Where templates are rendered to.
        steps: What was done so far.
        outputs: Outputs of the root after the last deploy.
        linted: Templates that cfn-lint has seen, by content: it dominates a rehearsal.
    """

    project: Project
    emulator: Emulator
    directory: Path
    steps: list[Step] = field(default_factory=list)
    outputs: Mapping[str, str] = field(default_factory=dict)
    linted: set[bytes] = field(default_factory=set)

    def run(self, environment: str) -> None:
        """Create, deploy again, update and destroy one environment.

        Raises:
            AIStudioError: A step failed; the first line is its root cause.
            RehearsalError: A step ended otherwise than a deploy to AWS would.
        """
        config = self.project.environment(environment).config
        self._prerequisite(config)
        created = self._deploy("create", environment, config)
        _expect("create", created, deployed=True)
        again = self._deploy("deploy again", environment, config)
        _expect("deploy again", again, deployed=False)
        updated = self._deploy("update", environment, _changed(config))
        _expect("update", updated, deployed=True)
        self._destroy(environment)

    def _prerequisite(self, config: EnvironmentConfig) -> None:
        """Deploy the network of the environment whose VPC ``config`` shares."""
        owner = config.network.vpc_source.removeprefix("share:")
        if owner != config.network.vpc_source:
            shared = self.project.environment(owner).config
            self._deploy(f"network of {owner}", owner, shared, stack="network")

    def _deploy(
        self, name: str, environment: str, config: EnvironmentConfig, *, stack: str | None = None
    ) -> Outcome:
        with self._step(name) as done, open_console(assume_yes=True) as console:
            assembly = self.project.assembly(environment, config=config)
            directory = self.directory / environment
            files = render(assembly)
            write_files(directory, files)
            console.progress(f"built {len(files)} files of {environment}")
            console.progress(f"cfn-lint: {self._lint(directory, files)} templates, no findings")
            request = DeployRequest(
                templates=directory,
                # The emulator runs functions on this machine, with this Python.
                build_asset=asset_builder(assembly, target=host_target()),
                stack=stack,
                require_approval="never",
            )
            aws = connect(self._target(environment))
            outcome = deploy(request, aws=aws, console=console, polling=_POLLING)
            if error := as_error(outcome):
                raise error
            if isinstance(outcome, Deployed):
                self.outputs = outcome.outputs
                done.append(f"{len(outcome.summary.changes)} changes deployed")
            else:
                done.append("no changes, no change set")
        return outcome

    def _lint(self, directory: Path, files: Mapping[str, bytes]) -> int:
        """Lint the templates that are new to cfn-lint, and return how many these are.

        Raises:
            LintError: There are findings.
        """
        from aistudio_templates.check.cfn_lint import lint

        fresh = sorted(
            directory / name
            for name, content in files.items()
            if name.endswith(".yaml") and content not in self.linted
        )
        findings = lint(fresh, regions=[self.emulator.region])
        if findings:
            raise LintError(str(findings[0]), f"{len(findings)} findings")
        self.linted.update(files.values())
        return len(fresh)

    def _destroy(self, environment: str) -> None:
        with self._step("destroy") as done, open_console(assume_yes=True) as console:
            aws = connect(self._target(environment))
            outcome = destroy(DestroyRequest(), aws=aws, console=console, polling=_POLLING)
            if error := as_error(outcome):
                raise error
            done.append(f"deleted, {len(getattr(outcome, 'retained', ()))} resources kept")

    def _target(self, environment: str) -> Target:
        return Target(
            environment=environment,
            region=self.emulator.region,
            endpoint_url=self.emulator.endpoint_url,
            template_url_base=self.emulator.endpoint_url,
            credentials=Credentials(*self.emulator.credentials),
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[list[str]]:
        with open_console(assume_yes=True) as console:
            console.progress(f"== {name} ==")
        started = time.monotonic()
        result: list[str] = []
        yield result
        self.steps.append(Step(name, "; ".join(result), time.monotonic() - started))


def _changed(config: EnvironmentConfig) -> EnvironmentConfig:
    """Return ``config`` with one harmless value changed, for the rehearsed update."""
    days = config.storage.noncurrent_version_retention_days
    changed = days + 1 if days < 365 else days - 1
    return config.override(storage={"noncurrent_version_retention_days": changed})


def _expect(step: str, outcome: Outcome, *, deployed: bool) -> None:
    if isinstance(outcome, Deployed) != deployed:
        wanted = "changes" if deployed else "no changes"
        raise RehearsalError(f"{step}: expected {wanted}, got {type(outcome).__name__}")
