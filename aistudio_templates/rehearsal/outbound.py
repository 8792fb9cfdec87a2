"""Nothing leaves the machine: the child refuses to connect to anything but loopback.

Connections are refused by an audit hook, which nothing in the process can remove. It is in
the child and, by ``confinement``, in every Python function that the child runs. Whatever
else is run there has an environment that names a proxy which is not there.
Runs in the child and in its functions' workers; standard library only.
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
    elif event == "socket.getaddrinfo" and not _is_address(arguments[0]):
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
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: Any) -> bool:
    """Return whether a host is given by address, so that nobody is asked for it."""
    if not isinstance(host, str):  # bytes and numbers are read in another way
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
