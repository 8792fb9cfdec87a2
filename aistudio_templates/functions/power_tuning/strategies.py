"""Which memory size wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A memory size and what was measured.

    Attributes:
        memory_mib: Memory, in MiB.
        cost_usd: Average price of an invocation, in USD.
        duration_ms: Average duration, in milliseconds.
    """

    memory_mib: int
    cost_usd: float
    duration_ms: float


def winner(candidates: Sequence[Candidate], strategy: str, *, balanced_weight: float) -> Candidate:
    """Return the best of some candidates.

    Of equally cheap ones it is the fastest, of equally fast ones the cheapest, and of ones
    that are the same in both the smallest.

    Args:
        candidates: At least one.
        strategy: ``cost``, ``speed`` or ``balanced``.
        balanced_weight: Weight of cost against duration, each relative to the largest.
    """
    if strategy == "cost":
        return min(candidates, key=lambda c: (c.cost_usd, c.duration_ms, c.memory_mib))
    if strategy == "speed":
        return min(candidates, key=lambda c: (c.duration_ms, c.cost_usd, c.memory_mib))
    most_usd = max(candidate.cost_usd for candidate in candidates)
    most_ms = max(candidate.duration_ms for candidate in candidates)

    def balance(candidate: Candidate) -> tuple[float, float, int]:
        cost = balanced_weight * _share(candidate.cost_usd, most_usd)
        duration = (1 - balanced_weight) * _share(candidate.duration_ms, most_ms)
        return cost + duration, candidate.cost_usd, candidate.memory_mib

    return min(candidates, key=balance)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
