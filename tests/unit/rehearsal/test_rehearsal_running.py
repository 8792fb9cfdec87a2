"""The parent's side: what the child is given, and what is said when it fails."""

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aistudio_templates.errors import RehearsalError
from aistudio_templates.rehearsal import Emulator, emulator, session_environment
from aistudio_templates.rehearsal.child import Child
from aistudio_templates.rehearsal.surroundings import child_environment

SHELL = {
    "AWS_ACCESS_KEY_ID": "canary",
    "AWS_PROFILE": "canary",
    "HTTPS_PROXY": "http://canary",
    "PYTHONHOME": "/canary",
}


@pytest.fixture
def ended(tmp_path: Path) -> Child:
    """A child that wrote a long log and ended."""
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(40)))
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    return Child(process, 9, log)


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Child]:
    """A child whose port answers 404 with a page."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (tmp_path / "log").touch()
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield Child(process, server.server_port, tmp_path / "log")
    server.shutdown()
    server.server_close()
    thread.join()
    process.communicate(b"\n")


def test_without_the_emulator_the_hint_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ministack", None)
    with pytest.raises(RehearsalError, match="ministack") as caught, emulator():
        pytest.fail("entered")
    assert caught.value.hint == "pip install 'aistudio-templates[rehearsal]'"


def test_a_start_that_takes_too_long_is_an_error() -> None:
    with (
        pytest.raises(RehearsalError, match="not ready within 0 seconds"),
        emulator(startup_timeout_seconds=0),
    ):
        pytest.fail("entered")


def test_a_child_that_ends_while_it_starts_shows_the_end_of_its_log(ended: Child) -> None:
    with pytest.raises(RehearsalError, match=r"ended while it started \(exit code 3\)") as caught:
        ended.wait_until_ready(5)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("line 38\nline 39")
    assert "line 5\n" not in caught.value.hint


def test_an_empty_log_is_said_to_be_empty(ended: Child) -> None:
    ended.log.write_text("")
    assert "(the log is empty)" in str(ended.failure("ended").hint)


def test_an_answer_that_is_no_report_is_an_error(answering: Child) -> None:
    handle = Emulator("http://127.0.0.1", "000000000000", "us-east-1", answering)
    with pytest.raises(RehearsalError, match=r"does not answer \(still running\)"):
        handle.observed()


def test_nothing_of_the_shell_reaches_the_child(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    environment = child_environment(directory=tmp_path, port=1, region="eu-west-1")
    assert not [name for name, value in environment.items() if "canary" in value]
    assert environment["HOME"] == str(tmp_path)
    assert environment["AWS_REGION"] == "eu-west-1"


def test_a_session_environment_leads_to_the_emulator_alone(ended: Child) -> None:
    environment = session_environment(
        Emulator("http://127.0.0.1:1", "000000000000", "eu-west-1", ended)
    )
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"]
    assert Path(environment["AWS_CONFIG_FILE"]).read_bytes() == b""
