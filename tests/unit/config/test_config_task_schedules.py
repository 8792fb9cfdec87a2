import zoneinfo
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import ConfigError

SCHEDULE: dict[str, Any] = {
    "name": "business-hours",
    "cron": "cron(30 7 ? * MON-FRI *)",
    "min_count": 4,
    "max_count": 20,
}


def test_only_prod_changes_its_limits_by_the_clock() -> None:
    counts = {
        name: len(EnvironmentConfig.get(name).compute.ecs_scheduled_counts)
        for name in ("dev", "staging", "prod")
    }
    assert counts == {"dev": 0, "staging": 0, "prod": 2}
    assert zoneinfo.ZoneInfo(EnvironmentConfig.get("prod").database.schedule_timezone)


def test_the_clock_never_goes_below_two_tasks_in_prod() -> None:
    compute = EnvironmentConfig.get("prod").compute
    limits = [schedule.min_count for schedule in compute.ecs_scheduled_counts]
    assert min([*limits, compute.ecs_min_count]) == 2


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        ((SCHEDULE | {"min_count": 21},), "min_count = 21 is above max_count = 20"),
        ((SCHEDULE, SCHEDULE), "two entries of ecs_scheduled_counts have the same name"),
        ((SCHEDULE | {"cron": "rate(1 day)"},), "must match"),
        ((SCHEDULE | {"min_count": 0},), "min_count"),
        ((SCHEDULE | {"min": 1},), "min"),
    ],
)
def test_limits_that_cannot_be_are_refused(
    schedules: tuple[dict[str, Any], ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        EnvironmentConfig.get("dev").override(compute={"ecs_scheduled_counts": schedules})


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_nobody_opens_a_shell_by_default(name: str) -> None:
    assert EnvironmentConfig.get(name).compute.ecs_execute_command is False
