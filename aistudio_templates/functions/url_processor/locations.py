"""Checked URLs: what may be asked of which host.

Pure decisions on text; it calls nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from failures import UrlRefusedError

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Schemes that are fetched, with their ports."""

_MAX_URL_CHARACTERS = 2_048

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
"""White space, control characters and backslashes, which parsers read in different ways."""

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:.]{2,45}")
"""A host's name or an IPv6 address, in ASCII and lower case."""

_SAFE_IN_TARGET = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True)
class Location:
    """Where a page is.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Name or address, in ASCII and lower case, without brackets.
        port: TCP port.
        target: Path and query, as they are sent.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host as the ``Host`` header has it; the port only if it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole URL, without a fragment."""
        return f"{self.origin}{self.target}"


def locate(url: str, ports: Collection[int]) -> Location:
    """Return what ``url`` points to.

    Args:
        url: An absolute URL.
        ports: Ports that may be connected to.

    Raises:
        UrlRefusedError: It is not a plain web address, or has credentials or another port.
    """
    if len(url) > _MAX_URL_CHARACTERS or _FORBIDDEN.search(url):
        raise UrlRefusedError("the URL is too long or has characters that are not allowed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlRefusedError("the URL is not well-formed") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlRefusedError("only http and https URLs are fetched")
    if "@" in parts.netloc:
        raise UrlRefusedError("the URL must not contain a user or a password")
    host = _host(parts.hostname or "")
    # Only an IPv6 address has brackets; later versions of IP do not exist.
    if ("[" in parts.netloc) != (":" in host):
        raise UrlRefusedError("the URL's host is not well-formed")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise UrlRefusedError("the URL's port is not allowed")
    return Location(parts.scheme, host, port, _target(parts))


def _host(name: str) -> str:
    """Return the host in ASCII; international names in their ``xn--`` form."""
    try:
        host = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError as error:
        raise UrlRefusedError("the URL's host is not well-formed") from error
    host = host.lower().removesuffix(".")
    if not _HOST.fullmatch(host):
        raise UrlRefusedError("the URL's host is not well-formed")
    return host


def _target(parts: SplitResult) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe=_SAFE_IN_TARGET)
