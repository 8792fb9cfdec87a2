"""Which addresses and URLs are of the public internet; nothing connects to others."""

import ipaddress
import socket
from typing import Any

import pytest

from support.function_source import function_modules

with function_modules("url_processor", "failures", "addresses", "locations", "fetching") as modules:
    failures, addresses, locations, fetching = modules


PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
127.255.255.254 169.254.169.254 169.254.170.2 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1
192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254
64:ff9b::10.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::
2002:a00:1:: 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%1 fec0::1
ff02::1 ff0e::1
""".split()  # noqa: SIM905 # a table reads best

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.216.34 100.63.255.255 100.128.0.1 172.15.255.255
172.32.0.1 192.167.255.255 198.17.255.255 223.255.255.255 2001:4860:4860::8888
2606:2800:220:1:248:1893:25c8:1946 2a00:1450:4001:80b::200e
""".split()  # noqa: SIM905 # a table reads best


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(address))


def test_a_host_s_addresses_come_once_each_and_ipv4_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("2001:db8::1", 0, 0, 0), ("192.0.2.1", 0), ("192.0.2.1", 0)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", a) for a in found])
    expected = ["192.0.2.1", "2001:db8::1"]
    assert [str(address) for address in addresses.resolve_host("a")] == expected


def test_an_unknown_host_is_told_without_the_system_s_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known at 10.0.0.2")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(failures.FetchError, match=r"^the host's name is unknown$"):
        addresses.resolve_host("nowhere.invalid")


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://school.example", "https://school.example", "/"),
        ("HTTPS://School.Example:443/A?b=c#d", "https://school.example", "/A?b=c"),
        ("http://school.example:80/", "http://school.example", "/"),
        ("http://school.example:443/", "http://school.example:443", "/"),
        ("https://school.example:80/", "https://school.example:80", "/"),
        ("https://school.example./a", "https://school.example", "/a"),
        ("https://m\u00fcller.example/", "https://xn--mller-kva.example", "/"),
        (
            "https://school.example/\u00fc/%C3%BC?q=\u00e4",
            "https://school.example",
            "/%C3%BC/%C3%BC?q=%C3%A4",
        ),
        ("https://school.example?q", "https://school.example", "/?q"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]", "/a"),
        ("https://a_b.example/", "https://a_b.example", "/"),
    ],
)
def test_web_addresses_are_taken_apart(url: str, origin: str, target: str) -> None:
    location = locations.locate(url, {80, 443})
    assert (location.origin, location.target) == (origin, target)
    assert location.url == origin + target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "school.example",
        "//school.example/",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://school.example/",
        "gopher://school.example:80/_",
        "javascript:alert(1)",
        "data:text/html,hello",
        "jar:http://school.example!/",
        "dict://127.0.0.1:80/",
        "http://",
        "http:///a",
        "http://:80/",
        "http://user@school.example/",
        "http://user:password@school.example/",
        "http://@school.example/",
        "http://school.example@127.0.0.1/",
        "http://school.example:22/",
        "http://school.example:8080/",
        "http://school.example:0/",
        "http://school.example:65536/",
        "http://school.example:http/",
        "http://school.example:-80/",
        "http://school.example /",
        "http://school.example/a b",
        " http://school.example/",
        "http://school.example/\n",
        "http://school.example/a\r\nHost: other",
        "http://school\t.example/",
        "http://school.example\\@127.0.0.1/",
        "http://school.example/\x00",
        "http://[::1",
        "http://[::1%25eth0]/",
        "http://[v1.a]/",
        "http://sch*ol.example/",
        "http://.example/",
        "http://school..example@/",
        "http://\u2100.example/",
        "http://" + "\u00fc" * 64 + ".example/",
        "http://" + "a" * 260 + "/",
        "http://school.example/" + "a" * 2048,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(failures.UrlRefusedError):
        locations.locate(url, {80, 443})


INTERNAL_HOSTS = """
127.0.0.1 127.1 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 localhost LOCALHOST.
0.0.0.0 0 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:a9fe:a9fe]
169.254.169.254 2852039166 0xa9fea9fe 169.254.170.2 [fd00:ec2::254] 10.0.0.1 10.1 172.16.0.1
192.168.0.1 100.64.0.1 224.0.0.1 255.255.255.255 240.0.0.1 [fe80::1] [ff02::1] [fc00::1]
[64:ff9b::a00:1] [2002:7f00:1::] [::127.0.0.1] 198.18.0.1
""".split()  # noqa: SIM905 # a table reads best

NORMALISED_HOSTS = [
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
]
"""Digits, stops and letters that IDNA turns into those of ASCII."""


@pytest.mark.parametrize("host", [*INTERNAL_HOSTS, *NORMALISED_HOSTS])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_connects_to_what_is_not_public(
    scheme: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    fetcher = fetching.Fetcher(fetching.Network())
    with pytest.raises(failures.IngestionError) as caught:
        fetcher.fetch(f"{scheme}://{host}/latest/meta-data/")
    # What is wrong is told, where it leads is not.
    assert "is not on the public internet" in str(caught.value)
    assert host.strip("[]") not in str(caught.value)


def test_the_default_network_takes_web_ports_and_verifies_certificates() -> None:
    default = fetching.Network()
    assert set(default.ports) == {80, 443}
    assert default.admits is addresses.is_public
    assert default.resolve is addresses.resolve_host
    assert default.tls.check_hostname
    assert default.tls.verify_mode.name == "CERT_REQUIRED"
