"""The dashboard ``lambda-cost-<environment>``: what all functions use and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph, number, text
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_metrics import cost_expression, function_metric
from aistudio_templates.prices import HOURS_PER_MONTH, regional_prices

_HOUR_SECONDS = 3600

Watched = Sequence[tuple[FunctionFacts, str]]
"""Functions, each with its name as text of ``Fn::Sub``."""


def lambda_cost_dashboard(config: EnvironmentConfig, functions: Watched) -> Any:
    """Return the dashboard.

    The cost is a sum over the functions, each with its own memory and architecture.

    Args:
        config: Environment, and the region whose prices count.
        functions: The functions to add up.

    Raises:
        ConfigError: The price book has no prices of the region.
    """
    rows: list[list[Widget]] = [
        [text(_introduction(config, functions), height=5)],
        _sums(config, functions),
        [
            graph(
                "Cost per hour by function",
                _terms(config, functions, visible=True),
                period_seconds=_HOUR_SECONDS,
                unit_label="USD",
                stacked=True,
                legend="right",
            ),
            _by_function("Invocations by function", functions, "Invocations"),
        ],
        [
            _by_function("Errors by function", functions, "Errors"),
            _by_function("Throttles by function", functions, "Throttles"),
        ],
        [
            _by_function(
                "Average duration by function", functions, "Duration", "Average", unit_label="ms"
            ),
            _by_function("Concurrent executions", functions, "ConcurrentExecutions", "Maximum"),
        ],
    ]
    return dashboard("LambdaCostDashboard", f"lambda-cost-{config.name}", rows)


def _sums(config: EnvironmentConfig, functions: Watched) -> list[Widget]:
    """Return what all functions cost together: by the hour, and as if it went on for a month."""
    monthly = Metric(label="USD per month", expression=f"hourly * {HOURS_PER_MONTH}", id="monthly")
    return [
        graph(
            "Cost per hour, all functions",
            [*_terms(config, functions), _hourly(functions)],
            period_seconds=_HOUR_SECONDS,
            unit_label="USD",
        ),
        number(
            "At this rate, per month",
            [*_terms(config, functions), _hourly(functions, visible=False), monthly],
            period_seconds=_HOUR_SECONDS,
            width=12,
            height=6,
        ),
    ]


def _introduction(config: EnvironmentConfig, functions: Watched) -> str:
    prices = regional_prices(config.region)
    duration = prices.price("lambda.duration.arm64")
    on_arm = sum(facts.architecture == "arm64" for facts, _ in functions)
    tuned = {entry.function for entry in config.compute.tuned_functions}
    return "\n".join(
        [
            f"# Lambda costs, {config.name}",
            f"- {len(functions)} functions, {on_arm} of them on arm64, {len(tuned)} sized by "
            "power tuning",
            f"- List price of arm64 as of {duration.as_of}: {duration.usd} USD a "
            f"{duration.unit}, {prices.usd('lambda.requests')} USD a request; without free tier",
            "- Cost Explorer shows what was billed: filter by the tag "
            "`ManagedBy = OptimizedLambda`",
        ]
    )


def _terms(config: EnvironmentConfig, functions: Watched, *, visible: bool = False) -> list[Metric]:
    """Return each function's metrics, and its cost as ``cost0``, ``cost1`` and so on."""
    metrics: list[Metric] = []
    for index, (facts, name) in enumerate(functions):
        expression = cost_expression(
            config,
            invocations=f"n{index}",
            duration_sum=f"d{index}",
            memory_mib=facts.memory_mib,
            architecture=facts.architecture,
        )
        metrics += [
            function_metric(name, "Invocations", id=f"n{index}", visible=False),
            function_metric(name, "Duration", id=f"d{index}", visible=False),
            # A function without a call in the period has no data, and costs nothing.
            Metric(
                label=facts.title,
                expression=f"FILL({expression}, 0)",
                id=f"cost{index}",
                visible=visible,
            ),
        ]
    return metrics


def _hourly(functions: Watched, *, visible: bool = True) -> Metric:
    total = " + ".join(f"cost{index}" for index in range(len(functions)))
    return Metric(label="USD per hour", expression=total, id="hourly", visible=visible)


def _by_function(
    title: str,
    functions: Watched,
    metric: str,
    statistic: str = "Sum",
    *,
    unit_label: str = "",
) -> Widget:
    lines = [
        function_metric(name, metric, label=facts.title, statistic=statistic)
        for facts, name in functions
    ]
    return graph(title, lines, unit_label=unit_label, legend="right")
