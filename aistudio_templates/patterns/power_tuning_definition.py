"""The states of power tuning, in the Amazon States Language.

``Initializer`` → ``Publisher``, again for each version → ``Branching``, one ``Executor`` a
memory size → ``Cleaner`` → ``Analyzer`` → ``Optimizer``. Whatever fails leads through
``CleanUpOnError`` to a failed execution with error and cause; the open-source original ends
in success there, with an empty result.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

_ANALYZER_TIMEOUT_SECONDS = 10

_TASK_MARGIN_SECONDS = 30
"""A state outlives its function's timeout: when the clean-up begins, nothing else still runs."""

State = dict[str, Any]

_ON_ERROR = "CleanUpOnError"


def definition(*, timeout_seconds: int) -> str:
    """Return the definition; ``${InitializerArn}`` and so on stand for its functions.

    Args:
        timeout_seconds: Timeout of its functions, in seconds.
    """
    patience_seconds = timeout_seconds + _TASK_MARGIN_SECONDS
    machine = {
        "Comment": "Finds the memory size at which a function is cheapest, fastest or balanced",
        "StartAt": "Initializer",
        "States": {
            **_preparation(patience_seconds),
            "Branching": _branching(patience_seconds),
            **_conclusion(patience_seconds),
            **_failures(patience_seconds),
        },
    }
    return json.dumps(machine, indent=2)


def _preparation(patience_seconds: int) -> dict[str, State]:
    """Return the states up to the last published version."""
    never = ("InputError", "InterferenceError")
    return {
        "Initializer": {
            **_task("Initializer", patience_seconds, retry=_again(2, never=never)),
            # The caller's own fields go: what a failed initializer leaves is no plan.
            "Catch": _catch("$"),
            "ResultPath": "$.lambdaConfigurations",
            "Next": "Publisher",
        },
        "Publisher": {
            **_task("Publisher", patience_seconds, retry=_again(2, never=never)),
            "Catch": _catch(),
            "ResultPath": "$.lambdaConfigurations",
            "Next": "IsCountReached",
        },
        "IsCountReached": _is_count_reached(),
    }


def _conclusion(patience_seconds: int) -> dict[str, State]:
    """Return the states behind the last invocation."""
    return {
        "Cleaner": {
            **_task("Cleaner", patience_seconds, retry=_again(2)),
            "Catch": _catch(),
            "ResultPath": None,
            "Next": "Analyzer",
        },
        "Analyzer": {
            **_task("Analyzer", _ANALYZER_TIMEOUT_SECONDS, retry=_transient()),
            "Catch": _catch(),
            "ResultPath": "$.analysis",
            "Next": "Optimizer",
        },
        "Optimizer": {
            **_task("Optimizer", patience_seconds, retry=_again(2, never=("InterferenceError",))),
            "Catch": _catch(),
            "ResultPath": None,
            "OutputPath": "$.analysis",
            "End": True,
        },
    }


def _is_count_reached() -> State:
    again = {
        "Variable": "$.lambdaConfigurations.iterator.continue",
        "BooleanEquals": True,
        "Next": "Publisher",
    }
    return {"Type": "Choice", "Choices": [again], "Default": "Branching"}


def _branching(patience_seconds: int) -> State:
    never = ("InputError", "NotColdError", "OutOfTimeError", "Sandbox.Timedout", "States.Timeout")
    executor = {
        **_task("Executor", patience_seconds, retry=_again(3, attempts=2, backoff=1, never=never)),
        "End": True,
    }
    return {
        "Type": "Map",
        "ItemsPath": "$.lambdaConfigurations.powerValues",
        "ItemSelector": {"input.$": "$", "value.$": "$$.Map.Item.Value"},
        "MaxConcurrency": 0,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Executor",
            "States": {"Executor": executor},
        },
        "Catch": _catch(),
        "ResultPath": "$.stats",
        "Next": "Cleaner",
    }


def _failures(patience_seconds: int) -> dict[str, State]:
    """Return the states behind an error: clean up, then fail with what went wrong."""
    clean_up = {
        **_task("Cleaner", patience_seconds, retry=_again(5, attempts=4)),
        "Catch": _catch("$.cleanUpError", next_state="NotCleanedUp"),
        "ResultPath": "$.failure",
        "Next": "Failed",
    }
    failed = {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}
    not_cleaned_up = {
        "Type": "Fail",
        "Error": "NotCleanedUp",
        "CausePath": "States.JsonToString($.cleanUpError)",
    }
    return {_ON_ERROR: clean_up, "Failed": failed, "NotCleanedUp": not_cleaned_up}


def _task(function: str, timeout_seconds: int, *, retry: list[State]) -> State:
    return {
        "Type": "Task",
        "Resource": f"${{{function}Arn}}",
        "TimeoutSeconds": timeout_seconds,
        "Retry": retry,
    }


def _transient() -> list[State]:
    """Return retries for what is no fault of the function.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
    """
    errors = [
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
    ]
    return [{"ErrorEquals": errors, "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2}]


def _again(
    interval_seconds: int, *, attempts: int = 3, backoff: int = 2, never: Sequence[str] = ()
) -> list[State]:
    """Return retries for every error but those that a repetition cannot mend."""
    hopeless = [{"ErrorEquals": list(never), "MaxAttempts": 0}] if never else []
    return [
        *hopeless,
        *_transient(),
        {
            "ErrorEquals": ["States.ALL"],
            "IntervalSeconds": interval_seconds,
            "MaxAttempts": attempts,
            "BackoffRate": backoff,
        },
    ]


def _catch(result_path: str = "$.error", *, next_state: str = _ON_ERROR) -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": result_path, "Next": next_state}]
