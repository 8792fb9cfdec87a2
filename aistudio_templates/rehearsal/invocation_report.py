"""The report that ends the log of an invocation: how long it took, and what is billed.

Observed with ministack 1.5.33: ``Invoke`` with ``LogType`` ``Tail`` answers with the lines of
the function alone, so whoever measures functions by their log finds nothing. Runs in the
child; may use the emulator. A test fails once the emulator writes the report by itself.
"""

from __future__ import annotations

import functools
import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc


class _Stopwatch(threading.local):
    """When the invocation of this thread got where, in seconds of the monotonic clock."""

    spawned_at: float | None = None
    ready_at: float | None = None
    ended_at: float | None = None


_WATCH = _Stopwatch()


@dataclass(frozen=True)
class _Times:
    """How long an invocation took, in milliseconds."""

    duration_ms: float
    init_ms: float

    @property
    def billed_ms(self) -> int:
        return math.ceil(self.duration_ms + self.init_ms)


def report_invocations() -> None:
    """Let every invocation's log end with Lambda's report.

    It is text or JSON as the function's log format is, and missing where JSON system logs are
    limited to warnings.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    _watch_workers()
    dispatch = lambda_svc._execute_function_dispatch

    @functools.wraps(dispatch)
    def reporting(
        function: Any, configuration: dict[str, Any], event: Any, request_id: str, started: float
    ) -> Any:
        _WATCH.spawned_at = _WATCH.ready_at = _WATCH.ended_at = None
        began = time.monotonic()
        result = dispatch(function, configuration, event, request_id, started)
        if isinstance(result, dict) and _is_wanted(configuration):
            report = _report(configuration, request_id, _times(began))
            result["log"] = "\n".join(filter(None, [result.get("log"), report]))
        return result

    lambda_svc._execute_function_dispatch = reporting


def _watch_workers() -> None:
    """Note when a worker has started and when its handler has returned.

    Starting is no part of the duration; nor is the emulator's wait for late log lines.
    """
    worker = lambda_runtime.Worker
    spawn, drain = worker._spawn, worker._drain_stderr_bounded

    @functools.wraps(spawn)
    def spawning(self: Any) -> None:
        _WATCH.spawned_at = time.monotonic()
        spawn(self)
        _WATCH.ready_at = time.monotonic()

    @functools.wraps(drain)
    def draining(self: Any, *arguments: Any, **options: Any) -> Any:
        _WATCH.ended_at = time.monotonic()
        return drain(self, *arguments, **options)

    worker._spawn, worker._drain_stderr_bounded = spawning, draining


def _times(began: float) -> _Times:
    ended = _WATCH.ended_at or time.monotonic()
    if _WATCH.spawned_at is None or _WATCH.ready_at is None:
        return _Times((ended - began) * 1_000, 0.0)
    return _Times((ended - _WATCH.ready_at) * 1_000, (_WATCH.ready_at - _WATCH.spawned_at) * 1_000)


def _logging(configuration: Mapping[str, Any]) -> Mapping[str, str]:
    return configuration.get("LoggingConfig") or {}


def _is_wanted(configuration: Mapping[str, Any]) -> bool:
    logging = _logging(configuration)
    return logging.get("LogFormat") != "JSON" or logging.get("SystemLogLevel") != "WARN"


def _report(configuration: Mapping[str, Any], request_id: str, times: _Times) -> str:
    memory_mib = configuration.get("MemorySize", 128)
    if _logging(configuration).get("LogFormat") == "JSON":
        metrics = {
            "durationMs": round(times.duration_ms, 3),
            "billedDurationMs": times.billed_ms,
            "memorySizeMB": memory_mib,
        } | ({"initDurationMs": round(times.init_ms, 3)} if times.init_ms else {})
        record = {"requestId": request_id, "status": "success", "metrics": metrics}
        now = datetime.now(UTC).isoformat()
        return json.dumps({"time": now, "type": "platform.report", "record": record})
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {times.duration_ms:.2f} ms",
        f"Billed Duration: {times.billed_ms} ms",
        f"Memory Size: {memory_mib} MB",
    ]
    if times.init_ms:
        fields.append(f"Init Duration: {times.init_ms:.2f} ms")
    return "\t".join(fields)
