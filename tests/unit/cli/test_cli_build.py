"""build, lint, list and config through the command line, in this process."""

import json
import shutil
from pathlib import Path

import pytest

from aistudio_templates.cli.app import run

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = ["dev", "prod", "staging"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the committed settings and nothing else."""
    shutil.copy(ROOT / "aistudio.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_build_writes_every_environment(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build"]) == 0
    assert sorted(p.name for p in (project / "templates").iterdir()) == ENVIRONMENTS
    assert "templates/dev: 13 files, 13 changed" in capsys.readouterr().out
    before = tree(project)
    assert run(["build"]) == 0
    assert "templates/dev: 13 files, up to date" in capsys.readouterr().out
    assert tree(project) == before


def test_build_of_one_environment_touches_no_other(project: Path) -> None:
    assert run(["build", "--env", "dev"]) == 0
    assert [p.name for p in (project / "templates").iterdir()] == ["dev"]


def test_check_passes_on_fresh_templates(capsys: pytest.CaptureFixture[str]) -> None:
    run(["build"])
    assert run(["build", "--check"]) == 0


@pytest.mark.parametrize("edit", ["changed", "deleted", "orphan"])
def test_check_shows_what_differs_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], edit: str
) -> None:
    run(["build"])
    file = project / "templates" / "dev" / "storage.yaml"
    if edit == "changed":
        file.write_text(file.read_text().replace("GET", "DELETE"))
    elif edit == "deleted":
        file.unlink()
    else:
        manifest = project / "templates" / "dev" / "manifest.json"
        document = json.loads(manifest.read_text())
        document["stacks"]["gone"] = {"file": "gone.yaml"}
        manifest.write_text(json.dumps(document))
    before = tree(project)
    capsys.readouterr()
    assert run(["build", "--check"]) == 4
    told = capsys.readouterr().err
    assert "differs from what the code renders" in told
    assert "Hint: run: make templates" in told
    assert tree(project) == before


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schemaVersion"] == 1
    assert "manifest.json" in document["environments"]["dev"]["files"]


def test_lint_without_templates_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "--env", "dev"]) == 4
    assert "templates/dev: no templates there" in capsys.readouterr().err


def test_lint_fails_on_a_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["build", "--env", "dev"])
    file = project / "templates" / "dev" / "storage.yaml"
    file.write_text(file.read_text().replace("ObjectOwnership:", "ObjectOwner:"))
    capsys.readouterr()
    assert run(["lint", "--env", "dev", "--json"]) == 4
    streams = capsys.readouterr()
    findings = json.loads(streams.out)["findings"]
    assert {finding["severity"] for finding in findings} == {"error"}
    assert streams.err.startswith("Error: templates/dev/storage.yaml:")


def test_list_shows_dependencies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--env", "prod", "--json"]) == 0
    stacks = json.loads(capsys.readouterr().out)["stacks"]
    assert [stack["name"] for stack in stacks] == [
        *("network", "storage", "database", "auth", "processing", "documents"),
        *("scheduler", "email", "power_tuning", "frontend", "monitoring"),
    ]
    assert stacks[2]["dependsOn"] == ["network"]
    assert run(["list", "--env", "prod"]) == 0
    assert "database" in capsys.readouterr().out


def test_config_show_names_sources(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "aistudio.toml").open("a") as file:
        file.write("[environments.prod.database]\nreaders = 2\n")
    assert run(["config", "show", "--env", "prod", "--json"]) == 0
    values = {v["key"]: v for v in json.loads(capsys.readouterr().out)["values"]}
    assert values["database.readers"] == {
        "key": "database.readers",
        "value": 2,
        "source": "aistudio.toml [environments.prod]",
    }
    assert run(["config", "show", "--env", "prod"]) == 0
    assert "database.readers" in capsys.readouterr().out


def test_config_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "aistudio.toml"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    assert "_AISTUDIO_COMPLETE" in capsys.readouterr().out


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    for name in (
        *("build", "completion", "config", "deploy", "destroy"),
        *("lint", "list", "outputs", "package", "rehearse", "status"),
    ):
        assert f"  {name} " in listed
        assert run([name, "--help"]) == 0
        assert len(capsys.readouterr().out) > 200
