"""State after the clean-up: chooses the memory size. It calls nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from strategies import Candidate, winner
from tuning import Tuning
from visualization import visualization_url


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 # Lambda's
    """Return the result of the execution, as AWS Lambda Power Tuning documents it.

    Args:
        event: The state machine's data; ``stats`` is what the executors returned.
        context: Lambda's.

    Returns:
        ``power`` in MiB, ``cost`` in USD and ``duration`` in milliseconds of one invocation;
        ``stateMachine`` with what the tuning itself cost in USD and the address of its
        picture; ``stats`` if asked for. A dry run has no result.
    """
    tuning = Tuning.of(event)
    if tuning.dry_run:
        return {"dryRun": True}
    stats = sorted(event["stats"], key=lambda entry: int(entry["value"]))
    candidates = [
        Candidate(entry["value"], entry["averagePrice"], entry["averageDuration"])
        for entry in stats
    ]
    best = winner(candidates, tuning.strategy, balanced_weight=tuning.balanced_weight)
    result: dict[str, Any] = {
        "power": best.memory_mib,
        "cost": best.cost_usd,
        "duration": best.duration_ms,
        "stateMachine": {
            "executionCost": _execution_cost(tuning, len(stats)),
            "lambdaCost": sum(entry["totalCost"] for entry in stats),
            "visualization": visualization_url(candidates, os.environ["AWS_REGION"]),
        },
    }
    if tuning.include_results:
        result["stats"] = _without_totals(stats)
    return result


def _execution_cost(tuning: Tuning, sizes: int) -> float:
    """Return the price of the execution's state transitions without repetitions, in USD.

    Six happen once: into the initializer, the map, the cleaner, the analyzer, the optimizer
    and to the end. Each version takes publisher and choice, each memory size an executor.
    """
    transitions = 6 + 2 * tuning.versions(sizes) + sizes
    return round(transitions * float(os.environ["STATE_TRANSITION_PRICE"]), 5)


def _without_totals(stats: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: entry[key] for key in entry if key != "totalCost"} for entry in stats]
