"""How much memory and time a function gets: tuned, explicit, or by its profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aistudio_templates.config import EnvironmentConfig


class Profile(StrEnum):
    """What matters most about a function.

    ``critical`` answers somebody who waits, and may keep provisioned instances;
    ``standard`` is everything else that is short; ``batch`` is long and heavy.
    """

    CRITICAL = "critical"
    STANDARD = "standard"
    BATCH = "batch"


_CRITICAL_MEMORY_MIB = 1536
"""Most of a vCPU (1,769 MiB are a whole one), so that starting is quick."""

_CRITICAL_TIMEOUT_SECONDS = 300
_BATCH_MEMORY_MIB = 3008
_BATCH_TIMEOUT_SECONDS = 900

DEFAULT_EPHEMERAL_STORAGE_MIB = 512
"""Disk that every function has for nothing, in MiB."""

_SPARE_DISK_MIB = 256
"""For the file system itself, and what a function writes beside the file that it reads."""

_MIN_CRITICAL_LOG_DAYS = 30
"""Who investigates an incident looks back a month, in every environment."""


@dataclass(frozen=True)
class Size:
    """The size that a function asks for; what power tuning found wins.

    Attributes:
        profile: Gives what is not given here, and how long logs are kept; only
            ``critical`` may keep provisioned instances.
        memory_mib: 128 to 10,240, in MiB. Default: the profile's.
        timeout_seconds: 1 to 900, in seconds. Default: the profile's.
    """

    profile: Profile = Profile.STANDARD
    memory_mib: int | None = None
    timeout_seconds: int | None = None


@dataclass(frozen=True)
class Sizing:
    """The size that a function gets.

    Attributes:
        memory_mib: Memory, in MiB; CPU comes with it.
        timeout_seconds: Timeout, in seconds.
        tuned: Whether power tuning found the memory.
    """

    memory_mib: int
    timeout_seconds: int
    tuned: bool


def sizing(config: EnvironmentConfig, function: str, asked: Size) -> Sizing:
    """Return the size of a function: what tuning found, else what is given, else the profile's.

    Args:
        config: Tuning results and the defaults of the standard profile.
        function: The function in kebab case, as in ``compute.tuned_functions``.
        asked: What the function asks for.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    default_memory, default_timeout = _profile_size(config, asked.profile)
    tuned = config.compute.tuned(function)
    memory = asked.memory_mib or default_memory
    timeout = asked.timeout_seconds or default_timeout
    if tuned is None:
        return Sizing(memory, timeout, tuned=False)
    return Sizing(tuned.memory_mib, tuned.timeout_seconds or timeout, tuned=True)


def storage_for_file_mib(largest_mib: int) -> int:
    """Return the disk of a function that works on one file at a time, in MiB.

    Args:
        largest_mib: The largest file, in MiB.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
    """
    return max(DEFAULT_EPHEMERAL_STORAGE_MIB, largest_mib + _SPARE_DISK_MIB)


def log_retention_days(config: EnvironmentConfig, profile: Profile) -> int:
    """Return how long a function's log is kept: never shorter for a critical one, in days."""
    days = config.monitoring.log_retention_days
    return max(days, _MIN_CRITICAL_LOG_DAYS) if profile is Profile.CRITICAL else days


def _profile_size(config: EnvironmentConfig, profile: Profile) -> tuple[int, int]:
    match profile:
        case Profile.CRITICAL:
            return _CRITICAL_MEMORY_MIB, _CRITICAL_TIMEOUT_SECONDS
        case Profile.BATCH:
            return _BATCH_MEMORY_MIB, _BATCH_TIMEOUT_SECONDS
        case Profile.STANDARD:
            return config.compute.lambda_memory_mib, config.compute.lambda_timeout_seconds
