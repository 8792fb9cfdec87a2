"""An organisation's migrations through the command line, in this process."""

import difflib
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from aistudio_templates.cli.app import run
from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.project import Project
from aistudio_templates.model.template_files import read_files

ROOT = Path(__file__).resolve().parents[3]
SITES = "CREATE TABLE sites (id bigint PRIMARY KEY);\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the committed settings, which name a folder of migrations."""
    settings = tmp_path / "aistudio.toml"
    shutil.copy(ROOT / "aistudio.toml", settings)
    with settings.open("a") as file:
        file.write('\n[extensions]\nmigrations = "sql/own"\n')
    (tmp_path / "sql" / "own").mkdir(parents=True)
    write(tmp_path, "100_sites", SITES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, name: str, sql: str) -> None:
    (project / "sql" / "own" / f"{name}.sql").write_text(sql)


def built(project: Path) -> dict[str, bytes]:
    assert run(["build", "--env", "prod"]) == 0
    return dict(read_files(project / "templates" / "prod"))


def changed_keys(before: bytes, after: bytes) -> list[str]:
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return [line[1:].split(":")[0].strip() for line in lines if line.startswith("+")]


def test_another_file_changes_the_code_and_the_digest_and_nothing_else(project: Path) -> None:
    before = built(project)
    assert built(project) == before
    write(project, "101_visits", "CREATE TABLE visits (site bigint REFERENCES sites);\n")
    after = built(project)
    differing = {name for name in after if after[name] != before[name]}
    assert differing == {"database.yaml", "manifest.json"}
    keys = changed_keys(before["database.yaml"], after["database.yaml"])
    assert keys == ["S3Key", "MigrationsDigest"]


def test_the_folder_is_found_beside_the_settings_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assembly = Project(Path("..") / "aistudio.toml", Path("templates")).assembly("dev")
    with zipfile.ZipFile(io.BytesIO(asset_builder(assembly)("database-initializer"))) as package:
        migrations = [name for name in package.namelist() if name.startswith("migrations/")]
        assert migrations[-1] == "migrations/100_sites.sql"
        assert migrations[0] == "migrations/001_documents.sql"
        assert package.read("migrations/100_sites.sql").decode() == SITES


@pytest.mark.parametrize("command", ["build", "list"])
def test_a_bad_file_is_told_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    write(project, "101_broken", "SELECT 1;\nSELECT 'a")
    assert run([command, *(["--env", "dev"] if command == "list" else [])]) == 4
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "Error: sql/own/101_broken.sql: line 2: the quote ' is not closed"
    assert told[1].startswith("Hint: docs/functions.md")
    assert not (project / "templates").exists()


def test_a_missing_folder_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / "sql")
    assert run(["build"]) == 4
    assert "sql/own: no such folder of migrations" in capsys.readouterr().err
    assert not (project / "templates").exists()
