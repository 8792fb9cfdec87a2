"""A Lambda client with one function in memory, as far as power tuning uses Lambda."""

# ruff: noqa: N803 # argument names are boto3's

from __future__ import annotations

import base64
import copy
import io
import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from support.fake_cloudformation import Faults, api, client_error

FUNCTION_ARN = "arn:aws:lambda:us-east-1:111122223333:function:aistudio-dev-probe"
PAGE_SIZE = 2


@dataclass
class Run:
    """What a function does when it is invoked.

    Attributes:
        duration_ms: How long it runs, in milliseconds.
        init_ms: How long it starts, in milliseconds, where it has to.
        answer: What it returns.
        error: Type and message of what it raises instead.
    """

    duration_ms: float = 100.0
    init_ms: float = 250.0
    answer: Any = None
    error: tuple[str, str] | None = None


class FakeLambda:
    """One function with versions and aliases, and others that are only invoked.

    Attributes:
        latest: Configuration of ``$LATEST``.
        versions: Configuration by version.
        aliases: Alias by name, as Lambda returns it.
        behave: Says what the function does with a memory size and a payload.
        others: Says what another function does with a payload, by its ARN.
        invoked: What was invoked: ARN, alias and payload.
        faults: Failures to come and calls made.
    """

    def __init__(self, **configuration: Any) -> None:
        self.latest: dict[str, Any] = {
            "FunctionName": "aistudio-dev-probe",
            "MemorySize": 1024,
            "Description": "A probe",
            "Architectures": ["arm64"],
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/probe"},
            **configuration,
            "RevisionId": "r0",
            "LastUpdateStatus": "Successful",
        }
        self.versions: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, dict[str, Any]] = {}
        self.behave: Callable[[int, Any], Run] = lambda _memory, _payload: Run()
        self.others: dict[str, Callable[[Any], Run]] = {}
        self.invoked: list[tuple[str, str | None, Any]] = []
        self.faults = Faults()
        self._numbers = itertools.count(1)
        self._started: set[str] = set()

    # What tests look at.

    def state(self) -> dict[str, Any]:
        """Return what a tuning may change and has to put back."""
        return {k: self.latest[k] for k in ("MemorySize", "Description", "LoggingConfig")}

    # The API.

    @api
    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        self._check(FunctionName)
        return copy.deepcopy(self.latest)

    @api
    def update_function_configuration(self, *, FunctionName: str, **changes: Any) -> dict[str, Any]:
        self._check(FunctionName)
        if self.latest["LastUpdateStatus"] != "Successful":
            raise client_error("ResourceConflictException", "an update is in progress", "Update")
        if len(changes.get("Description", "")) > 256:
            raise client_error("ValidationException", "the description is too long", "Update")
        self.latest |= copy.deepcopy(changes)
        self.latest["RevisionId"] = f"r{next(self._numbers)}"
        self.latest["LastUpdateStatus"] = "InProgress"
        return copy.deepcopy(self.latest)

    @api
    def publish_version(self, *, FunctionName: str, RevisionId: str) -> dict[str, Any]:
        self._check(FunctionName)
        if RevisionId != self.latest["RevisionId"]:
            raise client_error("PreconditionFailedException", "another revision", "PublishVersion")
        newest = max(self.versions, key=int, default=None)
        if newest is not None and self.versions[newest]["RevisionId"] == RevisionId:
            return copy.deepcopy(self.versions[newest])
        number = str(next(self._numbers))
        self.versions[number] = copy.deepcopy(self.latest) | {"Version": number}
        return copy.deepcopy(self.versions[number])

    @api
    def create_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str) -> dict[str, Any]:
        self._check(FunctionName)
        if Name in self.aliases:
            raise client_error("ResourceConflictException", "the alias exists", "CreateAlias")
        return self._point(Name, FunctionVersion)

    @api
    def update_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str) -> dict[str, Any]:
        self._check(FunctionName)
        if Name not in self.aliases:
            raise client_error("ResourceNotFoundException", "no such alias", "UpdateAlias")
        return self._point(Name, FunctionVersion)

    @api
    def delete_alias(self, *, FunctionName: str, Name: str) -> None:
        self._check(FunctionName)
        if self.aliases.pop(Name, None) is None:
            raise client_error("ResourceNotFoundException", "no such alias", "DeleteAlias")

    @api
    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:
        self._check(FunctionName)
        if self._pointing(Qualifier):
            raise client_error("ResourceConflictException", "an alias needs it", "DeleteFunction")
        if self.versions.pop(Qualifier, None) is None:
            raise client_error("ResourceNotFoundException", "no such version", "DeleteFunction")

    @api
    def list_aliases(self, *, FunctionName: str) -> list[dict[str, Any]]:
        self._check(FunctionName)
        return copy.deepcopy(list(self.aliases.values()))

    @api
    def list_versions_by_function(self, *, FunctionName: str) -> list[dict[str, Any]]:
        self._check(FunctionName)
        latest = self.latest | {"Version": "$LATEST"}
        return copy.deepcopy([latest, *self.versions.values()])

    @api
    def invoke(
        self, *, FunctionName: str, Payload: bytes, LogType: str, Qualifier: str | None = None
    ) -> dict[str, Any]:
        assert LogType == "Tail"
        payload = json.loads(Payload)
        self.invoked.append((FunctionName, Qualifier, payload))
        if FunctionName != FUNCTION_ARN:
            return _answer(self.others[FunctionName](payload), cold=False, logging={}, memory_mib=1)
        assert Qualifier is not None
        if Qualifier not in self.aliases:
            raise client_error("ResourceNotFoundException", "no such alias", "Invoke")
        version = self.versions[self.aliases[Qualifier]["FunctionVersion"]]
        cold = version["Version"] not in self._started
        self._started.add(version["Version"])
        run = self.behave(version["MemorySize"], payload)
        logging = version["LoggingConfig"]
        return _answer(run, cold=cold, logging=logging, memory_mib=version["MemorySize"])

    def get_waiter(self, name: str) -> Waiter:
        return Waiter(self, name)

    def get_paginator(self, name: str) -> Paginator:
        return Paginator(getattr(self, name), name)

    def _check(self, arn: str) -> None:
        assert arn == FUNCTION_ARN

    def _pointing(self, version: str) -> list[dict[str, Any]]:
        return [
            alias
            for alias in self.aliases.values()
            if alias["FunctionVersion"] == version
            or version in alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        ]

    def _point(self, name: str, version: str) -> dict[str, Any]:
        if version not in self.versions:
            raise client_error("ResourceNotFoundException", "no such version", "Alias")
        self.aliases[name] = {"Name": name, "FunctionVersion": version}
        return self.aliases[name]


@dataclass(frozen=True)
class Waiter:
    """Waits no time: an update is done as soon as somebody waits for it."""

    functions: FakeLambda
    name: str

    def wait(
        self, *, FunctionName: str, WaiterConfig: dict[str, int], Qualifier: str | None = None
    ) -> None:
        assert WaiterConfig["Delay"] >= 1
        self.functions.faults.enter(self.name, {"Qualifier": Qualifier})
        if self.name == "function_updated":
            assert Qualifier is None
            self.functions.latest["LastUpdateStatus"] = "Successful"
        elif Qualifier not in self.functions.aliases:
            raise client_error("ResourceNotFoundException", "no such alias", self.name)


@dataclass(frozen=True)
class Paginator:
    """Returns small pages."""

    operation: Callable[..., list[dict[str, Any]]]
    name: str

    def paginate(self, *, FunctionName: str) -> Iterator[dict[str, Any]]:
        key = {"list_aliases": "Aliases", "list_versions_by_function": "Versions"}[self.name]
        entries = self.operation(FunctionName=FunctionName)
        for start in range(0, max(len(entries), 1), PAGE_SIZE):
            yield {key: entries[start : start + PAGE_SIZE]}


def _answer(run: Run, *, cold: bool, logging: dict[str, str], memory_mib: int) -> dict[str, Any]:
    body = run.answer
    if run.error is not None:
        body = {"errorType": run.error[0], "errorMessage": run.error[1], "stackTrace": []}
    log = _report(run, cold=cold, logging=logging, memory_mib=memory_mib)
    answer = {
        "StatusCode": 200,
        "Payload": io.BytesIO(json.dumps(body).encode()),
        "LogResult": base64.b64encode(log.encode()).decode(),
    }
    return answer | ({"FunctionError": "Unhandled"} if run.error is not None else {})


def _report(run: Run, *, cold: bool, logging: dict[str, str], memory_mib: int) -> str:
    init_ms = run.init_ms if cold else 0
    billed_ms = math.ceil(run.duration_ms + init_ms)
    if logging.get("LogFormat") == "JSON":
        if logging.get("SystemLogLevel") == "WARN":
            return "{}\n"
        metrics = {"durationMs": run.duration_ms, "billedDurationMs": billed_ms}
        metrics |= {"initDurationMs": init_ms} if init_ms else {}
        record = {"type": "platform.report", "record": {"metrics": metrics}}
        return json.dumps(record) + "\n"
    report = (
        f"REPORT RequestId: x\tDuration: {run.duration_ms:.2f} ms\tBilled Duration: {billed_ms} ms"
        f"\tMemory Size: {memory_mib} MB\tMax Memory Used: 40 MB\t"
    )
    return report + (f"Init Duration: {init_ms:.2f} ms\t\n" if init_ms else "\n")
