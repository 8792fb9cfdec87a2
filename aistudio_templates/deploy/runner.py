"""The engine's front door: deploy and destroy a set, and read how it stands.

``deploy`` binds the pure state machine to the world: it hands each command to
:class:`~aistudio_templates.deploy.deploying.Deploying` and each answer back. Prints
nothing; asks AWS through the connection it is handed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aistudio_templates.deploy import machine
from aistudio_templates.deploy.aws_failure import is_denied
from aistudio_templates.deploy.clock import DEFAULT_POLLING, SYSTEM_CLOCK, Clock, Polling
from aistudio_templates.deploy.console import Console
from aistudio_templates.deploy.deploying import Deploying
from aistudio_templates.deploy.machine import Options, Phase, State
from aistudio_templates.deploy.outcome import Outcome
from aistudio_templates.deploy.overview import outputs, status
from aistudio_templates.deploy.request import DeployRequest, DestroyRequest
from aistudio_templates.deploy.teardown import destroy
from aistudio_templates.deploy.template_set import TemplateSet, read_template_set
from aistudio_templates.errors import AIStudioError, AwsError, ConfigError

if TYPE_CHECKING:
    from aistudio_templates.deploy.aws import Aws

__all__ = ["DeployRequest", "DestroyRequest", "deploy", "destroy", "outputs", "status"]


def deploy(
    request: DeployRequest,
    *,
    aws: Aws,
    console: Console,
    clock: Clock = SYSTEM_CLOCK,
    polling: Polling = DEFAULT_POLLING,
) -> Outcome:
    """Deploy a template set as one nested stack set.

    Whatever stops it before the execution, the change set is deleted, and so is an empty
    stack that only the change set made. From the execution on, the stack goes on by
    itself, and an interruption ends only the watching.

    Args:
        request: What to deploy.
        aws: Where to.
        console: Who is told and asked.
        clock: Time. Default: the machine's.
        polling: How often to ask AWS. Default: every 2 to 10 seconds.

    Returns:
        How it ended.

    Raises:
        ConfigError: Another account, another environment, or an unknown stack.
        TemplateError: The set cannot be read, is stale, too large, or not closed.
        AwsError: AWS refuses a call, or watching had to end early.
        RefusedError: There is nobody to ask, or a deployed stack would lose an output.
        AssetError: A function's code cannot be built.
    """
    identity = aws.identity()
    template_set = read_template_set(request.templates)
    _check_environment(template_set, aws)
    console.progress(
        f"{template_set.root_stack} in account {identity.account_id}, {aws.target.region}, "
        f"as {identity.arn}"
    )
    worker = Deploying(request, template_set, aws, identity, console, clock, polling)
    return _run(worker, _options(request, template_set))


def _run(worker: Deploying, options: Options) -> Outcome:
    state, commands = machine.start(options)
    try:
        while commands:
            state, commands = machine.step(state, worker.perform(commands[0]))
    except BaseException as error:
        _stop(state, worker, error)
        raise
    if state.outcome is None:
        raise RuntimeError(f"the deploy stopped while {state.phase}")
    return state.outcome


def _options(request: DeployRequest, template_set: TemplateSet) -> Options:
    return Options(
        stack_name=template_set.root_stack,
        require_approval=request.require_approval,
        allow_data_loss=request.allow_data_loss,
        recreate=request.recreate,
        termination_protection=request.termination_protection,
    )


def _check_environment(template_set: TemplateSet, aws: Aws) -> None:
    if template_set.environment != aws.target.environment:
        raise ConfigError(
            f"{template_set.directory}: is the set of environment {template_set.environment!r}, "
            f"not of {aws.target.environment!r}",
            "give the directory of the environment that you deploy to",
        )


def _stop(state: State, worker: Deploying, error: BaseException) -> None:
    """Leave nothing half-done after an interruption, and say how to go on."""
    console, name = worker.console, worker.template_set.root_stack
    if state.phase is Phase.WATCHING and isinstance(error, KeyboardInterrupt):
        console.warn(f"{name}: the deploy goes on without us; `status` shows how it stands")
    # An execution that AWS did not plainly refuse may be under way.
    refused = isinstance(error, AwsError) and is_denied(error)
    may_run = state.phase is Phase.EXECUTING and not refused
    for command in machine.cleanup(state, may_run=may_run):
        try:
            worker.perform(command)
        except AIStudioError as failure:
            console.warn(f"{name}: the change set is left behind: {failure.message}")
