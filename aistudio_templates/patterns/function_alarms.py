"""Alarms on functions and queues, from the facts that their stacks hand over."""

from __future__ import annotations

from typing import Any

from aistudio_templates.model import Value
from aistudio_templates.patterns.alarm import MetricAlarm, Threshold, alarm, alarms
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_metrics import NAMESPACE
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
    title = function.title
    near_timeout_ms = function.timeout_seconds * 1000 * _NEAR_TIMEOUT
    watched = (
        MetricAlarm(
            f"{title}ErrorsAlarm",
            f"{title} fails: its log group has the errors, X-Ray the calls.",
            (NAMESPACE, "Errors"),
            Threshold(function.tolerated_errors + 1, evaluation_periods=2),
            "Sum",
        ),
        MetricAlarm(
            f"{title}ThrottlesAlarm",
            f"{title} is throttled: the account's concurrency is used up, or what is reserved "
            "for it is too little.",
            (NAMESPACE, "Throttles"),
            Threshold(1),
            "Sum",
        ),
        MetricAlarm(
            f"{title}DurationAlarm",
            f"{title} nearly times out after {function.timeout_seconds} s: give it more memory "
            "or time, or smaller work.",
            (NAMESPACE, "Duration"),
            Threshold(near_timeout_ms, evaluation_periods=1),
            "Maximum",
        ),
    )
    dimensions = {"FunctionName": function.value}
    return alarms(watched, dimensions=dimensions, topic_arn=topic_arn)


def queue_alarm(queue: QueueFacts, *, topic_arn: Value) -> Any:
    """Return an alarm on messages that wait too long, or on any in a dead-letter queue.

    Args:
        queue: The queue.
        topic_arn: The topic to notify.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-available-cloudwatch-metrics.html
    """
    watched = _dead_letters(queue) if queue.dead_letter else _age(queue)
    return alarm(watched, dimensions={"QueueName": queue.value}, topic_arn=topic_arn)


def _dead_letters(queue: QueueFacts) -> MetricAlarm:
    return MetricAlarm(
        f"{queue.title}Alarm",
        f"{queue.title} holds messages that nobody could process: each says why; mend the "
        "cause, then start a redrive.",
        (_QUEUE_NAMESPACE, "ApproximateNumberOfMessagesVisible"),
        Threshold(1, evaluation_periods=1),
        "Maximum",
    )


def _age(queue: QueueFacts) -> MetricAlarm:
    return MetricAlarm(
        f"{queue.title}AgeAlarm",
        f"{queue.title} is not worked off: its oldest message waits for more than "
        f"{queue.max_age_seconds} s.",
        (_QUEUE_NAMESPACE, "ApproximateAgeOfOldestMessage"),
        Threshold(queue.max_age_seconds, evaluation_periods=1),
        "Maximum",
    )
