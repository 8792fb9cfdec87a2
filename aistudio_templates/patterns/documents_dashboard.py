"""The dashboard ``AIStudio-DocumentProcessing-<environment>``: workers and their queues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph
from aistudio_templates.patterns.function_metrics import function_metric
from aistudio_templates.patterns.queue import Queue
from aistudio_templates.patterns.queue_worker import QueueWorker

_NAMESPACE = "AWS/SQS"
_WAITING = "ApproximateNumberOfMessagesVisible"


def documents_dashboard(
    config: EnvironmentConfig, workers: Sequence[QueueWorker], dlq: Queue
) -> Any:
    """Return the dashboard of the workers that process documents.

    Args:
        config: The environment.
        workers: Resources of the same template.
        dlq: The dead-letter queue that they share.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-available-cloudwatch-metrics.html
    """
    queues = [worker.queue for worker in workers]
    rows: list[list[Widget]] = [
        [
            graph("Processing errors", _of_functions(workers, "Errors", "Sum")),
            graph("Dead-letter queue", _of_queues([dlq], _WAITING)),
        ],
        [
            graph("Duration", _of_functions(workers, "Duration", "Average"), unit_label="ms"),
            graph("Concurrency", _of_functions(workers, "ConcurrentExecutions", "Maximum")),
        ],
        [
            graph("Documents that wait", _of_queues(queues, _WAITING)),
            graph(
                "Age of the oldest document",
                _of_queues(queues, "ApproximateAgeOfOldestMessage"),
                unit_label="s",
            ),
        ],
    ]
    title = names.document_name(config.name, "DocumentProcessing")
    return dashboard("DocumentsDashboard", title, rows)


def _of_functions(workers: Iterable[QueueWorker], metric: str, statistic: str) -> list[Metric]:
    return [
        function_metric(
            f"${{{worker.function.function.title}}}",
            metric,
            label=worker.function.facts.title,
            statistic=statistic,
        )
        for worker in workers
    ]


def _of_queues(queues: Iterable[Queue], metric: str) -> list[Metric]:
    return [
        Metric(
            label=queue.facts.title,
            namespace=_NAMESPACE,
            name=metric,
            dimensions={"QueueName": f"${{{queue.facts.title}.QueueName}}"},
            statistic="Maximum",
        )
        for queue in queues
    ]
