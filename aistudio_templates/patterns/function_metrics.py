"""A function's metrics, as lines of graphs, and what its use costs."""

from __future__ import annotations

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric
from aistudio_templates.prices import regional_prices

NAMESPACE = "AWS/Lambda"

_MIB_PER_GB = 1024
_MS_PER_SECOND = 1000


def function_metric(
    name: str,
    metric: str,
    *,
    label: str = "",
    statistic: str = "Sum",
    id: str = "",  # noqa: A002 # CloudWatch's own word
    visible: bool = True,
    right_axis: bool = False,
    color: str = "",
) -> Metric:
    """Return one metric of a function.

    Args:
        name: The function's name, or ``${LogicalId}`` of ``Fn::Sub``.
        metric: Such as ``Invocations``.
        label: Legend text. Default: the metric's name.
        statistic: Such as ``Sum`` or ``p99``.
        id: Name for expressions to refer to.
        visible: Whether the line is drawn.
        right_axis: Whether the line uses the right axis.
        color: Such as ``#d13212``. Default: CloudWatch's choice.
    """
    return Metric(
        label=label or metric,
        namespace=NAMESPACE,
        name=metric,
        dimensions={"FunctionName": name},
        statistic=statistic,
        id=id,
        visible=visible,
        right_axis=right_axis,
        color=color,
    )


def cost_expression(
    config: EnvironmentConfig,
    *,
    invocations: str,
    duration_sum: str,
    memory_mib: int,
    architecture: str,
) -> str:
    """Return metric math for what a period's invocations cost, in USD.

    Args:
        config: Its region gives the prices.
        invocations: Id of the metric ``Invocations``, statistic ``Sum``.
        duration_sum: Id of the metric ``Duration``, statistic ``Sum``, in ms.
        memory_mib: The function's memory, in MiB.
        architecture: ``arm64`` or ``x86_64``.

    Raises:
        ConfigError: The price book has no prices of the region.

    Source: https://aws.amazon.com/lambda/pricing/
    """
    prices = regional_prices(config.region)
    per_gb_second = prices.usd(f"lambda.duration.{architecture}")
    per_request = prices.usd("lambda.requests")
    gb = f"{memory_mib / _MIB_PER_GB:g}"
    return (
        f"{duration_sum} / {_MS_PER_SECOND} * {gb} * {per_gb_second:f} "
        f"+ {invocations} * {per_request:f}"
    )
