"""First state: checks the input and remembers what the function is like.

It changes nothing. Reads the function's configuration through Lambda.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import payloads
from errors import InputError, InterferenceError
from plan import MARK, Original, Plan
from scope import Scope
from target import Target, lambda_client
from tuning import Tuning

MOST_CONFIGURATIONS = 3_000
"""Each takes seven of the 25,000 events that an execution may have.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Return the plan of the execution.

    Args:
        event: The execution's input.
        context: Lambda's; tells this function's ARN and the request's id.

    Raises:
        InputError: The input is wrong.
        InterferenceError: The function is being tuned, or was when that was stopped.
    """
    tuning = Tuning.of(event)
    scope = Scope.of(context.invoked_function_arn)
    scope.check(tuning)
    if tuning.payload_s3 is None:
        payloads.distributed(tuning.payload, tuning.num)
    power_values = tuning.power_values or scope.power_values
    count = tuning.versions(len(power_values))
    if count > MOST_CONFIGURATIONS:
        raise InputError(
            f"powerValues and num: {count:,} versions for cold starts, "
            f"at most {MOST_CONFIGURATIONS:,} are possible"
        )
    found = Target(lambda_client(), tuning.function_arn).configuration()
    return Plan(
        run=context.aws_request_id,
        power_values=power_values,
        original=_original(found),
        architecture=found.get("Architectures", ["x86_64"])[0],
        count=count,
    ).as_json()


def _original(found: Mapping[str, Any]) -> Original:
    """Return what has to be put back, unless it is a tuning's own work."""
    description = found.get("Description", "")
    if description.startswith(MARK):
        raise InterferenceError(
            f"{found['FunctionName']} is being tuned by another execution, or was when that was "
            f"stopped: it has {found['MemorySize']} MiB, described as {description!r}. If no other "
            "execution is running, set its memory and description as they were, then start again"
        )
    return Original(found["MemorySize"], description, found.get("LoggingConfig", {}))
