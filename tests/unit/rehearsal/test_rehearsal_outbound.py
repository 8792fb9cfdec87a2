import subprocess
import sys

import pytest

PROGRAM = """
import socket, sys
from aistudio_templates.rehearsal.outbound import refuse_outbound
refuse_outbound()
host = sys.argv[1]
try:
    {act}
except OSError as error:
    print(error)
"""
REFUSED = "a rehearsal stays on this machine"


def said(act: str, host: str) -> str:
    """Return what a process says in which connections are refused."""
    command = [sys.executable, "-c", PROGRAM.format(act=act), host]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "example.com"])
def test_connections_beyond_loopback_are_refused(host: str) -> None:
    assert REFUSED in said("socket.create_connection((host, 9))", host)


@pytest.mark.parametrize("host", ["2001:db8::1", "fe80::1", "::ffff:192.0.2.1"])
def test_so_are_those_by_ipv6_even_if_the_machine_has_none(host: str) -> None:
    assert REFUSED in said("sys.audit('socket.connect', socket, (host, 9, 0, 0))", host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_let_through(host: str) -> None:
    assert REFUSED not in said("socket.create_connection((host, 9))", host)


def test_no_name_server_is_asked() -> None:
    assert REFUSED in said("socket.getaddrinfo(host, 9)", "example.com")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_host_may_be_given_by_address(host: str) -> None:
    assert REFUSED not in said("socket.getaddrinfo(host, 9)", host)
