"""How long an invocation took, by the report that Lambda writes at its end.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from errors import ReportError

_TEXT_REPORT = "REPORT RequestId:"
_JSON_REPORT = "platform.report"

_DURATION = re.compile(r"\t((?:[A-Z][a-z]+ )?(?:[A-Z][a-z]+ )?Duration): ([0-9.]+) ms")

_METRICS = {
    "Duration": "durationMs",
    "Billed Duration": "billedDurationMs",
    "Init Duration": "initDurationMs",
    "Restore Duration": "restoreDurationMs",
    "Billed Restore Duration": "billedRestoreDurationMs",
}
"""A figure's name in a text report, and in a JSON report."""


@dataclass(frozen=True)
class Report:
    """How long one invocation took, all in milliseconds.

    Attributes:
        duration_ms: What the caller waited for: starting the environment, where it was
            started for this invocation, and running.
        billed_ms: What Lambda charges for.
        cold: Whether the environment was started, or restored, for this invocation.
    """

    duration_ms: float
    billed_ms: float
    cold: bool


def report(log_tail: str) -> Report:
    """Return the report at the end of a log.

    Args:
        log_tail: Its last 4 KB in base64, as Lambda answers with ``LogType`` ``Tail``.

    Raises:
        ReportError: There is none.
    """
    log = base64.b64decode(log_tail).decode(errors="replace")
    metrics = _text_metrics(log) or _json_metrics(log)
    if metrics is None or not {"durationMs", "billedDurationMs"} <= metrics.keys():
        raise ReportError("the log of an invocation ends without Lambda's report")
    start_ms = metrics.get("initDurationMs", 0) + metrics.get("restoreDurationMs", 0)
    return Report(
        duration_ms=metrics["durationMs"] + start_ms,
        # What is billed for a start in the ordinary way is part of the billed duration.
        billed_ms=metrics["billedDurationMs"] + metrics.get("billedRestoreDurationMs", 0),
        cold=start_ms > 0,
    )


def _text_metrics(log: str) -> dict[str, float] | None:
    """Return the figures of a text report; the last one is Lambda's."""
    _, found, line = log.rpartition(_TEXT_REPORT)
    if not found:
        return None
    return {_METRICS[name]: float(ms) for name, ms in _DURATION.findall(line) if name in _METRICS}


def _json_metrics(log: str) -> dict[str, float] | None:
    """Return the figures of a JSON report; the last one is Lambda's."""
    found = None
    for line in log.splitlines():
        if _JSON_REPORT in line:
            for entry in _objects(line):
                if entry.get("type") == _JSON_REPORT:
                    found = entry["record"]["metrics"]
    return None if found is None else {name: float(found[name]) for name in found if name in _KNOWN}


_KNOWN = frozenset(_METRICS.values())


def _objects(line: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects of a line; extensions write theirs without ending the line."""
    decoder = json.JSONDecoder()
    position = line.find("{")
    while position >= 0:
        try:
            entry, end = decoder.raw_decode(line, position)
        except ValueError:
            end = position + 1
        else:
            if isinstance(entry, dict):
                yield entry
        position = line.find("{", end)
