"""Fetching one page from the public internet, and from nowhere else.

Every hop is checked anew: the URL, the site's robots.txt, and all addresses of its host. The
connection goes to a checked address.
"""

from __future__ import annotations

import http.client
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from addresses import Address, Resolver, is_public, resolve_host
from connections import Deadline, connect
from failures import FetchError, StatusError, UrlRefusedError
from locations import DEFAULT_PORTS, Location, locate
from robots import RobotsRules

USER_AGENT = "AIStudioBot"
"""The name by which a site's robots.txt may address this function."""

MEDIA_TYPES = frozenset(
    {
        "application/json",
        "application/pdf",
        "application/xhtml+xml",
        "text/html",
        "text/markdown",
        "text/plain",
        "text/x-markdown",
    }
)
"""What is taken in."""

_MAX_BYTES = 10 * 1024 * 1024
"""Of a page, both as it travels and unpacked."""

_MAX_ROBOTS_BYTES = 512 * 1024
"""Source: https://www.rfc-editor.org/rfc/rfc9309#section-2.5"""

_MAX_REDIRECTS = 5
_SECONDS = 60.0
_PIECE_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_HEADERS = {
    "User-Agent": f"{USER_AGENT}/1.0",
    "Accept": ", ".join(sorted(MEDIA_TYPES)),
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


@dataclass(frozen=True)
class Page:
    """What was found.

    Attributes:
        url: Where it was found, after redirects.
        media_type: In lower case, without parameters.
        charset: Character set that the server named, or ``None``.
        body: Unpacked bytes.
    """

    url: str
    media_type: str
    charset: str | None
    body: bytes


@dataclass(frozen=True)
class Network:
    """How hosts are found, and which of them may be connected to.

    Attributes:
        resolve: Returns a host's addresses.
        admits: Tells whether an address may be connected to.
        ports: Ports that may be connected to.
        tls: Verifies certificates.
    """

    resolve: Resolver = resolve_host
    admits: Callable[[Address], bool] = is_public
    ports: Collection[int] = frozenset(DEFAULT_PORTS.values())
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def addresses(self, location: Location) -> list[Address]:
        """Return the addresses of a host, if every one of them may be connected to.

        Raises:
            FetchError: The name is unknown.
            UrlRefusedError: An address is not admitted.
        """
        addresses = self.resolve(location.host)
        if not addresses or not all(map(self.admits, addresses)):
            raise UrlRefusedError("the URL's host is not on the public internet")
        return addresses


@dataclass(frozen=True)
class _Wanted:
    """What is accepted as an answer; ``media_types`` is ``None`` for any."""

    max_bytes: int
    media_types: Collection[str] | None


_PAGE = _Wanted(_MAX_BYTES, MEDIA_TYPES)
_ROBOTS = _Wanted(_MAX_ROBOTS_BYTES, None)


class Fetcher:
    """Fetches pages.

    Args:
        network: Which hosts may be connected to.
        seconds: Time for one page with its redirects and rules.
        clock: Returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        network: Network,
        *,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._network = network
        self._seconds = seconds
        self._clock = clock

    def fetch(self, url: str) -> Page:
        """Return the page behind ``url``.

        Raises:
            FetchError: It cannot be had, is too large, takes too long, is of another type
                than :data:`MEDIA_TYPES`, or the site does not want robots to read it.
            UrlRefusedError: It, or what it redirects to, is not on the public internet.
        """
        deadline = Deadline(self._seconds, self._clock)

        def read_rules(address: str) -> bytes:
            return self._follow(address, deadline, _ROBOTS).body

        rules = RobotsRules(read_rules, USER_AGENT)
        return self._follow(url, deadline, _PAGE, before=rules.check)

    def _follow(
        self,
        url: str,
        deadline: Deadline,
        wanted: _Wanted,
        *,
        before: Callable[[Location], None] = lambda _: None,
    ) -> Page:
        for _ in range(_MAX_REDIRECTS + 1):
            location = locate(url, self._network.ports)
            before(location)
            answer = self._get(location, deadline, wanted)
            if isinstance(answer, Page):
                return answer
            url = answer
        raise FetchError(f"there are more than {_MAX_REDIRECTS} redirects")

    def _get(self, location: Location, deadline: Deadline, wanted: _Wanted) -> Page | str:
        """Return the page, or the URL that it redirects to."""
        addresses = self._network.addresses(location)
        try:
            connection = connect(location, addresses, deadline=deadline, tls=self._network.tls)
            try:
                headers = _HEADERS | {"Host": location.authority}
                connection.request("GET", location.target, headers=headers)
                with connection.getresponse() as response:
                    return _answer(location, response, wanted)
            finally:
                connection.close()
        except TimeoutError as error:
            raise FetchError("the server did not answer in time") from error
        except ssl.SSLError as error:
            raise FetchError("there is no safe connection to the server") from error
        except (OSError, http.client.HTTPException) as error:
            raise FetchError("the connection to the server failed") from error


def _answer(location: Location, response: http.client.HTTPResponse, wanted: _Wanted) -> Page | str:
    target = response.headers.get("Location")
    if response.status in _REDIRECTS and target is not None:
        try:
            return urljoin(location.url, target)
        except ValueError as error:
            raise UrlRefusedError("the server redirects to what is no URL") from error
    if not 200 <= response.status < 300:
        raise StatusError(response.status)
    # The parser's own method makes up a type where it finds none.
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if wanted.media_types is not None and media_type not in wanted.media_types:
        raise FetchError(f"pages of type {media_type[:60] or 'unknown'} are not taken in")
    body = _unpacked(response, wanted.max_bytes)
    return Page(location.url, media_type, response.headers.get_content_charset(), body)


def _unpacked(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    pieces = _pieces(response, max_bytes)
    if encoding in {"", "identity"}:
        return b"".join(pieces)
    if encoding not in {"gzip", "x-gzip"}:
        raise FetchError("the page is packed in a way that was not asked for")
    return _inflated(pieces, max_bytes)


def _pieces(response: http.client.HTTPResponse, max_bytes: int) -> Iterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        FetchError: It is too large, or ends early.
    """
    expected, received = response.length, 0
    if expected is not None and expected > max_bytes:
        raise _too_large(max_bytes)
    while piece := response.read1(_PIECE_BYTES):
        received += len(piece)
        if received > max_bytes:
            raise _too_large(max_bytes)
        yield piece
    if expected is not None and received < expected:
        raise FetchError("the server sent only a part of the page")


def _inflated(pieces: Iterator[bytes], max_bytes: int) -> bytes:
    """Return what gzip packed; never more than ``max_bytes`` are in memory.

    Raises:
        FetchError: It is too large, damaged, or ends early.
    """
    gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    unpacked = bytearray()
    try:
        for piece in pieces:
            unpacked += gzip.decompress(piece, max_bytes - len(unpacked) + 1)
            if len(unpacked) > max_bytes:
                raise _too_large(max_bytes)
    except zlib.error as error:
        raise FetchError("the page is damaged") from error
    if not gzip.eof or gzip.unused_data:
        raise FetchError("the page is damaged")
    return bytes(unpacked)


def _too_large(max_bytes: int) -> FetchError:
    return FetchError(f"the page has more than {max_bytes // 1024} KiB")
