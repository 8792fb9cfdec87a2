"""The rules of sites are read and kept."""

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest

from support.function_source import function_modules
from support.web_site import Site, page, redirect

with function_modules("url_processor", "failures", "fetching") as modules:
    failures, fetching = modules

LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


def fetch(site: Site, path: str = "/") -> Any:
    network = fetching.Network(
        resolve=lambda host: [
            LOOPBACK if host.endswith(".example") else ipaddress.ip_address(host)
        ],
        admits=lambda address: address == LOOPBACK,
        ports={80, site.port},
    )
    return fetching.Fetcher(network).fetch(site.url(path))


RULES = b"""\
User-agent: *
Disallow: /private

User-agent: AIStudioBot
Disallow: /drafts
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/a", True), ("/private", True), ("/drafts", False), ("/drafts/1?x=y", False)],
)
def test_robots_txt_is_honoured(site: Site, path: str, allowed: bool) -> None:
    site.routes["/robots.txt"] = page(b"\xef\xbb\xbf" + RULES)
    site.routes[path.partition("?")[0]] = page(b"Hello")
    if allowed:
        assert fetch(site, path).body == b"Hello"
    else:
        with pytest.raises(failures.FetchError, match="does not allow robots"):
            fetch(site, path)
        assert site.paths == ["/robots.txt"]


def test_rules_hold_for_what_a_redirect_leads_to(site: Site) -> None:
    site.routes["/robots.txt"] = page(RULES)
    site.routes["/"] = redirect("/drafts/1")
    with pytest.raises(failures.FetchError, match="does not allow robots"):
        fetch(site)
    assert site.paths == ["/robots.txt", "/"]


def test_each_site_is_asked_for_its_own_rules(site: Site) -> None:
    site.routes["/"] = redirect(f"http://other.example:{site.port}/b")
    site.routes["/b"] = page(b"Hello")
    assert fetch(site).body == b"Hello"
    asked = [(headers["Host"].partition(":")[0], path) for path, headers in site.seen]
    assert asked == [
        ("school.example", "/robots.txt"),
        ("school.example", "/"),
        ("other.example", "/robots.txt"),
        ("other.example", "/b"),
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_rules_allows_everything(site: Site, status: int) -> None:
    site.routes["/robots.txt"] = page(b"no", status=status)
    site.routes["/"] = page(b"Hello")
    assert fetch(site).body == b"Hello"


@pytest.mark.parametrize("status", [500, 503])
def test_a_site_that_cannot_tell_its_rules_allows_nothing(site: Site, status: int) -> None:
    site.routes["/robots.txt"] = page(b"no", status=status)
    site.routes["/"] = page(b"Hello")
    with pytest.raises(failures.FetchError, match=r"robots\.txt cannot be read"):
        fetch(site)


def test_rules_without_an_end_allow_nothing(site: Site) -> None:
    site.routes["/robots.txt"] = page(b"# " * 1024 * 1024)
    with pytest.raises(failures.FetchError, match=r"robots\.txt cannot be read.*512 KiB"):
        fetch(site)


def test_rules_may_not_lead_inside_either(site: Site) -> None:
    site.routes["/robots.txt"] = redirect("http://169.254.169.254/latest/meta-data/")
    with pytest.raises(failures.UrlRefusedError):
        fetch(site)
