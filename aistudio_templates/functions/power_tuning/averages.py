"""What one memory size costs, and how long it takes, on average."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BASE_MEMORY_MIB = 128
"""Prices are reckoned for the smallest memory size and grow with it."""

_MIB_PER_GIB = 1_024
_MS_PER_SECOND = 1_000


def trimmed_mean(values: Sequence[float], discarded: float) -> float:
    """Return the mean without the smallest and largest values.

    Args:
        values: At least one.
        discarded: Share that is left out at either end, 0 to 0.4.
    """
    cut = int(len(values) * discarded)
    kept = sorted(values)[cut : len(values) - cut]
    return sum(kept) / len(kept)


def price_usd(duration_ms: float, memory_mib: int, *, usd_per_gb_second: float) -> float:
    """Return what a duration costs: each begun millisecond at its memory's price, in USD.

    Source: https://aws.amazon.com/lambda/pricing/
    """
    base = usd_per_gb_second * _BASE_MEMORY_MIB / _MIB_PER_GIB / _MS_PER_SECOND
    return math.ceil(duration_ms) * base * (memory_mib / _BASE_MEMORY_MIB)
