"""The power tuning stack: a state machine that finds a function's best memory.

It is started by hand or by the command line with the input of AWS Lambda Power Tuning:
``lambdaARN`` of a function of this environment and ``num`` of at least 5; ``powerValues``,
``payload`` or ``payloadS3``, ``strategy`` and the rest as documented there. The result has
the same fields; an execution that could not finish ends as failed, with the reason.

Source: https://github.com/alexcasalboni/aws-lambda-power-tuning/blob/master/
README-INPUT-OUTPUT.md
"""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Ref

from aistudio_templates.assets import function_asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.power_tuning import PayloadStore, power_tuning
from aistudio_templates.stacks.storage import StorageOutputs


@dataclass(frozen=True)
class PowerTuningOutputs(Outputs):
    """What other stacks may know of power tuning."""

    state_machine_arn: Value = exported(
        "String", "State machine that finds a function's best memory", published=True
    )


def build(
    config: EnvironmentConfig, *, storage: StorageOutputs
) -> StackTemplate[PowerTuningOutputs]:
    """Return the power tuning stack of ``config``.

    Args:
        config: The environment.
        storage: Payloads that are too large for an input lie in the repositories' bucket.
    """
    tuning = power_tuning(
        config,
        asset=function_asset("power_tuning"),
        payload_store=PayloadStore(
            storage.repositories_bucket_name, storage.repositories_bucket_arn
        ),
    )
    return stack_template(
        f"AI Studio, {config.name}: power tuning of functions",
        tuning,
        PowerTuningOutputs(state_machine_arn=Ref(tuning.state_machine)),
        assets=tuning.assets,
    )
