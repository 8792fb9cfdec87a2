"""The application's door for scheduled executions: one POST, over HTTPS only.

A request goes out again only if the application cannot have seen it, or has said that it
did not work on it. May import the standard library only.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_ANSWER_BYTES = 1_000_000
"""An answer says what was run; results are the application's to store."""

_PAUSES_SECONDS = (1.0, 2.0)
"""Before the second and the third attempt."""

_CONNECT_TIMEOUT_SECONDS = 10.0

_BUSY = frozenset({429, 503})
"""Answers of a server that did not work on the request.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4
"""

Connect = Callable[[str, int, float], http.client.HTTPConnection]
"""Makes a connection to a host's port that gives up after some seconds."""


class EndpointError(ValueError):
    """The application's address is none that we may call."""


class ApplicationError(Exception):
    """The application did not do it, or did not say so.

    Attributes:
        status: The status code it answered with; ``None`` without an answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _NotConnectedError(ApplicationError):
    """Nothing was sent."""


@dataclass(frozen=True)
class Answer:
    """What the application said.

    Attributes:
        status: 200 when the work is done, 202 when it goes on.
        body: The JSON object.
    """

    status: int
    body: Mapping[str, Any]


def https_connection(host: str, port: int, timeout_seconds: float) -> http.client.HTTPConnection:
    """Return a connection that checks the server's certificate and name."""
    return http.client.HTTPSConnection(
        host, port, timeout=timeout_seconds, context=ssl.create_default_context()
    )


class Application:
    """The application at one address.

    Args:
        base_url: Begins with ``https://``; may end with a path.
        connect: Makes connections.
        clock: Returns seconds that only ever grow.
        sleep: Pauses for some seconds.

    Raises:
        EndpointError: The address is not HTTPS, or holds what no base address holds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect: Connect = https_connection,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host, self._port, self._path = _address(base_url)
        self._connect = connect
        self._clock = clock
        self._sleep = sleep

    def post(
        self, path: str, body: Mapping[str, Any], *, headers: Mapping[str, str], seconds: float
    ) -> Answer:
        """Send ``body`` as JSON and return the answer.

        Redirects are not followed: a POST could become a GET, and the token would go
        where nobody meant it to.

        Args:
            path: Begins with a slash.
            body: Sent as JSON.
            headers: Beside those of JSON.
            seconds: How long all of it may take.

        Raises:
            ApplicationError: No answer in time, or none that says that it was done.
        """
        deadline = self._clock() + seconds
        for pause_seconds in _PAUSES_SECONDS:
            try:
                return self._once(path, body, headers, deadline)
            except ApplicationError as error:
                safe = isinstance(error, _NotConnectedError) or error.status in _BUSY
                if not safe or self._clock() + pause_seconds >= deadline:
                    raise
            self._sleep(pause_seconds)
        return self._once(path, body, headers, deadline)

    def _once(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str], deadline: float
    ) -> Answer:
        connection = self._connect(
            self._host, self._port, min(_CONNECT_TIMEOUT_SECONDS, self._left(deadline))
        )
        try:
            sock = self._opened(connection)
            sock.settimeout(self._left(deadline))
            all_headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request(
                "POST", self._path + path, json.dumps(body).encode(), {**all_headers, **headers}
            )
            response = connection.getresponse()
            return _answer(response.status, self._content(response, sock, deadline))
        except (OSError, http.client.HTTPException) as error:
            kind = type(error).__name__
            raise ApplicationError(f"no answer of the application: {kind}") from error
        finally:
            connection.close()

    def _opened(self, connection: http.client.HTTPConnection) -> socket.socket:
        try:
            connection.connect()
        except OSError as error:
            raise _NotConnectedError(f"no connection to {self._host}: {error}") from error
        opened: socket.socket = connection.sock
        return opened

    def _content(
        self, response: http.client.HTTPResponse, sock: socket.socket, deadline: float
    ) -> bytes:
        """Return the body; a server that sends it byte by byte meets the deadline too."""
        content = b""
        while not response.isclosed():
            sock.settimeout(self._left(deadline))
            piece = response.read1(MAX_ANSWER_BYTES)
            if not piece:
                break
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise ApplicationError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        return content

    def _left(self, deadline: float) -> float:
        left = deadline - self._clock()
        if left <= 0:
            raise ApplicationError("no answer of the application in time")
        return left


def _address(base_url: str) -> tuple[str, int, str]:
    """Return host, port and path; the address itself may hold a password and is not shown."""
    if not re.fullmatch(r"[!-~]+", base_url):
        raise EndpointError("the application's address holds white space, or is empty")
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port or http.client.HTTPS_PORT
    except ValueError as error:
        raise EndpointError("the application's address is malformed") from error
    if parts.scheme != "https":
        raise EndpointError("the application's address must begin with https://")
    if not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise EndpointError("the application's address must be https://host[:port][/path]")
    return host, port, parts.path.rstrip("/")


def _answer(status: int, content: bytes) -> Answer:
    if status not in range(200, 300):
        raise ApplicationError(f"the application answered {status}", status)
    try:
        body = json.loads(content, parse_constant=_no_json)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        # A load balancer's or a sign-in page says 200 as well.
        raise ApplicationError(f"the application answered {status} without a JSON object", status)
    return Answer(status, body)


def _no_json(constant: str) -> Any:
    """Refuse ``NaN`` and infinity: Python reads them, no database takes them as JSON."""
    raise ValueError(constant)
