"""Last state: gives the function the memory that was found, if asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from target import Target, lambda_client
from tuning import Tuning


def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001 # Lambda's
    """Set the memory of ``$LATEST``, and let an alias point to a version of it.

    The function's template does not know of that: the next change of its memory there sets
    it again, so the result belongs into ``compute.tuned_functions`` as well.

    Args:
        event: The state machine's data; ``analysis`` is the result.
        context: Lambda's.
    """
    tuning = Tuning.of(event)
    if tuning.dry_run or not tuning.auto_optimize:
        return
    target = Target(lambda_client(), tuning.function_arn)
    latest = target.change(MemorySize=int(event["analysis"]["power"]))
    if tuning.auto_optimize_alias is not None:
        target.point(tuning.auto_optimize_alias, target.publish(latest["RevisionId"]))
