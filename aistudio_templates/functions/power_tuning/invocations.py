"""Invoking the function at one memory size, with what runs before and after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from errors import InvocationError
from tuning import Tuning

_EMPTY = frozenset({b"", b"null"})
"""Answers of a pre-processor that leave the payload as it is."""

_MAX_SHOWN_CHARACTERS = 1_000


@dataclass(frozen=True)
class Answer:
    """What an invocation came to.

    Attributes:
        body: What the function returned, or the error as JSON.
        failed: Whether it is an error.
        log_tail: End of the log, in base64.
    """

    body: bytes
    failed: bool
    log_tail: str

    def error(self) -> tuple[str, str]:
        """Return type and message of the error."""
        try:
            told = json.loads(self.body)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            return "Unknown", self.body.decode(errors="replace")
        return str(told.get("errorType", "Unknown")), str(told.get("errorMessage", ""))


class Invocations:
    """Invokes one function, at one memory size.

    Args:
        client: Client of Lambda.
        tuning: The function, its processors, and which errors are none.
    """

    def __init__(self, client: Any, tuning: Tuning) -> None:
        self._client = client
        self._tuning = tuning

    def run(self, alias: str, payload: bytes) -> Answer:
        """Invoke the function once and return its answer.

        The post-processor gets whatever it answered, an error too.

        Raises:
            InvocationError: The function or a processor failed.
        """
        tuning = self._tuning
        if tuning.pre_processor_arn is not None:
            prepared = self._process("preProcessorARN", tuning.pre_processor_arn, payload)
            payload = payload if prepared in _EMPTY else prepared
        answer = self._invoke(tuning.function_arn, payload, Qualifier=alias)
        if tuning.post_processor_arn is not None:
            self._process("postProcessorARN", tuning.post_processor_arn, answer.body)
        if answer.failed and answer.error()[0] not in tuning.allowed_exceptions:
            raise self._failure(alias, answer, payload)
        return answer

    def _process(self, name: str, arn: str, payload: bytes) -> bytes:
        answer = self._invoke(arn, payload)
        if answer.failed:
            raise self._failure(name, answer, payload)
        return answer.body

    def _invoke(self, arn: str, payload: bytes, **qualifier: str) -> Answer:
        answer = self._client.invoke(FunctionName=arn, Payload=payload, LogType="Tail", **qualifier)
        failed = "FunctionError" in answer
        return Answer(answer["Payload"].read(), failed, answer.get("LogResult", ""))

    def _failure(self, what: str, answer: Answer, payload: bytes) -> InvocationError:
        error_type, message = answer.error()
        told = f"{what} failed: {error_type}: {_short(message)}"
        if self._tuning.hide_payloads:
            return InvocationError(told)
        return InvocationError(f"{told}, with payload {_short(payload.decode(errors='replace'))}")


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + "…"
