"""State of each memory size, all at once: invokes the function and averages its reports."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import payloads
from averages import price_usd, trimmed_mean
from errors import NotColdError, OutOfTimeError
from invocations import Answer, Invocations
from plan import Plan, alias_of
from reports import Report, report
from target import Target, lambda_client
from tuning import Tuning

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)

_MOST_THREADS = 500
"""Half of what Lambda allows, for the SDK may need some too.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Return the average price and duration of one memory size.

    Args:
        event: ``value`` is the memory size in MiB, ``input`` the state machine's data.
        context: Lambda's; tells how much time is left.

    Raises:
        TuningError: The function failed, told no duration, or takes too long.
    """
    tuning, memory_mib = Tuning.of(event["input"]), int(event["value"])
    client, bodies = lambda_client(), _bodies(tuning)
    target, invocations = Target(client, tuning.function_arn), Invocations(client, tuning)

    def run(index: int) -> Answer:
        alias = alias_of(memory_mib, index if tuning.only_cold_starts else None)
        if tuning.only_cold_starts:
            target.wait_until_active(alias)
        return invocations.run(alias, bodies[index])

    if not tuning.only_cold_starts:
        target.wait_until_active(alias_of(memory_mib))
    if tuning.dry_run:
        run(0)
        return {"value": memory_mib}
    if tuning.parallel:
        answers = _at_once(run, tuning.num)
    else:
        answers = _one_by_one(run, tuning, context.get_remaining_time_in_millis)
    measured = [report(answer.log_tail) for answer in answers]
    return _statistics(tuning, Plan.of(event["input"]), memory_mib, measured)


def _bodies(tuning: Tuning) -> list[bytes]:
    found = payloads.fetched(tuning.payload_s3) if tuning.payload_s3 else tuning.payload
    return payloads.distributed(found, tuning.num)


def _at_once(run: Callable[[int], Answer], num: int) -> list[Answer]:
    with ThreadPoolExecutor(min(num, _MOST_THREADS)) as pool:
        return list(pool.map(run, range(num)))


def _one_by_one(
    run: Callable[[int], Answer], tuning: Tuning, remaining_ms: Callable[[], int]
) -> list[Answer]:
    """Invoke one after the other; give up before Lambda would end this function."""
    answers: list[Answer] = []
    longest_ms = 0.0
    for index in range(tuning.num):
        if remaining_ms() < longest_ms:
            raise OutOfTimeError(
                f"{index} of {tuning.num} invocations are done and take up to "
                f"{longest_ms / 1_000:.1f} s each: lower num, set parallelInvocation, or raise "
                "power_tuning.execution_timeout_seconds"
            )
        began = time.monotonic()
        answers.append(run(index))
        time.sleep(tuning.sleep_ms / 1_000)
        longest_ms = max(longest_ms, (time.monotonic() - began) * 1_000)
    return answers


def _statistics(
    tuning: Tuning, plan: Plan, memory_mib: int, measured: list[Report]
) -> dict[str, Any]:
    if tuning.only_cold_starts and not all(found.cold for found in measured):
        raise NotColdError(f"{alias_of(memory_mib)}: an invocation found a warm environment")
    usd = float(os.environ[f"LAMBDA_PRICE_{plan.architecture.upper()}"])
    billed = [found.billed_ms for found in measured]
    average_ms = trimmed_mean([found.duration_ms for found in measured], tuning.discarded)
    average_billed_ms = trimmed_mean(billed, tuning.discarded)
    statistics = {
        "value": memory_mib,
        "averageDuration": average_ms,
        "averagePrice": price_usd(average_billed_ms, memory_mib, usd_per_gb_second=usd),
        "totalCost": sum(price_usd(ms, memory_mib, usd_per_gb_second=usd) for ms in billed),
    }
    _LOGGER.info(statistics)
    return statistics
