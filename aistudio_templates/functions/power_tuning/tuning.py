"""The input of an execution: the documented one of AWS Lambda Power Tuning.

Source: https://github.com/alexcasalboni/aws-lambda-power-tuning/blob/master/
README-INPUT-OUTPUT.md
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import fields
from errors import InputError

LEAST_RUNS = 5
"""Fewer invocations say nothing once the fastest and the slowest are discarded."""

LEAST_MEMORY_MIB = 128
MOST_MEMORY_MIB = 10_240
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

ALL_POWER_VALUES = tuple(range(128, 3_009, 64))
"""What ``"ALL"`` stands for: every 64 MiB up to what also new accounts may use."""

STRATEGIES = ("cost", "speed", "balanced")

_DEFAULT_DISCARDED = 0.2
_MOST_DISCARDED = 0.4

_FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}")
_PROCESSOR_ARN = re.compile(_FUNCTION_ARN.pattern + r"(:[A-Za-z0-9$_-]{1,128})?")
_ALIAS = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]{1,128}")
_OBJECT = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.{1,1024}", re.DOTALL)

_KNOWN = (
    *("lambdaARN", "num", "powerValues", "payload", "payloadS3", "parallelInvocation"),
    *("strategy", "balancedWeight", "autoOptimize", "autoOptimizeAlias", "dryRun"),
    *("preProcessorARN", "postProcessorARN", "discardTopBottom", "sleepBetweenRunsMs"),
    *("disablePayloadLogs", "includeOutputResults", "onlyColdStarts", "allowedExceptions"),
)


@dataclass(frozen=True)
class Tuning:
    """What to tune, and how.

    Attributes:
        function_arn: The function, without version or alias.
        num: Invocations for each memory size.
        power_values: Memory sizes in MiB, ascending; empty for the default ones.
        payload: What the function gets; ``None`` is an empty object.
        payload_s3: Object that holds the payload.
        parallel: Invoke all at once instead of one after the other.
        strategy: ``cost``, ``speed`` or ``balanced``.
        balanced_weight: 0 is ``speed``, 1 is ``cost``.
        auto_optimize: Give the function the memory that was found.
        auto_optimize_alias: Alias that then points to a version with that memory.
        dry_run: Invoke once for each memory size; analyse and change nothing.
        pre_processor_arn: Function that is invoked before each invocation.
        post_processor_arn: Function that is invoked after each invocation.
        discarded: Share of the fastest, and of the slowest, that is left out, 0 to 0.4.
        sleep_ms: Pause after each invocation, in milliseconds.
        hide_payloads: Keep payloads out of errors.
        include_results: Return the averages of every memory size.
        only_cold_starts: Measure cold starts alone.
        allowed_exceptions: Error types of the function that count as success.
    """

    function_arn: str
    num: int
    power_values: tuple[int, ...]
    payload: Any
    payload_s3: str | None
    parallel: bool
    strategy: str
    balanced_weight: float
    auto_optimize: bool
    auto_optimize_alias: str | None
    dry_run: bool
    pre_processor_arn: str | None
    post_processor_arn: str | None
    discarded: float
    sleep_ms: int
    hide_payloads: bool
    include_results: bool
    only_cold_starts: bool
    allowed_exceptions: frozenset[str]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Tuning:
        """Return the input as typed values; the state machine's own fields are ignored.

        Raises:
            InputError: A field is missing, wrong or seems to be misspelt.
        """
        _check_spelling(given)
        _check_payload(given)
        cold = fields.flag(given, "onlyColdStarts")
        return cls(
            function_arn=_function_arn(given),
            num=fields.whole(given.get("num"), "num", lowest=LEAST_RUNS),
            power_values=_power_values(given.get("powerValues")),
            payload=given.get("payload"),
            payload_s3=fields.text(given, "payloadS3", _OBJECT, "like s3://bucket/key"),
            parallel=fields.flag(given, "parallelInvocation"),
            strategy=fields.choice(given, "strategy", STRATEGIES, default="cost"),
            balanced_weight=fields.number(given, "balancedWeight", default=0.5, highest=1),
            auto_optimize=fields.flag(given, "autoOptimize"),
            auto_optimize_alias=fields.text(given, "autoOptimizeAlias", _ALIAS, "an alias' name"),
            dry_run=fields.flag(given, "dryRun"),
            pre_processor_arn=_processor_arn(given, "preProcessorARN"),
            post_processor_arn=_processor_arn(given, "postProcessorARN"),
            discarded=fields.number(
                given,
                "discardTopBottom",
                default=0 if cold else _DEFAULT_DISCARDED,
                highest=_MOST_DISCARDED,
            ),
            sleep_ms=fields.whole(
                given.get("sleepBetweenRunsMs") or 0, "sleepBetweenRunsMs", lowest=0
            ),
            hide_payloads=fields.flag(given, "disablePayloadLogs"),
            include_results=fields.flag(given, "includeOutputResults"),
            only_cold_starts=cold,
            allowed_exceptions=_allowed_exceptions(given.get("allowedExceptions")),
        )

    def versions(self, sizes: int) -> int:
        """Return how many versions are published for ``sizes`` memory sizes.

        An invocation that has to be a cold start needs a version that was never invoked.
        """
        return sizes * (self.num if self.only_cold_starts else 1)


def _check_spelling(given: Mapping[str, Any]) -> None:
    """Refuse what looks like a documented field; other keys are the caller's own."""
    by_lower_case = {known.lower(): known for known in _KNOWN}
    for name in given.keys() - set(_KNOWN):
        similar = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.9)
        if similar:
            raise InputError(f"{name}: did you mean {by_lower_case[similar[0]]}?")


def _check_payload(given: Mapping[str, Any]) -> None:
    if given.get("payload") is not None and given.get("payloadS3") is not None:
        raise InputError("payload and payloadS3: give one of the two")


def _function_arn(given: Mapping[str, Any]) -> str:
    meaning = "the ARN of a function, without version or alias"
    arn = fields.text(given, "lambdaARN", _FUNCTION_ARN, meaning)
    if arn is None:
        raise InputError(f"lambdaARN is missing: {meaning}")
    return arn


def _processor_arn(given: Mapping[str, Any], name: str) -> str | None:
    return fields.text(given, name, _PROCESSOR_ARN, "the ARN of a function, version or alias")


def _power_values(given: object) -> tuple[int, ...]:
    if given is None:
        return ()
    if given == "ALL":
        return ALL_POWER_VALUES
    if not isinstance(given, list):
        raise InputError(f'powerValues = {fields.shown(given)}: must be a list, or "ALL"')
    values = (
        fields.whole(value, "powerValues", lowest=LEAST_MEMORY_MIB, highest=MOST_MEMORY_MIB)
        for value in given
    )
    return tuple(sorted(set(values)))


def _allowed_exceptions(given: object) -> frozenset[str]:
    if given is None:
        return frozenset()
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise InputError(f"allowedExceptions = {fields.shown(given)}: must be a list of names")
    return frozenset(given)
