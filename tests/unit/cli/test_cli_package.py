"""package through the command line, in this process, with assets of its own."""

import json
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from aistudio_templates.assets import PYTHON_LAYER, Asset, host_target
from aistudio_templates.cli.app import run
from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.project import Project
from support.wheels import LAMBDA_TAG, MACHINES, elf, index_is, locked, make_wheel

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Asset, ...]]:
    """Two environments with the same function; one has a layer too."""
    shutil.copy(ROOT / "aistudio.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    index_is(monkeypatch, tmp_path / "index")
    native = {"native.so": elf(MACHINES["arm64"]) + bytes(1_000_000)}
    wheel = make_wheel(tmp_path / "index", "native", native, tag=LAMBDA_TAG)
    function, layer = tmp_path / "function", tmp_path / "layer"
    for folder in (function, layer):
        folder.mkdir()
        (folder / "handler.py").write_text("x = 1\n")
    (layer / "requirements.txt").write_text(locked(wheel))
    found = {
        "dev": (Asset("function", function), Asset("layer", layer, PYTHON_LAYER)),
        "prod": (Asset("function", function),),
    }

    def assembly(_project: Project, name: str) -> SimpleNamespace:
        return SimpleNamespace(assets=found[name])

    monkeypatch.setattr(Project, "assembly", assembly)
    return found


def test_every_asset_is_built_once_under_its_key(
    assets: dict[str, tuple[Asset, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["package", "--env", "dev", "--env", "prod"]) == 0
    streams = capsys.readouterr()
    assert streams.err == "packaging function\npackaging layer\n"
    function, layer, note = streams.out.splitlines()[1:]
    assert function.split() == [
        *("function", "dev,", "prod", "0.00", "MiB", "0.0%", "0.00", "MiB", "0.0%")
    ]
    assert layer.split() == ["layer", "dev", "0.95", "MiB", "1.9%", "0.95", "MiB", "0.4%"]
    assert note == "Largest function with every layer: 0.95 MiB of 250 MiB, unzipped."
    written = sorted(path for path in Path("build").rglob("*") if path.is_file())
    assert written == [Path("build") / asset.key for asset in assets["dev"]]
    with zipfile.ZipFile(written[1]) as package:
        assert "python/native.so" in package.namelist()


def test_json_has_bytes_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["package", "--env", "dev", "--out", "zips", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schemaVersion"] == 1
    assert document["limits"] == {"unzippedBytes": 262_144_000, "directUploadBytes": 52_428_800}
    function, layer = document["assets"]
    together = function["unzippedBytes"] + layer["unzippedBytes"]
    assert document["largestTogetherBytes"] == together
    assert layer["name"] == "layer"
    assert layer["environments"] == ["dev"]
    assert layer["recipe"] == "python-layer-1 lambda arm64 python3.14"
    assert Path(layer["file"]).stat().st_size == layer["zippedBytes"]
    assert Path(layer["file"]) == Path("zips/assets/layer") / f"{layer['digest']}.zip"
    assert layer["unzippedShare"] == round(layer["unzippedBytes"] / 262_144_000, 4) > 0


def test_what_cannot_be_built_or_written_exits_with_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "assets").write_text("a file where a folder should be")
    assert run(["package", "--env", "prod", "--out", "taken"]) == 4
    assert "cannot be written" in capsys.readouterr().err
    (tmp_path / "layer" / "requirements.txt").write_text("native\n")
    assert run(["package", "--env", "dev"]) == 4
    assert "'native' is not locked to one version" in capsys.readouterr().err


def test_an_unknown_environment_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["package", "--env", "nowhere"]) == 2
    assert "no such environment" in capsys.readouterr().err


def test_a_deploy_builds_for_lambda_and_a_rehearsal_for_this_machine(
    assets: dict[str, tuple[Asset, ...]], tmp_path: Path
) -> None:
    here = make_wheel(tmp_path / "index", "native", {"native.so": b"for here"})
    lock = tmp_path / "layer" / "requirements.txt"
    lock.write_text(locked(*sorted((tmp_path / "index").iterdir())))
    assembly = SimpleNamespace(assets=assets["dev"])
    assert b"for here" in asset_builder(assembly, target=host_target())("layer")
    here.unlink()
    assert b"\x7fELF" in asset_builder(assembly)("layer")
