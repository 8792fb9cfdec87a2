"""Fetching from a real server on loopback, which stands for the public internet here."""

import gzip
import http.client
import http.server
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.function_source import function_modules
from support.web_site import ENGLISH, Answer, Site, missing, page, redirect, slowly

with function_modules(
    "url_processor", "failures", "addresses", "locations", "connections", "fetching"
) as modules:
    failures, addresses, locations, connections, fetching = modules

LOOPBACK = ipaddress.ip_address("127.0.0.1")
MIB = 1024 * 1024


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


class Hosts:
    """A resolver of names that exist nowhere; other hosts are looked up as on Lambda.

    Attributes:
        answers: Addresses by host, one list a look-up; the last one stays.
        asked: Hosts that were looked up.
    """

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {"school.example": [["127.0.0.1"]]} | {
            name.replace("_", "."): lists for name, lists in answers.items()
        }
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[Any]:
        self.asked.append(host)
        if host not in self.answers:
            return list(addresses.resolve_host(host))
        lists = self.answers[host]
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return [ipaddress.ip_address(address) for address in found]


def network(site: Site, hosts: Hosts | None = None, **changes: Any) -> Any:
    """Return the network on which loopback stands for the public internet."""
    settings = {
        "resolve": hosts or Hosts(),
        "admits": lambda address: address == LOOPBACK or addresses.is_public(address),
        "ports": {80, 443, site.port},
    }
    return fetching.Network(**{**settings, **changes})


def fetch(site: Site, path: str = "/", hosts: Hosts | None = None, **changes: Any) -> Any:
    seconds = changes.pop("seconds", 20.0)
    fetcher = fetching.Fetcher(network(site, hosts, **changes), seconds=seconds)
    return fetcher.fetch(site.url(path))


# --- fetching


def test_the_default_policy_refuses_a_server_on_loopback(site: Site) -> None:
    fetcher = fetching.Fetcher(network(site, admits=addresses.is_public))
    with pytest.raises(failures.UrlRefusedError):
        fetcher.fetch(site.url("/"))
    assert site.seen == []


@pytest.mark.parametrize("others", [["10.0.0.1"], ["::1"], ["127.0.0.1", "169.254.169.254"], []])
def test_one_address_that_is_not_public_is_enough(site: Site, others: list[str]) -> None:
    hosts = Hosts(school_example=[others])
    with pytest.raises(failures.UrlRefusedError):
        fetch(site, "/", hosts)
    assert site.seen == []


def test_a_page_is_fetched_with_its_type_and_character_set(site: Site) -> None:
    site.routes["/a"] = page(b"Hello", "Text/Plain; charset=ISO-8859-2")
    found = fetch(site, "/a?b=c#d")
    assert (found.media_type, found.charset, found.body) == ("text/plain", "iso-8859-2", b"Hello")
    assert found.url == site.url("/a?b=c")
    path, headers = site.seen[-1]
    assert path == "/a?b=c"
    assert headers["Host"] == f"school.example:{site.port}"
    assert headers["User-Agent"] == "AIStudioBot/1.0"
    assert not {"Cookie", "Referer", "Authorization"} & set(headers)


def test_the_name_is_looked_up_once_a_hop_and_the_checked_address_is_connected_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = []
    create_connection = socket.create_connection

    def recorded(address: Any, *rest: Any, **more: Any) -> socket.socket:
        connected.append(address)
        return create_connection(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", recorded)
    site.routes["/"] = redirect("/b")
    site.routes["/b"] = page(b"Hello")
    hosts = Hosts()
    fetch(site, "/", hosts)
    assert connected == [("127.0.0.1", site.port)] * 3
    assert hosts.asked == ["school.example"] * 3
    assert site.paths == ["/robots.txt", "/", "/b"]


@pytest.mark.parametrize("private", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::1"])
@pytest.mark.parametrize("public_answers", [1, 2])
def test_a_name_that_changes_its_address_is_checked_each_time(
    site: Site, private: str, public_answers: int
) -> None:
    site.routes["/"] = redirect("/secret")
    site.routes["/secret"] = page(b"secret")
    answers = [["127.0.0.1"]] * public_answers + [[private]]
    with pytest.raises(failures.UrlRefusedError):
        fetch(site, "/", Hosts(school_example=answers))
    assert site.paths == ["/robots.txt", "/"][:public_answers]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site: Site, status: int) -> None:
    site.routes["/"] = redirect("b/../c?d", status)
    site.routes["/b/../c"] = missing
    site.routes["/c"] = page(b"there")
    found = fetch(site)
    assert (found.body, found.url) == (b"there", site.url("/c?d"))


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.2]/",
        "http://localhost.internal.example/",
        "//192.168.0.1/",
        "file:///etc/passwd",
        "ftp://school.example/",
        "http://user:password@school.example/",
        "http://school.example:22/",
        "http://[::1",
        "http://school.example/\x7f",
        "gopher://127.0.0.1:80/",
    ],
)
def test_each_redirect_is_checked_like_the_first_url(site: Site, target: str) -> None:
    site.routes["/"] = redirect(target)
    hosts = Hosts(localhost_internal_example=[["127.0.0.2"]])
    with pytest.raises(failures.UrlRefusedError):
        fetch(site, "/", hosts)
    assert site.paths == ["/robots.txt", "/"]


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
def test_five_redirects_are_enough(site: Site, hops: int, arrives: bool) -> None:
    for hop in range(hops):
        site.routes[f"/{hop}"] = redirect(f"/{hop + 1}")
    site.routes[f"/{hops}"] = page(b"there")
    if arrives:
        assert fetch(site, "/0").body == b"there"
    else:
        with pytest.raises(failures.FetchError, match="more than 5 redirects"):
            fetch(site, "/0")
    assert site.paths[-1] == "/5"


@pytest.mark.parametrize("status", [201, 204, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_only_success_is_taken(site: Site, status: int) -> None:
    body = b"" if status in {204, 304} else b"text"
    site.routes["/"] = page(body, status=status)
    if status < 300:
        assert fetch(site).body == body
    else:
        with pytest.raises(failures.StatusError, match=f"status {status}$") as caught:
            fetch(site)
        assert caught.value.status == status


def test_a_redirect_without_a_target_is_an_error(site: Site) -> None:
    site.routes["/"] = page(b"moved", status=302)
    with pytest.raises(failures.StatusError, match="status 302"):
        fetch(site)


@pytest.mark.parametrize(
    ("media_type", "taken"),
    [
        ("text/html", True),
        ("text/html; charset=utf-8", True),
        ("application/xhtml+xml", True),
        ("text/plain", True),
        ("text/markdown", True),
        ("text/x-markdown", True),
        ("application/json", True),
        ("application/pdf", True),
        ("application/octet-stream", False),
        ("application/zip", False),
        ("application/javascript", False),
        ("image/svg+xml", False),
        ("video/mp4", False),
        ("text/css", False),
        ("", False),
        (None, False),
    ],
)
def test_only_types_that_can_be_read_are_taken(
    site: Site, media_type: str | None, taken: bool
) -> None:
    site.routes["/"] = page(b"content", media_type)
    if taken:
        assert fetch(site).body == b"content"
    else:
        with pytest.raises(failures.FetchError, match="are not taken in"):
            fetch(site)


# --- size, packing and time


def test_a_page_of_ten_mib_is_the_largest(site: Site) -> None:
    site.routes["/"] = page(b"a" * 10 * MIB)
    assert len(fetch(site).body) == 10 * MIB


def test_what_says_that_it_is_too_large_is_not_read(site: Site) -> None:
    site.routes["/"] = page(b"a", Content_Length=str(10 * MIB + 1))
    with pytest.raises(failures.FetchError, match="more than 10240 KiB"):
        fetch(site)


def test_what_does_not_say_so_is_read_no_further(site: Site) -> None:
    written: list[int] = []

    def endless(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", ENGLISH)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for _ in range(64):
            request.wfile.write(b"%X\r\n%s\r\n" % (MIB, b"a" * MIB))
            written.append(MIB)

    site.routes["/"] = endless
    with pytest.raises(failures.FetchError, match="more than 10240 KiB"):
        fetch(site)
    # The rest is what the two sockets hold.
    assert sum(written) < 32 * MIB


def test_a_page_that_ends_early_is_not_half_a_page(site: Site) -> None:
    site.routes["/"] = page(b"only a part", Content_Length="1000")
    with pytest.raises(failures.FetchError, match="only a part of the page"):
        fetch(site)


def test_a_chunked_page_that_ends_early_is_not_half_a_page(site: Site) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.routes["/"] = slowly(head + b"64\r\nonly a part", pieces=[], pause=0)
    with pytest.raises(failures.FetchError, match="connection to the server failed"):
        fetch(site)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_packed_pages_are_unpacked(site: Site, encoding: str) -> None:
    site.routes["/"] = page(gzip.compress(b"Hello " * 10_000), Content_Encoding=encoding)
    assert fetch(site).body == b"Hello " * 10_000
    assert site.seen[-1][1]["Accept-Encoding"] == "gzip"


def test_a_page_may_say_that_it_is_not_packed(site: Site) -> None:
    site.routes["/"] = page(b"Hello", Content_Encoding="identity")
    assert fetch(site).body == b"Hello"


@pytest.mark.parametrize("size", [10 * MIB, 10 * MIB + 1, 64 * MIB])
def test_a_gzip_bomb_stops_at_the_limit(site: Site, size: int) -> None:
    site.routes["/"] = page(gzip.compress(bytes(size), 9), Content_Encoding="gzip")
    if size == 10 * MIB:
        assert len(fetch(site).body) == size
    else:
        with pytest.raises(failures.FetchError, match="more than 10240 KiB"):
            fetch(site)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "compress"])
def test_packing_that_was_not_asked_for_is_refused(site: Site, encoding: str) -> None:
    site.routes["/"] = page(b"Hello", Content_Encoding=encoding)
    with pytest.raises(failures.FetchError, match="packed in a way that was not asked for"):
        fetch(site)


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"a" * 1000)[:-9], gzip.compress(b"a") + b"more", b""],
    ids=["other", "cut", "longer", "empty"],
)
def test_damaged_packing_is_told(site: Site, body: bytes) -> None:
    site.routes["/"] = page(body, Content_Encoding="gzip")
    with pytest.raises(failures.FetchError, match="the page is damaged"):
        fetch(site)


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (b"", [b"H"] * 400),
        (b"HTTP/1.1 200 OK\r\n", [b"X"] * 400),
        (b"HTTP/1.1 200 OK\r\n", [b"A: b\r\n"] * 400),
        (b"", [b"HTTP/1.1 100 Continue\r\n\r\n"] * 400),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", [b"a"] * 400),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9999\r\n\r\n",
            [b"a"] * 400,
        ),
    ],
    ids=["status", "header", "headers", "continue", "body", "body with length"],
)
def test_a_server_that_sends_byte_by_byte_gains_no_time(
    site: Site, head: bytes, pieces: list[bytes]
) -> None:
    site.routes["/"] = slowly(head, pieces=pieces, pause=0.02)
    begun = time.monotonic()
    with pytest.raises(failures.FetchError, match=r"took too long|did not answer in time"):
        fetch(site, seconds=0.4)
    assert time.monotonic() - begun < 4


def test_a_server_that_says_nothing_is_left(site: Site) -> None:
    release = threading.Event()
    site.routes["/"] = lambda _: bool(release.wait(5)) and None
    try:
        with pytest.raises(failures.FetchError, match="did not answer in time"):
            fetch(site, seconds=0.3)
    finally:
        release.set()


def test_the_time_is_one_for_all_redirects_and_rules(site: Site) -> None:
    now = [0.0]

    def takes_nine_seconds(target: str) -> Answer:
        def answer(request: http.server.BaseHTTPRequestHandler) -> None:
            now[0] += 9
            redirect(target)(request)

        return answer

    for hop in range(5):
        site.routes[f"/{hop}"] = takes_nine_seconds(f"/{hop + 1}")
    site.routes["/5"] = page(b"there")
    assert fetching.Fetcher(network(site), clock=lambda: now[0]).fetch(site.url("/0"))
    site.routes["/robots.txt"] = takes_nine_seconds("/rules")
    site.routes["/rules"] = takes_nine_seconds("/nothing")
    with pytest.raises(failures.FetchError, match="the page took too long"):
        fetching.Fetcher(network(site), clock=lambda: now[0]).fetch(site.url("/0"))


# --- connections


def test_the_next_address_is_tried_when_one_does_not_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    create_connection = socket.create_connection

    def first_is_dead(address: Any, timeout: float) -> socket.socket:
        tried.append(address[0])
        if address[0] == "192.0.2.1":
            raise ConnectionRefusedError
        return create_connection(address, timeout)

    monkeypatch.setattr(socket, "create_connection", first_is_dead)
    site.routes["/"] = page(b"Hello")
    hosts = Hosts(school_example=[["192.0.2.1", "127.0.0.1"]])
    assert fetch(site, "/", hosts, admits=lambda _: True).body == b"Hello"
    assert tried == ["192.0.2.1", "127.0.0.1"] * 2


def test_nobody_answers(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        fetcher = fetching.Fetcher(network(site, ports={port}))
        with pytest.raises(failures.FetchError, match="the connection to the server failed"):
            fetcher.fetch(f"http://school.example:{port}/")


class RecordedTls:
    """Stands in for a TLS context whose handshake succeeds; the wire stays plain."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str) -> socket.socket:
        assert sock.getpeername()[0] == "127.0.0.1"
        assert sock.gettimeout() is not None
        self.names.append(server_hostname)
        return sock


def test_tls_is_to_the_host_s_name_though_the_address_is_connected_to(site: Site) -> None:
    site.routes["/"] = page(b"Hello")
    tls = RecordedTls()
    fetcher = fetching.Fetcher(network(site, tls=tls))
    found = fetcher.fetch(f"https://school.example:{site.port}/")
    assert found.url == f"https://school.example:{site.port}/"
    assert tls.names == ["school.example", "school.example"]
    assert site.seen[-1][1]["Host"] == f"school.example:{site.port}"


def test_without_a_certificate_there_is_no_page(site: Site) -> None:
    site.routes["/"] = page(b"Hello")
    fetcher = fetching.Fetcher(network(site))
    with pytest.raises(failures.FetchError, match="there is no safe connection to the server"):
        fetcher.fetch(f"https://school.example:{site.port}/")


def test_a_lost_connection_is_not_opened_again_by_name(site: Site) -> None:
    location = locations.locate(site.url("/"), {site.port})
    deadline = connections.Deadline(5)
    tls = fetching.Network().tls
    connection = connections.connect(location, [LOOPBACK], deadline=deadline, tls=tls)
    connection.close()
    with pytest.raises(http.client.NotConnected):
        connection.request("GET", "/")
