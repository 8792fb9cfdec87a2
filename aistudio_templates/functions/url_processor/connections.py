"""Connections to checked addresses, on which no wait outlasts the deadline.

The host's name is looked up once, by the caller. Connecting by name again would allow the
second answer to differ from the checked one (DNS rebinding).
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from addresses import Address
from failures import FetchError
from locations import Location

_MAX_CONNECT_SECONDS = 10.0
"""For one address; a host may have several."""


class Deadline:
    """The end of the time for one page.

    Args:
        seconds: From now on.
        clock: Returns seconds of a monotonic clock.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def seconds_left(self) -> float:
        """Return how many seconds remain.

        Raises:
            FetchError: None remain.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise FetchError("the page took too long")
        return left


class _Reader(io.RawIOBase):
    """Reads a socket; a server that sends byte by byte gains no time by it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        # The socket stays open until this is closed, though the connection lets go earlier.
        self._raw = cast("io.RawIOBase", sock.makefile("rb", buffering=0))
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.seconds_left())
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Socket:
    """As much of a socket as ``http.client`` uses."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.seconds_left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 # always "rb"
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


def connect(
    location: Location,
    addresses: Sequence[Address],
    *,
    deadline: Deadline,
    tls: ssl.SSLContext,
) -> http.client.HTTPConnection:
    """Return a connection to the first of ``addresses`` that answers.

    Args:
        location: Whose host TLS must prove to be.
        addresses: Checked addresses of that host.
        deadline: Ends every wait.
        tls: Verifies certificates.

    Raises:
        FetchError: The time is over.
        OSError: No address answers, or the certificate is not the host's.
    """
    sock = _connect(location, addresses, deadline)
    try:
        if location.scheme == "https":
            sock.settimeout(deadline.seconds_left())
            sock = tls.wrap_socket(sock, server_hostname=location.host)
    except BaseException:
        sock.close()
        raise
    connection = http.client.HTTPConnection(location.host, location.port)
    # Otherwise http.client would open a lost connection again, by name.
    connection.auto_open = 0
    connection.sock = _Socket(sock, deadline)
    return connection


def _connect(location: Location, addresses: Sequence[Address], deadline: Deadline) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses:
        timeout = min(deadline.seconds_left(), _MAX_CONNECT_SECONDS)
        try:
            return socket.create_connection((str(address), location.port), timeout)
        except OSError as error:
            failure = error
    raise failure
