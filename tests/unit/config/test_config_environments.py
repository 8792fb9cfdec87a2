import datetime
import re

import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import ConfigError

NAMES = ("dev", "staging", "prod")


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_valid(name: str) -> None:
    assert EnvironmentConfig.get(name).name == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", (0, 2, True, 1, False, 0, False)),
        ("staging", (0.5, 4, False, 3, False, 0, False)),
        ("prod", (2, 8, False, 7, True, 1, False)),
    ],
)
def test_database_figures(name: str, expected: tuple[float | bool, ...]) -> None:
    database = EnvironmentConfig.get(name).database
    assert (
        database.min_capacity_acu,
        database.max_capacity_acu,
        database.auto_pause,
        database.backup_retention_days,
        database.deletion_protection,
        database.readers,
        database.proxy,
    ) == expected


@pytest.mark.parametrize(
    ("name", "source", "zones", "gateways"),
    [("dev", "create", 2, 1), ("staging", "share:dev", 2, 2), ("prod", "create", 3, 3)],
)
def test_network_figures(name: str, source: str, zones: int, gateways: int) -> None:
    network = EnvironmentConfig.get(name).network
    assert network.vpc_source == source
    assert (network.availability_zones, network.nat_gateways) == (zones, gateways)


@pytest.mark.parametrize(
    ("name", "memory_mib", "timeout_seconds", "tasks", "retention_days"),
    [("dev", 1024, 300, 1, 7), ("staging", 2048, 600, 1, 14), ("prod", 3008, 900, 2, 30)],
)
def test_compute_and_monitoring_figures(
    name: str, memory_mib: int, timeout_seconds: int, tasks: int, retention_days: int
) -> None:
    config = EnvironmentConfig.get(name)
    assert config.compute.lambda_memory_mib == memory_mib
    assert config.compute.lambda_timeout_seconds == timeout_seconds
    assert config.compute.ecs_desired_count == tasks
    assert config.compute.architecture == "arm64"
    assert config.monitoring.log_retention_days == retention_days
    assert config.monitoring.tracing_enabled is (name != "dev")


@pytest.mark.parametrize("name", ["Dev", "production", "", "../dev", "-rf", "dévl", "x" * 200])
def test_unknown_environments_are_named_with_what_is_valid(name: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(repr(name))) as caught:
        EnvironmentConfig.get(name)
    assert "valid: dev, prod, staging" in (caught.value.hint or "")


def minimum_at(weekday: int, hour: int) -> float:
    """Follow prod's schedules through a week and return the minimum then in force."""
    starts = []
    for schedule in EnvironmentConfig.get("prod").database.scheduled_capacity:
        match = re.fullmatch(r"cron\((\d+) (\d+) \? \* MON-FRI \*\)", schedule.cron)
        assert match is not None, schedule.cron
        minute, start_hour = map(int, match.groups())
        starts += [
            (datetime.timedelta(days=day, hours=start_hour, minutes=minute), schedule)
            for day in range(5)
        ]
    now = datetime.timedelta(days=weekday, hours=hour, minutes=45)
    earlier = [entry for entry in starts if entry[0] <= now] or starts
    return max(earlier, key=lambda entry: entry[0])[1].min_capacity_acu


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("hour", range(24))
def test_prods_minimum_is_right_in_every_hour_of_the_week(weekday: int, hour: int) -> None:
    at_work = weekday < 5 and 7 <= hour < 20
    assert minimum_at(weekday, hour) == (2.0 if at_work else 0.5)
