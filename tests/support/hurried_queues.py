"""SQS whose messages come back soon, and which remembers when they were to come back.

It passes everything on, but makes every pause that a consumer asks for a short one: an hour
of retries takes seconds.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from support.loopback_server import Request, Response, serving

_CHANGE_VISIBILITY = "AmazonSQS.ChangeMessageVisibility"

_HURRIED_SECONDS = 1
"""Not at once: the consumer that asks is not done with the message yet."""


class HurriedQueues:
    """SQS, in front of an SQS.

    Args:
        endpoint_url: The SQS behind it.

    Attributes:
        endpoint_url: What an ``sqs`` client is pointed at.
        pauses_seconds: The pauses that were asked for, in seconds.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._behind = urlsplit(endpoint_url).netloc
        self.endpoint_url = ""
        self.pauses_seconds: list[int] = []

    @contextmanager
    def serving(self) -> Iterator[HurriedQueues]:
        """Serve until the block ends."""
        with serving(self._answer) as self.endpoint_url:
            yield self

    def _answer(self, request: Request) -> Response:
        body = request.body
        if request.headers.get("x-amz-target") == _CHANGE_VISIBILITY:
            content = json.loads(body)
            self.pauses_seconds.append(content["VisibilityTimeout"])
            pause_seconds = min(content["VisibilityTimeout"], _HURRIED_SECONDS)
            body = json.dumps({**content, "VisibilityTimeout": pause_seconds}).encode()
        connection = http.client.HTTPConnection(self._behind, timeout=30)
        try:
            headers = {**request.headers, "content-length": str(len(body))}
            connection.request("POST", request.path, body, headers)
            answer = connection.getresponse()
            passed_on = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() in {"content-type", "x-amzn-requestid", "x-amzn-query-error"}
            }
            return Response(answer.read(), answer.status, passed_on)
        finally:
            connection.close()
