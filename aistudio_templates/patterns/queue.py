"""Queues with their dead-letter queues, and the functions that consume them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, awslambda, sns, sqs

from aistudio_templates.errors import TemplateError
from aistudio_templates.model import Described, Value
from aistudio_templates.model.troposphere_gaps import ScalingConfig
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.statements import tls_only

DEAD_LETTER_SECONDS = 14 * 24 * 3600
"""The longest that SQS keeps a message, in seconds."""

_RETENTION_SECONDS = 4 * 24 * 3600
"""A weekend and a day: longer than any outage should last, in seconds."""

_LONG_POLLING_SECONDS = 20
"""The longest that an empty receive waits: fewer of them, and each is billed."""

_VISIBILITY_FACTOR = 6
"""Visibility timeout over function timeout: room for retries when a function is throttled.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

_MAX_VISIBILITY_SECONDS = 43_200


@dataclass(frozen=True)
class QueueFacts(Described):
    """A queue's name, and what alarms need to know of it.

    Attributes:
        title: Logical id, such as ``FileProcessingQueue``.
        dead_letter: Whether it holds what nobody could process.
        max_age_seconds: Age of its oldest message that is worth an alarm, in seconds.
    """

    title: str
    dead_letter: bool
    max_age_seconds: int


@dataclass(frozen=True)
class Queue(Handle):
    """A queue and its policy.

    Attributes:
        queue: The queue.
        policy: Refuses plain HTTP, and lets its topics send.
        facts: Its name, with what monitoring needs to know.
        visibility_seconds: How long a received message is invisible, in seconds.
    """

    queue: Any
    policy: Any
    facts: QueueFacts
    visibility_seconds: int

    @property
    def url(self) -> Value:
        """The queue's URL."""
        return Ref(self.queue)

    @property
    def arn(self) -> Value:
        """The queue's ARN."""
        return GetAtt(self.queue, "Arn")


@dataclass(frozen=True)
class QueueWithDlq(Handle):
    """A queue, and the dead-letter queue for what fails too often."""

    main: Queue
    dead_letter: Queue


def dead_letter_queue(title: str, *, name: str | None = None) -> Queue:
    """Return a queue that keeps what nobody could process for two weeks.

    Args:
        title: Logical id.
        name: Physical name, where something outside knows it.
    """
    return _queue(title, name=name, retention_seconds=DEAD_LETTER_SECONDS, dead_letter=True)


def queue_with_dlq(
    title: str,
    *,
    consumer_timeout_seconds: int,
    name: str | None = None,
    dlq: Queue | None = None,
    dlq_name: str | None = None,
    max_receives: int = 3,
    batching_window_seconds: int = 0,
    max_age_seconds: int = 3600,
    topic_arns: Sequence[Value] = (),
) -> QueueWithDlq:
    """Return an encrypted queue for a function, and its dead-letter queue.

    Args:
        title: Logical id; ``…Dlq`` is the dead-letter queue's.
        consumer_timeout_seconds: Timeout of the function that consumes it, in seconds.
        name: Physical name, where something outside knows it.
        dlq: A dead-letter queue that several queues share. Default: one of its own.
        dlq_name: Physical name of its own dead-letter queue.
        max_receives: How often a message is tried.
        batching_window_seconds: The event source's batching window, in seconds.
        max_age_seconds: Age of the oldest message that is worth an alarm, in seconds.
        topic_arns: SNS topics that may send to it; see :func:`subscription`.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-dead-letter-queues.html
    """
    visibility = _VISIBILITY_FACTOR * consumer_timeout_seconds + batching_window_seconds
    dead_letter = dlq or dead_letter_queue(f"{title}Dlq", name=dlq_name)
    main = _queue(
        title,
        name=name,
        retention_seconds=_RETENTION_SECONDS,
        visibility_seconds=min(visibility, _MAX_VISIBILITY_SECONDS),
        redrive_to=(dead_letter, max_receives),
        max_age_seconds=max_age_seconds,
        topic_arns=topic_arns,
    )
    return QueueWithDlq(main, dead_letter)


def subscription(queue: Queue, topic_arn: Value) -> Any:
    """Return the subscription by which a topic's messages reach a queue, envelope and all.

    The queue's own key takes them; a KMS key of ours would have to let SNS in.

    Args:
        queue: The queue, made with the topic among its ``topic_arns``.
        topic_arn: The topic.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
    """
    return sns.SubscriptionResource(
        f"{queue.facts.title}Subscription",
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue.arn,
        # A message that arrives before the policy would be lost.
        DependsOn=queue.policy.title,
    )


def consumer(
    function: OptimizedLambda,
    queue: Queue,
    *,
    batch_size: int,
    max_concurrency: int,
    batching_window_seconds: int = 0,
) -> Any:
    """Return the event source mapping by which a function consumes a queue.

    The function answers which messages of a batch failed, so that the others are done.

    Args:
        function: The function; give it the grant ``consume_messages``.
        queue: The queue.
        batch_size: Most messages of one invocation, 1 to 10 without a window.
        max_concurrency: Most invocations at once, 2 to 1,000: the queue waits, and nothing
            is counted as a failed receive.
        batching_window_seconds: How long to gather a batch, in seconds.

    Raises:
        TemplateError: A message could reappear while the function still works on it.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    _check_visibility(function, queue)
    return awslambda.EventSourceMapping(
        f"{function.facts.title}Source",
        EventSourceArn=queue.arn,
        FunctionName=function.arn,
        BatchSize=batch_size,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig=ScalingConfig(MaximumConcurrency=max_concurrency),
        **present(MaximumBatchingWindowInSeconds=batching_window_seconds or None),
    )


def _check_visibility(function: OptimizedLambda, queue: Queue) -> None:
    if function.facts.timeout_seconds >= queue.visibility_seconds:
        raise TemplateError(
            f"function {function.facts.title}: its timeout of "
            f"{function.facts.timeout_seconds} s is not below the visibility timeout of "
            f"{queue.facts.title}, {queue.visibility_seconds} s",
            "make the queue with the function's own timeout",
        )


def _queue(
    title: str,
    *,
    name: str | None,
    retention_seconds: int,
    visibility_seconds: int = 30,
    redrive_to: tuple[Queue, int] | None = None,
    dead_letter: bool = False,
    max_age_seconds: int = 0,
    topic_arns: Sequence[Value] = (),
) -> Queue:
    queue = sqs.Queue(
        title,
        MessageRetentionPeriod=retention_seconds,
        SqsManagedSseEnabled=True,
        VisibilityTimeout=visibility_seconds,
        ReceiveMessageWaitTimeSeconds=_LONG_POLLING_SECONDS,
        # Messages are work in flight; the documents and rows behind them are kept.
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **present(
            QueueName=name,
            RedrivePolicy=_redrive(*redrive_to) if redrive_to else None,
        ),
    )
    facts = QueueFacts(GetAtt(queue, "QueueName"), title, dead_letter, max_age_seconds)
    return Queue(queue, _policy(queue, topic_arns), facts, visibility_seconds)


def _redrive(dead_letter: Queue, max_receives: int) -> Any:
    return sqs.RedrivePolicy(deadLetterTargetArn=dead_letter.arn, maxReceiveCount=max_receives)


def _policy(queue: Any, topic_arns: Sequence[Value]) -> Any:
    """Return the queue's one policy: a second one would replace it.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-security-best-practices.html
    """
    arn = GetAtt(queue, "Arn")
    return sqs.QueuePolicy(
        f"{queue.title}Policy",
        Queues=[Ref(queue)],
        PolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                *([_topics_may_send(arn, topic_arns)] if topic_arns else []),
                tls_only("sqs:*", arn),
            ],
        },
    )


def _topics_may_send(queue_arn: Value, topic_arns: Sequence[Value]) -> dict[str, Any]:
    return {
        "Sid": "TopicsMaySend",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(topic_arns)}},
    }
