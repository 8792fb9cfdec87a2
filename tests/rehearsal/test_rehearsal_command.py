"""``cli.py rehearse`` as a user runs it: in a process of its own, start to end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = "aistudio_templates.rehearsal.server"


def environment(home: Path) -> dict[str, str]:
    """A shell with credentials that must never be used."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "AKIACANARYCANARY0000",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_SESSION_TOKEN": "canary-token",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9/never",
    }


def start(home: Path, name: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "cli.py", "rehearse", "--env", name, *more],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def emulators_of(parent: int) -> list[int]:
    """Return the emulator processes that ``parent`` started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # It ended while we looked.
        if f"PPid:\t{parent}\n" in status and SERVER in command:
            found.append(int(folder.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def rehearsed(home: Path, name: str) -> tuple[dict[str, Any], str]:
    """Rehearse an environment and return the document it prints and its progress."""
    process = start(home, name, "--json")
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert "canary" not in (out + err).lower()
    assert "\x1b" not in out + err
    return json.loads(out), err


def check_steps(document: dict[str, Any], name: str) -> None:
    steps = {step["name"]: step["result"] for step in document["steps"]}
    assert list(steps)[-4:] == ["create", "deploy again", "update", "destroy"]
    assert "changes deployed" in steps["create"]
    assert steps["deploy again"] == "no changes, no change set"
    assert "changes deployed" in steps["update"]
    assert steps["destroy"].startswith("deleted")
    assert document["outputs"]["StorageDocumentsBucketName"].startswith(f"aistudio-{name}-")
    assert document["emulated"]["AWS::S3::Bucket"] >= 4
    assert document["emulated"]["AWS::Lambda::Function"] >= 10


def test_dev_is_created_deployed_again_updated_and_destroyed(tmp_path: Path) -> None:
    document, err = rehearsed(tmp_path, "dev")
    check_steps(document, "dev")
    assert document["recorded"]["AWS::EC2::NatGateway"] == 1
    for told in (
        "aistudio-dev/Database/Cluster",
        "aistudio-dev/Storage/DocumentsBucket",
        "aistudio-dev/Monitoring/AlarmTopic",
        "UPDATE_COMPLETE",
    ):
        assert told in err


def test_staging_reads_the_vpc_of_dev_and_settles(tmp_path: Path) -> None:
    """A second deploy of what reads SSM parameters makes no change set either."""
    document, err = rehearsed(tmp_path, "staging")
    check_steps(document, "staging")
    assert document["steps"][0]["name"] == "network of dev"
    again = err.split("== deploy again ==")[1].split("== update ==")[0]
    assert "creating a change set" not in again


def test_prod_tells_its_outputs_and_what_was_only_recorded(tmp_path: Path) -> None:
    process = start(tmp_path, "prod")
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert "MonitoringAlarmTopicArn" in out
    assert "AWS::EC2::NatGateway 3" in out.split("Only recorded")[1]
    table = out.split("STEP")[1]
    for step in ("create", "deploy again", "update", "destroy"):
        assert step in table
    assert "\x1b" not in out + err


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_ends_the_emulator_too(tmp_path: Path) -> None:
    with start(tmp_path, "dev") as process:
        try:
            deadline = time.monotonic() + 60
            while not (emulators := emulators_of(process.pid)):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not any(is_alive(pid) for pid in emulators)
