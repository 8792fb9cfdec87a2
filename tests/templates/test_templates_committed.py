"""The committed templates: fresh, the same on every machine, and free of known sins."""

import difflib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from aistudio_templates.application import compose
from aistudio_templates.config import load_settings
from aistudio_templates.model.render import render
from aistudio_templates.model.template_files import read_files

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = load_settings(ROOT / "aistudio.toml")


def rendered(name: str) -> dict[str, bytes]:
    return render(compose(SETTINGS.environment(name).config, SETTINGS.organization))


@pytest.mark.parametrize("name", SETTINGS.environment_names)
def test_the_committed_files_are_what_the_code_renders(name: str) -> None:
    committed = read_files(ROOT / "templates" / name)
    fresh = rendered(name)
    for file in sorted(committed.keys() | fresh.keys()):
        difference = difflib.unified_diff(
            committed.get(file, b"").decode().splitlines(),
            fresh.get(file, b"").decode().splitlines(),
            lineterm="",
        )
        assert committed.get(file) == fresh.get(file), f"run: make templates\n{file}\n" + "\n".join(
            difference
        )


@pytest.mark.parametrize("name", SETTINGS.environment_names)
def test_nothing_else_lies_in_the_folder(name: str) -> None:
    found = {path.name for path in (ROOT / "templates" / name).iterdir()}
    assert found == set(rendered(name))


def test_another_day_folder_user_and_hash_seed_give_the_same_bytes(tmp_path: Path) -> None:
    """Built by a process of its own: other folder, clock zone, locale, umask and seed."""
    copy = tmp_path / "some where else"
    ignored = shutil.ignore_patterns("__pycache__", ".venv", ".git", "templates", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    for path in copy.rglob("*"):
        os.utime(path, (86_400, 86_400))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(copy),
        "PYTHONHASHSEED": "4711",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "HOME": str(tmp_path),
    }
    command = f"umask 077; exec '{sys.executable}' cli.py build"
    subprocess.run(
        ["bash", "-c", command], cwd=copy, env=environment, check=True, capture_output=True
    )
    for name in SETTINGS.environment_names:
        assert read_files(copy / "templates" / name) == rendered(name)


class _Loader(yaml.SafeLoader):
    """Reads intrinsics as plain values."""


def _intrinsic(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _intrinsic)

TEMPLATES = sorted((ROOT / "templates").glob("*/*.yaml"))


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(), _Loader)
    return loaded


def identifier(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", TEMPLATES, ids=identifier)
def test_no_partition_account_region_or_zone_is_written_out(path: Path) -> None:
    text = path.read_text()
    for literal in ("arn:aws:", "us-east-1", "us-west-2", "amazonaws.com.cn"):
        assert literal not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=identifier)
def test_every_template_has_resources_and_a_description(path: Path) -> None:
    template = load(path)
    assert template["Resources"]
    assert template["Description"]


@pytest.mark.parametrize("path", TEMPLATES, ids=identifier)
def test_every_suppression_has_a_reason(path: Path) -> None:
    for logical_id, resource in load(path)["Resources"].items():
        metadata = resource.get("Metadata", {})
        ignored = metadata.get("cfn-lint", {}).get("config", {}).get("ignore_checks", [])
        reasons = metadata.get("Suppressions", {})
        assert sorted(reasons) == sorted(ignored), logical_id
        assert all(len(reason) > 20 for reason in reasons.values()), logical_id


@pytest.mark.parametrize("path", TEMPLATES, ids=identifier)
def test_the_lint_configuration_has_no_global_ignores(path: Path) -> None:
    assert "ignore_checks" not in yaml.safe_load((ROOT / ".cfnlintrc").read_text())
    assert "cfn-lint" not in load(path).get("Metadata", {})


@pytest.mark.parametrize("name", SETTINGS.environment_names)
def test_every_output_is_consumed_or_published(name: str) -> None:
    assembly = compose(SETTINGS.environment(name).config, SETTINGS.organization)
    assert assembly.unused_outputs() == ()


@pytest.mark.parametrize("name", SETTINGS.environment_names)
def test_the_manifest_tells_hashes_wiring_and_assets(name: str) -> None:
    files = read_files(ROOT / "templates" / name)
    manifest = json.loads(files["manifest.json"])
    assert manifest["rootStack"] == f"aistudio-{name}"
    for entry in [manifest["root"], *manifest["stacks"].values()]:
        assert hashlib.sha256(files[entry["file"]]).hexdigest() == entry["sha256"]
    database = manifest["stacks"]["database"]
    assert database["dependsOn"] == ["network"]
    assert database["inputs"]["NetworkVpcId"] == {"stack": "network", "output": "VpcId"}
    asset = manifest["assets"]["database-initializer"]
    assert asset["key"].encode() in files["database.yaml"]
