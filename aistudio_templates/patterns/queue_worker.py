"""Workers: a queue, the function that works it off, and the queue of what it could not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access, combined
from aistudio_templates.patterns.function_code import FunctionCode
from aistudio_templates.patterns.function_options import FunctionOptions
from aistudio_templates.patterns.function_sizing import Size, sizing
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.patterns.queue import (
    Queue,
    QueueFacts,
    QueueWithDlq,
    consumer,
    queue_with_dlq,
)
from aistudio_templates.policies.grants import consume_messages, send_messages


@dataclass(frozen=True)
class Work:
    """A worker's queue, and how fast it is worked off.

    Attributes:
        title: Logical id of the queue; ``…Dlq`` is its own dead-letter queue's.
        batch_size: Most messages of one invocation, 1 to 10 without a window.
        max_concurrency: Most invocations at once, 2 to 1,000.
        batching_window_seconds: How long to gather a batch, in seconds.
        max_receives: How often a message is tried.
        name: Physical name, where something outside knows it.
        dlq_name: Physical name of its own dead-letter queue.
        dlq: A dead-letter queue that several workers share. Default: one of its own.
        topic_arns: SNS topics that may send to it.
    """

    title: str
    batch_size: int
    max_concurrency: int
    batching_window_seconds: int = 0
    max_receives: int = 3
    name: str | None = None
    dlq_name: str | None = None
    dlq: Queue | None = None
    topic_arns: Sequence[Value] = ()


@dataclass(frozen=True)
class QueueWorker(Handle):
    """A worker.

    Attributes:
        function: The function.
        queue: What feeds it.
        source: The event source mapping between queue and function.
        own_dlq: Its dead-letter queue; ``None`` where it shares another's.
        dlq_facts: The dead-letter queue's name, with what monitoring needs to know.
    """

    function: OptimizedLambda
    queue: Queue
    source: Any
    own_dlq: Queue | None
    dlq_facts: QueueFacts

    @property
    def assets(self) -> tuple[Asset, ...]:
        """What has to be in the artifact bucket."""
        return self.function.assets


_STANDARD = Size()
_NO_ACCESS = Access()
_NO_OPTIONS = FunctionOptions()


def queue_worker(
    name: str,
    config: EnvironmentConfig,
    *,
    work: Work,
    code: FunctionCode,
    description: str,
    size: Size = _STANDARD,
    access: Access = _NO_ACCESS,
    layers: Sequence[Value] = (),
    options: FunctionOptions = _NO_OPTIONS,
) -> QueueWorker:
    """Return a function that works off a queue, and the queue, made for its timeout.

    Args:
        name: Stem of the function's logical ids; see :func:`optimized_lambda`.
        config: The environment.
        work: The queue.
        code: What the function runs.
        description: What it does, for the console.
        size: Profile, memory and timeout.
        access: What it may reach beside its queues.
        layers: ARNs of layer versions.
        options: What few functions need.
    """
    queue = _queue(work, sizing(config, names.kebab_case(name), size).timeout_seconds)
    function = optimized_lambda(
        name,
        config,
        code=code,
        description=description,
        size=size,
        access=combined(_own_access(config, work, queue), access),
        layers=layers,
        options=options,
    )
    source = _source(function, queue.main, work)
    own_dlq = queue.dead_letter if work.dlq is None else None
    return QueueWorker(function, queue.main, source, own_dlq, queue.dead_letter.facts)


def _queue(work: Work, timeout_seconds: int) -> QueueWithDlq:
    return queue_with_dlq(
        work.title,
        consumer_timeout_seconds=timeout_seconds,
        name=work.name,
        dlq=work.dlq,
        dlq_name=work.dlq_name,
        max_receives=work.max_receives,
        batching_window_seconds=work.batching_window_seconds,
        topic_arns=work.topic_arns,
    )


def _own_access(config: EnvironmentConfig, work: Work, queue: QueueWithDlq) -> Access:
    """Return what a worker needs that puts hopeless messages aside without further attempts."""
    return Access(
        {
            "ENVIRONMENT": config.name,
            "DEAD_LETTER_QUEUE_URL": queue.dead_letter.url,
            "MAX_RECEIVES": str(work.max_receives),
        },
        (*consume_messages(queue.main.arn), *send_messages(queue.dead_letter.arn)),
    )


def _source(function: OptimizedLambda, queue: Queue, work: Work) -> Any:
    return consumer(
        function,
        queue,
        batch_size=work.batch_size,
        max_concurrency=work.max_concurrency,
        batching_window_seconds=work.batching_window_seconds,
    )
