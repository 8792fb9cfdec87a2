"""Wrong input: one clear line, the documented exit code, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aistudio_templates.cli.app import run

ROOT = Path(__file__).resolve().parents[3]
MINIMAL = '[organization]\nbase_domain = "example.com"\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "aistudio.toml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Traceback" not in streams.err
    return streams.err


def error_line(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("Error: ")]
    return line


@pytest.mark.parametrize("command", ["build", "lint", "list", "deploy", "status", "rehearse"])
@pytest.mark.parametrize("name", ["pord", "Prod", "../x", "", "-rf", "x" * 200, "prød"])
def test_an_unknown_environment_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], project: Path, command: str, name: str
) -> None:
    assert run([command, f"--env={name}"]) == 2
    assert "valid: dev, prod, staging" in error_line(told(capsys))
    assert not (project / "templates").exists()


SETTINGS = [
    ("[environments.dev.network]\nnat_gatways = 1\n", "nat_gatways: unknown key"),
    ("[environments.dev.network]\nnat_gateways = '1'\n", "nat_gateways = '1': must be"),
    ("[environments.dev.network]\ncidr = '10.0.0.0/33'\n", "cidr = '10.0.0.0/33'"),
    ("[environments.dev.network]\ncidr = '10.0.0.1/16'\n", "has host bits set"),
    ("[environments.dev.database]\nproxy = true\n", "auto_pause and proxy exclude"),
    ("[extensions]\nstacks = ['no_such_module:add']\n", "'no_such_module:add' cannot be imported"),
    ("[extensions]\nstacks = ['json:nothing']\n", "'json:nothing' cannot be imported"),
    ("nonsense", "not TOML"),
]


@pytest.mark.parametrize(("text", "message"), SETTINGS)
def test_wrong_settings_write_nothing(
    capsys: pytest.CaptureFixture[str], project: Path, text: str, message: str
) -> None:
    (project / "aistudio.toml").write_text(MINIMAL + text)
    assert run(["build"]) == 4
    assert message in error_line(told(capsys))
    assert not (project / "templates").exists()


def test_a_missing_settings_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", "nowhere.toml", "build"]) == 4
    assert "nowhere.toml: no such file" in error_line(told(capsys))


def test_an_unreadable_settings_file_is_named(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "folder.toml").mkdir()
    assert run(["--config", "folder.toml", "build"]) == 4
    assert "folder.toml: cannot be read" in error_line(told(capsys))


def test_a_template_folder_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "templates").write_text("a file in its place")
    assert run(["build"]) == 4
    assert "cannot be written" in error_line(told(capsys))
    assert (project / "templates").read_text() == "a file in its place"


def test_a_template_folder_without_permission_is_named(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["build", "--env", "dev"])
    before = {p.name: p.read_bytes() for p in (project / "templates" / "dev").iterdir()}
    (project / "aistudio.toml").write_text(MINIMAL.replace("example.com", "example.org"))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "templates/dev")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    capsys.readouterr()
    assert run(["build", "--env", "dev"]) == 4
    assert "templates/dev: cannot be written: Permission denied" in error_line(told(capsys))
    assert {p.name: p.read_bytes() for p in (project / "templates" / "dev").iterdir()} == before


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["build", "--nonsense"], ["deploy"], ["completion", "csh"]]
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(arguments) == 2
    assert "Error: " in told(capsys)


def test_deploy_refuses_templates_that_were_not_reviewed(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    run(["build", "--env", "dev"])
    file = project / "templates" / "dev" / "storage.yaml"
    file.write_text(file.read_text() + "# by hand\n")
    capsys.readouterr()
    assert run(["deploy", "--env", "dev"]) == 4
    assert "storage.yaml: differs from what the code renders" in error_line(told(capsys))


def test_deploy_without_templates_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--env", "dev"]) == 4
    assert "make templates" in told(capsys)


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_shells_region_must_be_the_environments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "eu-west-1")
    assert run(["status", "--env", "dev"]) == 4
    assert "region 'eu-west-1': environment 'dev' is in 'us-east-1'" in error_line(told(capsys))


def test_an_unknown_profile_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    assert run(["status", "--env", "dev", "--profile", "nobody"]) == 4
    assert "nobody" in error_line(told(capsys))


def test_without_credentials_nothing_is_tried(tmp_path: Path) -> None:
    """A process of its own: no variable, no file, no metadata service."""
    run(["build", "--env", "dev"])
    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "deploy", "--env", "dev"],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 6, result.stderr
    assert "credentials" in error_line(result.stderr).lower()
    assert result.stdout == ""


def test_a_bug_of_ours_is_shown_with_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("aistudio_templates.config.load_settings", broken)
    assert run(["list", "--env", "dev"]) == 1
    streams = capsys.readouterr()
    assert "ZeroDivisionError" in streams.err
    assert "report it" in streams.err


def test_ctrl_c_is_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aistudio_templates.config.load_settings", interrupted)
    assert run(["list", "--env", "dev"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback_of_an_expected_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--debug", "--config", "nowhere.toml", "build"]) == 4
    assert "FileNotFoundError" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    command = f"{sys.executable} {ROOT / 'cli.py'} config schema | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert result.stdout == "{\n"
