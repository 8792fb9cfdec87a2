"""The worked example of a stack of one's own: built, linted, rehearsed, and its function run."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "usage_reports"


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "cli.py", "--config", str(EXAMPLE / "aistudio.toml"), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    done = run(folder, "--templates", str(folder / "templates"), "build", "--env", "prod")
    assert done.returncode == 0, done.stderr
    return folder / "templates" / "prod"


def test_the_stack_is_wired_to_ours_by_typed_outputs(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    entry = manifest["stacks"]["usage_reports"]
    assert entry["dependsOn"] == ["database", "monitoring", "storage"]
    assert entry["inputs"]["DatabaseClusterArn"] == {"stack": "database", "output": "ClusterArn"}
    assert manifest["assets"]["usage-reporter"]["key"].startswith("assets/usage-reporter/")
    assert "UsageReportsReportFunction" in (built / "root.yaml").read_text()


def test_cfn_lint_finds_nothing(built: Path) -> None:
    done = run(built.parent, "--templates", str(built.parent), "lint", "--env", "prod")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_rehearsed_with_the_whole_set(tmp_path: Path) -> None:
    done = run(tmp_path, "rehearse", "--env", "dev", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["outputs"]["UsageReportsReportFunction"] == "aistudio-dev-usage-reporter"
    assert document["steps"][0]["name"] == "create"


class FakeDataApi:
    """Answers one row of counts."""

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        assert request["database"] == "aistudio"
        return {"records": [[{"longValue": 3}, {"longValue": 42}, {"longValue": 7}]]}


class FakeS3:
    """Keeps what was put."""

    def __init__(self) -> None:
        self.put: dict[str, Any] = {}

    def put_object(self, **request: Any) -> None:
        self.put = request


def test_the_function_writes_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE / "usage_reports" / "function")
    for name, value in {
        "DATABASE_RESOURCE_ARN": "arn:cluster",
        "DATABASE_SECRET_ARN": "arn:secret",
        "DATABASE_NAME": "aistudio",
        "REPORTS_BUCKET_NAME": "repositories",
        "REPORTS_PREFIX": "usage-reports/",
    }.items():
        monkeypatch.setenv(name, value)
    import handler  # noqa: PLC0415 - the function's own module

    s3 = FakeS3()
    clients = {"rds-data": FakeDataApi(), "s3": s3}
    monkeypatch.setattr(handler.boto3, "client", clients.__getitem__)
    answer = handler.handler({}, None)
    # Not through monkeypatch, which would bring the module back.
    del sys.modules["handler"]
    assert s3.put["Key"] == answer["key"]
    (row,) = csv.DictReader(io.StringIO(s3.put["Body"].decode()))
    assert (row["documents"], row["chunks"], row["executions"]) == ("3", "42", "7")
