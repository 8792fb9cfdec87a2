"""Deletes what a tuning made and puts back what it changed: after success and after failure.

It touches only what bears a tuning's mark, may be repeated, and does all it can even if a
part of it fails.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from errors import CleanUpError
from plan import FIELD, MARK, Plan
from publisher import restore
from target import Target, lambda_client
from tuning import Tuning

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:  # noqa: ARG001 # Lambda's
    """Clean up, and return why the execution failed if it did.

    Args:
        event: The state machine's data; ``error`` is what it failed with. Without a plan in
            it the initializer failed, and there is nothing to clean up.
        context: Lambda's.

    Raises:
        CleanUpError: Something is left.
    """
    problems = CleanUp(event).run() if FIELD in event else []
    reason = _reason(event.get("error", event))
    if problems:
        raise CleanUpError("; ".join([*reason.values(), *problems]))
    return reason


class CleanUp:
    """The clean-up of one execution.

    Args:
        event: The state machine's data.
    """

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._plan = Plan.of(event)
        self._target = Target(lambda_client(), Tuning.of(event).function_arn)
        self._problems: list[str] = []

    def run(self) -> list[str]:
        """Return what could not be cleaned up."""
        self._try("$LATEST", self._restore)
        self._try("aliases", self._delete_aliases)
        self._try("versions", self._delete_versions)
        return self._problems

    def _restore(self) -> None:
        description = self._target.configuration().get("Description", "")
        if description.startswith(self._plan.own_mark):
            restore(self._target, self._plan.original)

    def _delete_aliases(self) -> None:
        own = {
            version["Version"]
            for version in self._target.versions()
            if version.get("Description", "").startswith(self._plan.own_mark)
        }
        for alias in self._target.aliases():
            if alias["FunctionVersion"] in own:
                name = alias["Name"]
                self._try(f"alias {name}", partial(self._target.delete_alias, name))

    def _delete_versions(self) -> None:
        """Delete every version of a tuning that no alias needs, of stopped executions too."""
        needed = {
            version
            for alias in self._target.aliases()
            for version in (
                alias["FunctionVersion"],
                *alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
            )
        }
        for version in self._target.versions():
            if version.get("Description", "").startswith(MARK) and version["Version"] not in needed:
                number = version["Version"]
                self._try(f"version {number}", partial(self._target.delete_version, number))

    def _try(self, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except (BotoCoreError, ClientError) as error:
            _LOGGER.warning("%s: %s", what, error)
            self._problems.append(f"{what} not cleaned up: {error}")


def _reason(error: object) -> dict[str, str]:
    """Return name and cause of an error without what Lambda wraps around them."""
    if not isinstance(error, dict) or "Error" not in error:
        return {}
    name, cause = str(error["Error"]), str(error.get("Cause") or "no cause was given")
    try:
        told = json.loads(cause)
    except ValueError:
        return {"Error": name, "Cause": cause}
    if not isinstance(told, dict) or "errorMessage" not in told:
        return {"Error": name, "Cause": cause}
    return {"Error": str(told.get("errorType", name)), "Cause": str(told["errorMessage"])}
