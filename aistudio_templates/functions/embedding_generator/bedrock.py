"""Embedding models of Amazon Bedrock; the role is the credential.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
and https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aistudio_shared.records import PermanentError
from botocore.exceptions import BotoCoreError, ClientError
from providers import DIMENSIONS, RequestLimits, TransientError

_TRANSIENT_CODES = frozenset(
    {
        "InternalServerException",
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ServiceQuotaExceededException",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)
"""Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/
API_runtime_InvokeModel.html#API_runtime_InvokeModel_Errors
"""

_TOO_SMALL = re.compile(r"amazon\.titan-embed-text-v2|cohere\.embed-(english|multilingual)-v3")
"""Models that give 1,024 dimensions at most."""


@dataclass(frozen=True)
class _Family:
    """Models that share the form of their requests.

    Attributes:
        ids: Matches ids of the models, also within an inference profile's id or an ARN.
        limits: What one request may carry.
        body: Returns a request's body.
        vectors: Returns the vectors of an answer.
    """

    ids: re.Pattern[str]
    limits: RequestLimits
    body: Callable[[Sequence[str]], dict[str, Any]]
    vectors: Callable[[dict[str, Any]], list[Any]]


def _cohere_body(texts: Sequence[str]) -> dict[str, Any]:
    return {
        "input_type": "search_document",
        "texts": list(texts),
        "embedding_types": ["float"],
        "output_dimension": DIMENSIONS,
    }


def _cohere_vectors(answer: dict[str, Any]) -> list[Any]:
    # By type when types were asked for; the plain list is the form of a single type.
    embeddings = answer["embeddings"]
    return list(embeddings["float"] if isinstance(embeddings, dict) else embeddings)


_FAMILIES = (
    _Family(
        re.compile(r"(^|[./])cohere\.embed-v4"),
        # 96 texts a call; 128,000 tokens, and a character may be more than one of them.
        RequestLimits(texts=96, characters=100_000),
        _cohere_body,
        _cohere_vectors,
    ),
    _Family(
        re.compile(r"(^|[./])amazon\.titan-embed-(text-v1|g1-text-02)"),
        RequestLimits(texts=1, characters=50_000),
        lambda texts: {"inputText": texts[0]},
        lambda answer: [answer["embedding"]],
    ),
)


class BedrockProvider:
    """One model of Bedrock.

    Args:
        client: A ``bedrock-runtime`` client that does not retry by itself.
        model_id: A model's or an inference profile's id or ARN.

    Raises:
        PermanentError: The model gives no vectors of 1,536 dimensions, or is unknown.
    """

    def __init__(self, client: Any, model_id: str) -> None:
        self._client = client
        self._model_id = model_id
        self._family = _family(model_id)

    @property
    def limits(self) -> RequestLimits:
        """What it takes at once."""
        return self._family.limits

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Return one vector a text, in order, unchecked.

        Raises:
            PermanentError: Bedrock refuses.
            TransientError: It cannot serve now.
        """
        try:
            answer = self._client.invoke_model(
                modelId=self._model_id,
                contentType="application/json",
                accept="application/json",
                body=json.dumps(self._family.body(texts)),
            )
            content = answer["body"].read()
        except ClientError as error:
            raise _failure(error) from error
        except BotoCoreError as error:
            raise TransientError(f"Bedrock did not answer: {type(error).__name__}") from error
        try:
            return self._family.vectors(json.loads(content))
        except (KeyError, TypeError, ValueError) as error:
            raise PermanentError("the model's answer is not of the documented form") from error


def _family(model_id: str) -> _Family:
    for family in _FAMILIES:
        if family.ids.search(model_id):
            return family
    if _TOO_SMALL.search(model_id):
        raise PermanentError(f"{model_id} gives fewer than {DIMENSIONS} dimensions")
    raise PermanentError(f"{model_id} is not an embedding model that this function knows")


def _failure(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _TRANSIENT_CODES or status >= 500:
        return TransientError(f"Bedrock cannot serve now: {code}")
    return PermanentError(f"Bedrock refuses the request: {code}{_hint(error, code)}")


def _hint(error: ClientError, code: str) -> str:
    """Return what to do about a common refusal; its message itself may quote the text.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
    """
    if "on-demand throughput" in error.response.get("Error", {}).get("Message", ""):
        return "; it serves this model only through an inference profile"
    if code == "AccessDeniedException":
        return "; the account may have to subscribe to this model first"
    return ""
