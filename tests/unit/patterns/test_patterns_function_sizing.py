import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.function_sizing import (
    Profile,
    Size,
    Sizing,
    log_retention_days,
    sizing,
    storage_for_file_mib,
)
from support.environments import ENVIRONMENTS

DEV = EnvironmentConfig.get("dev")


def tuned(**found: object) -> EnvironmentConfig:
    return DEV.override(compute={"tuned_functions": [{"function": "worker", **found}]})


@pytest.mark.parametrize(
    ("profile", "size"),
    [
        (Profile.CRITICAL, Sizing(1536, 300, tuned=False)),
        (Profile.BATCH, Sizing(3008, 900, tuned=False)),
    ],
)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_critical_and_batch_are_the_same_everywhere(
    name: str, profile: Profile, size: Sizing
) -> None:
    assert sizing(EnvironmentConfig.get(name), "worker", Size(profile)) == size


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_standard_is_the_environments_own_size(name: str) -> None:
    compute = EnvironmentConfig.get(name).compute
    size = sizing(EnvironmentConfig.get(name), "worker", Size())
    assert size == Sizing(compute.lambda_memory_mib, compute.lambda_timeout_seconds, tuned=False)


@pytest.mark.parametrize(
    ("explicit", "size"),
    [
        ({"memory_mib": 256}, Sizing(256, 900, tuned=False)),
        ({"timeout_seconds": 60}, Sizing(3008, 60, tuned=False)),
        ({"memory_mib": 256, "timeout_seconds": 60}, Sizing(256, 60, tuned=False)),
    ],
)
def test_what_is_given_beats_the_profile(explicit: dict[str, int], size: Sizing) -> None:
    assert sizing(DEV, "worker", Size(Profile.BATCH, **explicit)) == size


@pytest.mark.parametrize(
    ("found", "size"),
    [
        ({"memory_mib": 512}, Sizing(512, 60, tuned=True)),
        ({"memory_mib": 512, "timeout_seconds": 30}, Sizing(512, 30, tuned=True)),
    ],
)
def test_what_tuning_found_beats_what_is_given(found: dict[str, int], size: Sizing) -> None:
    config = tuned(**found)
    assert sizing(config, "worker", Size(Profile.BATCH, 256, 60)) == size


def test_tuning_says_nothing_of_other_functions() -> None:
    assert not sizing(tuned(memory_mib=512), "other", Size(Profile.BATCH)).tuned


@pytest.mark.parametrize(
    ("configured", "standard", "critical"), [(3, 3, 30), (30, 30, 30), (90, 90, 90)]
)
def test_critical_logs_are_kept_for_a_month_at_least(
    configured: int, standard: int, critical: int
) -> None:
    config = DEV.override(monitoring={"log_retention_days": configured})
    assert log_retention_days(config, Profile.STANDARD) == standard
    assert log_retention_days(config, Profile.BATCH) == standard
    assert log_retention_days(config, Profile.CRITICAL) == critical


@pytest.mark.parametrize(("file", "disk"), [(1, 512), (256, 512), (257, 513), (5120, 5376)])
def test_the_largest_file_fits_on_the_disk(file: int, disk: int) -> None:
    assert storage_for_file_mib(file) == disk
