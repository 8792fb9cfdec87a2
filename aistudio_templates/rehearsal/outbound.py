"""Nothing leaves the machine: the child refuses to connect to anything but loopback.

The child's own connections are refused by an audit hook, which nothing in the process
can remove. Functions run in processes of their own: their environment names a proxy that
is not there, which every HTTP client of the standard library and of the AWS SDK obeys.
Runs in the child; standard library only.
"""

from __future__ import annotations

import errno
import ipaddress
import sys
from collections.abc import Mapping
from typing import Any

NO_PROXY_ANSWERS = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""

_CONNECTING = frozenset({"socket.connect", "socket.sendto"})


def outbound_environment() -> Mapping[str, str]:
    """Return variables that lead HTTP clients of child processes nowhere."""
    return {
        "HTTP_PROXY": NO_PROXY_ANSWERS,
        "HTTPS_PROXY": NO_PROXY_ANSWERS,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def refuse_outbound() -> None:
    """Refuse every connection of this process beyond loopback, for good."""
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CONNECTING:
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        # A name server would be asked on the way to a host that is refused anyway.
        address = (arguments[0] or "",)
    else:
        return
    if not _is_local(address):
        raise OSError(errno.ENETUNREACH, f"a rehearsal stays on this machine: {address!r}")


def _is_local(address: Any) -> bool:
    """Return whether a socket address is on this machine; a path of a Unix socket is."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
