"""The Aurora cost dashboard: what the cluster uses, and what that costs at list price."""

from __future__ import annotations

from typing import Any

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.dashboard import Metric, Widget, dashboard, graph, number, text
from aistudio_templates.prices import HOURS_PER_MONTH, regional_prices

_NAMESPACE = "AWS/RDS"


def aurora_cost_dashboard(
    config: EnvironmentConfig, *, cluster: str, instances: tuple[str, ...]
) -> Any:
    """Return the dashboard ``aurora-cost-<environment>``.

    Args:
        config: Its database settings are what the text states.
        cluster: DB cluster identifier, or ``${LogicalId}`` of ``Fn::Sub``.
        instances: DB instance identifiers, or ``${LogicalId}`` each.
    """
    price = _acu_hour_usd(config)
    rows: list[list[Widget]] = [
        [text(_settings(config, price), height=6)],
        *_costs(instances, price),
        *_load({"DBClusterIdentifier": cluster}),
    ]
    return dashboard("AuroraCostDashboard", f"aurora-cost-{config.name}", rows)


def _costs(instances: tuple[str, ...], price: float) -> list[list[Widget]]:
    """Return rows on the capacity in use, and on what it costs."""
    per_hour = [*_capacity(instances, visible=False), _cost("USD per hour", price, 1)]
    return [
        [
            graph("Capacity by instance", _capacity(instances), unit_label="ACU"),
            graph("Cost per hour", per_hour, unit_label="USD"),
        ],
        [
            _cost_number("Cost now, per hour", instances, price, 1),
            _cost_number("At this rate, per day", instances, price, 24),
            _cost_number("At this rate, per month", instances, price, HOURS_PER_MONTH),
        ],
    ]


def _load(dimensions: dict[str, str]) -> list[list[Widget]]:
    """Return rows on what the cluster is asked for."""
    reads = _metric("VolumeReadIOPs", dimensions, statistic="Sum")
    writes = _metric("VolumeWriteIOPs", dimensions, statistic="Sum")
    return [
        [
            graph("Connections", [_metric("DatabaseConnections", dimensions)]),
            graph("CPU", [_metric("CPUUtilization", dimensions)], maximum=100, unit_label="%"),
        ],
        [
            graph("Storage", [_metric("VolumeBytesUsed", dimensions)], period_seconds=3600),
            graph("Storage I/O, billed", [reads, writes]),
        ],
    ]


def _acu_hour_usd(config: EnvironmentConfig) -> float:
    """Return what one ACU costs for an hour, in USD, after the savings plan.

    Source: https://aws.amazon.com/savingsplans/database-pricing/
    """
    database = config.database
    listed = regional_prices(config.region).usd(f"aurora.capacity.{database.storage_type}")
    return round(float(listed) * (1 - database.savings_plan_discount_percent / 100), 6)


def _settings(config: EnvironmentConfig, price: float) -> str:
    database = config.database
    pause = (
        f"after {database.seconds_until_auto_pause} idle seconds" if database.auto_pause else "off"
    )
    floor = database.min_capacity_acu * price * HOURS_PER_MONTH * (1 + database.readers)
    lines = [
        f"# Aurora, {config.name}",
        f"- Capacity: {database.min_capacity_acu:g} to {database.max_capacity_acu:g} ACU an "
        f"instance, {1 + database.readers} instances; at the minimum {floor:.2f} USD a month",
        f"- Auto-pause: {pause}; RDS proxy: {'on' if database.proxy else 'off'}",
        f"- Schedules that change the capacity: {len(database.scheduled_capacity)}, "
        f"{database.schedule_timezone}",
        f"- Price: {price:g} USD an ACU-hour, savings plan: "
        f"{database.savings_plan_discount_percent:g} %; storage, I/O and backups come on top",
    ]
    return "\n".join(lines)


def _capacity(instances: tuple[str, ...], *, visible: bool = True) -> list[Metric]:
    return [
        Metric(
            label=instance,
            namespace=_NAMESPACE,
            name="ServerlessDatabaseCapacity",
            dimensions={"DBInstanceIdentifier": instance},
            id=f"acu{index}",
            visible=visible,
        )
        for index, instance in enumerate(instances)
    ]


def _cost(label: str, price: float, hours: int) -> Metric:
    # The cluster's own metric is the average of its instances; only the sum is billed.
    hourly = f"SUM(METRICS('acu')) * {price}"
    expression = hourly if hours == 1 else f"{hourly} * {hours}"
    return Metric(label=label, expression=expression, id="cost")


def _cost_number(title: str, instances: tuple[str, ...], price: float, hours: int) -> Widget:
    return number(title, [*_capacity(instances, visible=False), _cost("USD", price, hours)])


def _metric(name: str, dimensions: dict[str, str], *, statistic: str = "Average") -> Metric:
    return Metric(
        label=name, namespace=_NAMESPACE, name=name, dimensions=dimensions, statistic=statistic
    )
