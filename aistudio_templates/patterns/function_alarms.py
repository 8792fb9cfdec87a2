"""Alarms on functions and queues, from the facts that their stacks hand over."""

from __future__ import annotations

from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import alarm
from aistudio_templates.patterns.function_metrics import NAMESPACE
from aistudio_templates.patterns.optimized_lambda import FunctionFacts
from aistudio_templates.patterns.queue import QueueFacts

_QUEUE_NAMESPACE = "AWS/SQS"
_NEAR_TIMEOUT = 0.9
"""Share of the timeout from which the next slower input is cut off."""


def function_alarms(function: FunctionFacts, *, topic_arn: Value) -> tuple[Any, ...]:
    """Return alarms on errors, throttles, and a duration near the timeout.

    Args:
        function: The function.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    dimensions = {"FunctionName": function.value}
    return (
        alarm(
            f"{function.title}ErrorsAlarm",
            f"{function.title} fails: its log group has the errors, X-Ray the calls.",
            metric=(NAMESPACE, "Errors"),
            dimensions=dimensions,
            statistic="Sum",
            threshold=function.tolerated_errors + 1,
            evaluation_periods=2,
            topic_arn=topic_arn,
        ),
        alarm(
            f"{function.title}ThrottlesAlarm",
            f"{function.title} is throttled: the account's concurrency is used up, or what is "
            "reserved for it is too little.",
            metric=(NAMESPACE, "Throttles"),
            dimensions=dimensions,
            statistic="Sum",
            threshold=1,
            topic_arn=topic_arn,
        ),
        alarm(
            f"{function.title}DurationAlarm",
            f"{function.title} nearly times out after {function.timeout_seconds} s: give it more "
            "memory or time, or smaller work.",
            metric=(NAMESPACE, "Duration"),
            dimensions=dimensions,
            statistic="Maximum",
            threshold=function.timeout_seconds * 1000 * _NEAR_TIMEOUT,
            evaluation_periods=1,
            topic_arn=topic_arn,
        ),
    )


def queue_alarm(queue: QueueFacts, *, topic_arn: Value) -> Any:
    """Return an alarm on messages that wait too long, or on any in a dead-letter queue.

    Args:
        queue: The queue.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-available-cloudwatch-metrics.html
    """
    dimensions = {"QueueName": queue.value}
    if queue.dead_letter:
        return alarm(
            f"{queue.title}Alarm",
            f"{queue.title} holds messages that nobody could process: each says why; mend the "
            "cause, then start a redrive.",
            metric=(_QUEUE_NAMESPACE, "ApproximateNumberOfMessagesVisible"),
            dimensions=dimensions,
            statistic="Maximum",
            threshold=1,
            evaluation_periods=1,
            topic_arn=topic_arn,
        )
    return alarm(
        f"{queue.title}AgeAlarm",
        f"{queue.title} is not worked off: its oldest message waits for more than "
        f"{queue.max_age_seconds} s.",
        metric=(_QUEUE_NAMESPACE, "ApproximateAgeOfOldestMessage"),
        dimensions=dimensions,
        statistic="Maximum",
        threshold=queue.max_age_seconds,
        evaluation_periods=1,
        topic_arn=topic_arn,
    )
