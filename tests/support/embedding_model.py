"""A stand-in for Cohere Embed v4 on Amazon Bedrock.

It takes and gives what the documentation says. Its vectors count words: texts that share
words are near each other, the same text has the same vector everywhere.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from support.loopback_server import Request, Response, serving

MODEL_ID = "cohere.embed-v4:0"
_DIMENSIONS = (256, 512, 1024, 1536)
_MAX_TEXTS = 96


class EmbeddingModel:
    """The model, which remembers what it was asked.

    Attributes:
        endpoint_url: What a ``bedrock-runtime`` client is pointed at.
        requests: Bodies of the requests that it served.
        refusals: How many requests it still throttles.
    """

    def __init__(self) -> None:
        self.endpoint_url = ""
        self.requests: list[dict[str, Any]] = []
        self.refusals = 0

    @contextmanager
    def serving(self) -> Iterator[EmbeddingModel]:
        """Serve until the block ends."""
        with serving(self._answer) as self.endpoint_url:
            yield self

    def _answer(self, request: Request) -> Response:
        if unquote(request.path) != f"/model/{MODEL_ID}/invoke":
            return _error(404, "ResourceNotFoundException")
        if self.refusals:
            self.refusals -= 1
            return _error(429, "ThrottlingException")
        body = json.loads(request.body)
        if not _is_valid(body):
            return _error(400, "ValidationException")
        self.requests.append(body)
        vectors = [vector(text, body["output_dimension"]) for text in body["texts"]]
        answer = {
            "id": str(len(self.requests)),
            "response_type": "embeddings_by_type",
            "embeddings": {"float": vectors},
            "texts": body["texts"],
        }
        return Response(json.dumps(answer).encode(), headers={"content-type": "application/json"})


def vector(text: str, dimensions: int = 1536) -> list[float]:
    """Return the vector of a text: of length 1, one dimension a word."""
    counts = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()):
        counts[int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) % dimensions] += 1.0
    length = math.hypot(*counts) or 1.0
    return [count / length for count in counts]


def _is_valid(body: dict[str, Any]) -> bool:
    return (
        body.get("input_type") in {"search_document", "search_query"}
        and body.get("embedding_types") == ["float"]
        and body.get("output_dimension") in _DIMENSIONS
        and 0 < len(body.get("texts", ())) <= _MAX_TEXTS
        and all(isinstance(text, str) and text for text in body["texts"])
    )


def _error(status: int, code: str) -> Response:
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return Response(json.dumps({"message": code}).encode(), status, headers)
