"""Running a state machine's definition in this process, as far as power tuning uses the language.

Retries wait for nothing; every input and output goes through JSON.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[[Any], Any]


class StateError(Exception):
    """What a state fails with, by name; Step Functions may know no cause."""

    def __init__(self, error: str, cause: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause

    @property
    def output(self) -> dict[str, str]:
        return {"Error": self.error} | ({} if self.cause is None else {"Cause": self.cause})


@dataclass
class Execution:
    """How an execution ended, and which states it entered."""

    status: str = "RUNNING"
    output: Any = None
    error: str = ""
    cause: str = ""
    entered: list[str] = field(default_factory=list)


class StateMachine:
    """A definition, and the handlers behind its resources."""

    def __init__(self, definition: str, handlers: Mapping[str, Handler]) -> None:
        self.states: dict[str, Any] = json.loads(definition)
        self._handlers = handlers

    def run(self, given: Any) -> Execution:
        """Run an execution to its end."""
        execution = Execution()
        try:
            execution.output = self._walk(self.states, _copied(given), execution)
            execution.status = "SUCCEEDED"
        except StateError as error:
            execution.status, execution.error = "FAILED", error.error
            execution.cause = error.cause or ""
        return execution

    def _walk(self, machine: Mapping[str, Any], data: Any, execution: Execution) -> Any:
        name = machine["StartAt"]
        while True:
            execution.entered.append(name)
            state = machine["States"][name]
            if state["Type"] == "Fail":
                raise _failure(state, data)
            if state["Type"] == "Choice":
                (choice,) = state["Choices"]
                taken = _found(choice["Variable"], data) is choice["BooleanEquals"]
                name = choice["Next"] if taken else state["Default"]
                continue
            data, following = self._step(state, data, execution)
            if following is None:
                return data
            name = following

    def _step(self, state: Any, data: Any, execution: Execution) -> tuple[Any, str | None]:
        try:
            result = self._attempts(state, data, execution)
        except StateError as error:
            for catch in state.get("Catch", []):
                if _matches(catch, error):
                    return _placed(catch["ResultPath"], data, error.output), str(catch["Next"])
            raise
        data = _placed(state.get("ResultPath", "$"), data, result)
        return _found(state.get("OutputPath", "$"), data), state.get("Next")

    def _attempts(self, state: Any, data: Any, execution: Execution) -> Any:
        used: dict[int, int] = {}
        while True:
            try:
                return self._attempt(state, data, execution)
            except StateError as error:
                retries = enumerate(state.get("Retry", []))
                index, retry = next(((i, r) for i, r in retries if _matches(r, error)), (-1, None))
                used[index] = used.get(index, 0) + 1
                if retry is None or used[index] > retry["MaxAttempts"]:
                    raise

    def _attempt(self, state: Any, data: Any, execution: Execution) -> Any:
        if state["Type"] == "Map":
            return [
                self._walk(state["ItemProcessor"], _selected(state, data, item), execution)
                for item in _found(state["ItemsPath"], data)
            ]
        handler = self._handlers[state["Resource"]]
        try:
            return _copied(handler(_copied(data)))
        except StateError:
            raise
        except Exception as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            raise StateError(type(error).__name__, json.dumps(told)) from error


def _failure(state: Mapping[str, Any], data: Any) -> StateError:
    error = state["Error"] if "Error" in state else _found(state["ErrorPath"], data)
    path = state["CausePath"]
    if path.startswith("States.JsonToString("):
        return StateError(error, json.dumps(_found(path[20:-1], data)))
    cause = _found(path, data)
    assert isinstance(cause, str)
    return StateError(error, cause)


def _matches(rule: Mapping[str, Any], error: StateError) -> bool:
    return error.error in rule["ErrorEquals"] or rule["ErrorEquals"] == ["States.ALL"]


def _selected(state: Mapping[str, Any], data: Any, item: Any) -> dict[str, Any]:
    return {
        name.removesuffix(".$"): item if path == "$$.Map.Item.Value" else _found(path, data)
        for name, path in state["ItemSelector"].items()
    }


def _found(path: str, data: Any) -> Any:
    for part in path.removeprefix("$").split("."):
        data = data[part] if part else data
    return data


def _placed(path: str | None, data: Any, result: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return result
    placed = copy.deepcopy(data)
    placed[path.removeprefix("$.")] = result
    return placed


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))
