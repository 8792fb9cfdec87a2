"""A function's own dashboard, ``<function>-metrics``."""

from __future__ import annotations

from typing import Any

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph, number
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_metrics import cost_expression, function_metric

_RED = "#d13212"


def function_dashboard(config: EnvironmentConfig, facts: FunctionFacts) -> Any | None:
    """Return the dashboard of one function, where the environment has them.

    Args:
        config: Whether there are such dashboards, and the region's prices.
        facts: The function.
    """
    if not config.monitoring.function_dashboards_enabled:
        return None
    name = f"${{{facts.title}Function}}"
    rows: list[list[Widget]] = [
        [
            graph(
                "Invocations, errors and throttles",
                [
                    function_metric(name, "Invocations"),
                    function_metric(name, "Errors", right_axis=True, color=_RED),
                    function_metric(name, "Throttles", right_axis=True),
                ],
            ),
            graph(
                "Duration and concurrency",
                [
                    function_metric(name, "Duration", statistic="Average", label="Average"),
                    function_metric(name, "Duration", statistic="p99", label="p99"),
                    function_metric(
                        name, "ConcurrentExecutions", statistic="Maximum", right_axis=True
                    ),
                ],
                unit_label="ms",
            ),
        ],
        [
            graph("Error rate", _error_rate(name), maximum=100, unit_label="%"),
            number("Cost of the last hour", _cost(config, facts, name), period_seconds=3600),
        ],
    ]
    kebab = names.kebab_case(facts.title)
    title = names.physical_name(config.name, f"{kebab}-metrics")
    return dashboard(f"{facts.title}Dashboard", title, rows)


def _error_rate(name: str) -> list[Metric]:
    return [
        function_metric(name, "Errors", id="errors", visible=False),
        function_metric(name, "Invocations", id="invocations", visible=False),
        # No traffic is no error, not a division by zero.
        Metric(
            label="Error rate",
            expression="IF(invocations > 0, 100 * errors / invocations, 0)",
            id="rate",
        ),
    ]


def _cost(config: EnvironmentConfig, facts: FunctionFacts, name: str) -> list[Metric]:
    expression = cost_expression(
        config,
        invocations="invocations",
        duration_sum="duration",
        memory_mib=facts.memory_mib,
        architecture=facts.architecture,
    )
    return [
        function_metric(name, "Invocations", id="invocations", visible=False),
        function_metric(name, "Duration", id="duration", visible=False),
        Metric(label="USD", expression=expression, id="cost"),
    ]
