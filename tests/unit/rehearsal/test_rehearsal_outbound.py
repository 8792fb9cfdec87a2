import subprocess
import sys

import pytest

PROGRAM = """
import socket, sys
from aistudio_templates.rehearsal.outbound import refuse_outbound
refuse_outbound()
try:
    socket.create_connection((sys.argv[1], 9))
except OSError as error:
    print(error)
"""


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "example.com"])
def test_connections_beyond_loopback_are_refused(host: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, host], capture_output=True, text=True, check=True
    )
    assert "a rehearsal stays on this machine" in answer.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_let_through(host: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, host], capture_output=True, text=True, check=True
    )
    assert "stays on this machine" not in answer.stdout
