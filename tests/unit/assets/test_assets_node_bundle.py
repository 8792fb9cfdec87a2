"""npm and esbuild are really run, against the npm registry; without npm these are skipped."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aistudio_templates.assets import NODE_BUNDLE, Asset, Target, archive, node_project
from aistudio_templates.errors import AssetError

needs_npm = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is not installed: nothing can be bundled"
)

SOURCES = {
    "src/index.ts": """\
import ms from "ms";
import semver from "semver";
import { used } from "./library";
export const handler = async (event: { version: string }): Promise<string> =>
  [ms(60000), used(), semver.inc(event.version, "patch")].join(" ");
""",
    "src/library.ts": """\
export function used(): string {
  const aLongNameOfAVariable: string = Math.random() < 2 ? "kept" : "";
  return aLongNameOfAVariable + aLongNameOfAVariable.length;
}
export function unused(): string { return "shaken off the tree"; }
""",
}
INTEGRITY = {
    "ms": (
        "2.1.3",
        (
            "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5"
            "xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="
        ),
    ),
    "semver": (
        "7.6.0",
        (
            "sha512-EnwXhrlwXMk9gKu5/flx5sv/an57AkRplG3hTK68W7FRDN+k+OWBj"
            "65M7719OkA82XLBxrcX0KSHj+X5COhOVg=="
        ),
    ),
    "lru-cache": (
        "6.0.0",
        (
            "sha512-Jo6dJ04CmSjuznwJSS3pUeWmd/H0ffTlkXXgwZi+eq1UCmqQwCh+e"
            "LsYOYCwY991i2Fah4h1BEMCx4qThGbsiA=="
        ),
    ),
    "yallist": (
        "4.0.0",
        (
            "sha512-3wdGidZyq5PB084XLES5TpOSRA3wjXAlIWMhum2kRcv/41Sn2emQ0"
            "dycQW4uZXLejwKvg6EsvbdlVL+FYEct7A=="
        ),
    ),
}
"""Version and hash of each package, as ``npm install`` locks them."""

NEEDS = {"semver": {"lru-cache": "^6.0.0"}, "lru-cache": {"yallist": "^4.0.0"}}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def use_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for all tests here, so that esbuild is fetched once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def lock(names: dict[str, str]) -> dict[str, Any]:
    packages: dict[str, Any] = {"": {"name": "f", "version": "1.0.0", "dependencies": names}}
    for name, (version, integrity) in INTEGRITY.items():
        packages[f"node_modules/{name}"] = {
            "version": version,
            "resolved": f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz",
            "integrity": integrity,
            "dependencies": NEEDS.get(name, {}),
        }
    return {"name": "f", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}


def function(folder: Path, sources: dict[str, str] | None = None, **package: Any) -> Asset:
    texts = dict(sources or SOURCES)
    if sources is None:
        names = {"ms": "2.1.3", "semver": "7.6.0"}
        package = {"dependencies": names, "aistudio": {"external": ["semver"]}} | package
        texts["package-lock.json"] = json.dumps(lock(names))
    texts["package.json"] = json.dumps({"name": "f", "version": "1.0.0", **package})
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Asset("node-function", folder, NODE_BUNDLE)


def contents(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


@needs_npm
def test_a_bundle_is_shaken_minified_mapped_and_runs(tmp_path: Path) -> None:
    asset = function(tmp_path / "source")
    built = contents(archive(asset))
    bundle, source_map = built["index.js"], json.loads(built["index.js.map"])
    assert "kept" in bundle
    assert "shaken off" not in bundle
    assert "aLongNameOfAVariable" not in bundle
    assert 'require("semver")' in bundle
    assert bundle.endswith("//# sourceMappingURL=index.js.map\n")
    assert source_map["sources"] == [
        "../node_modules/ms/index.js",
        "../src/index.ts",
        "../src/library.ts",
    ]
    assert "aLongNameOfAVariable" in source_map["sourcesContent"][2]
    assert {name.split("/")[1] for name in built if name.startswith("node_modules/")} == {
        "lru-cache",
        "semver",
        "yallist",
    }
    assert not [name for name in built if name.endswith(".md")]
    assert not (tmp_path / "source" / "node_modules").exists()
    assert run(tmp_path / "unpacked", built) == "1m kept4 1.2.4"


def run(folder: Path, built: dict[str, str]) -> str:
    for name, text in built.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    script = "require('./index').handler({version: '1.2.3'}).then(console.log)"
    done = subprocess.run(
        ["node", "-e", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@needs_npm
def test_the_bundle_is_the_same_in_every_folder(tmp_path: Path) -> None:
    first, second = function(tmp_path / "a"), function(tmp_path / "deeper" / "b")
    assert first.digest == second.digest
    assert archive(first) == archive(second)


@needs_npm
def test_syntax_is_that_of_the_runtime(tmp_path: Path) -> None:
    asset = function(tmp_path, {"index.js": "exports.handler = (e) => e?.x ?? 1;\n"})
    assert "?." in contents(archive(asset))["index.js"]
    assert "?." not in contents(archive(asset, target=Target(node_version="12")))["index.js"]


@needs_npm
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('import x from "missing";\nexport const handler = x;\n', 'Could not resolve "missing"'),
        ("export const handler = (;\n", 'Unexpected ";"'),
    ],
)
def test_what_does_not_bundle_is_named_with_its_place(
    tmp_path: Path, text: str, fault: str
) -> None:
    with pytest.raises(AssetError) as caught:
        archive(function(tmp_path, {"index.ts": text}))
    assert fault in caught.value.message
    assert "index.ts:1:" in caught.value.message


@needs_npm
def test_a_lock_that_differs_from_the_package_is_refused(tmp_path: Path) -> None:
    asset = function(tmp_path, dependencies={"ms": "1.0.0"})
    with pytest.raises(AssetError, match="npm ci failed: code EUSAGE") as caught:
        archive(asset)
    assert caught.value.hint == "run in that folder: npm ci"


@needs_npm
def test_a_package_with_another_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setitem(INTEGRITY, "ms", ("2.1.3", INTEGRITY["semver"][1]))
    with pytest.raises(AssetError, match="npm ci failed: code EINTEGRITY"):
        archive(function(tmp_path / "source"))


@pytest.mark.parametrize(("program", "exists"), [("npm", "node"), ("node", "npm")])
def test_a_missing_program_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, exists: str
) -> None:
    there = tmp_path / "bin" / exists
    there.parent.mkdir()
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(there.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(AssetError, match=f"{program}: not found, but needed to bundle") as caught:
        archive(function(tmp_path / "source", {"index.js": ""}))
    assert caught.value.hint == "install Node.js 20 or newer, with npm"


def test_the_bundler_and_the_runtime_are_part_of_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = function(tmp_path)
    version = node_project.ESBUILD_VERSION
    assert asset.full_recipe == f"node-bundle-1 lambda arm64 node24 esbuild-{version}"
    x86 = Asset("node-function", tmp_path, NODE_BUNDLE, Target("x86_64"))
    newer = Asset("node-function", tmp_path, NODE_BUNDLE, Target(node_version="26"))
    assert len({asset.digest, x86.digest, newer.digest}) == 3
    monkeypatch.setattr("aistudio_templates.assets.asset.ESBUILD_VERSION", "0.0.1")
    assert Asset("node-function", tmp_path, NODE_BUNDLE).digest != asset.digest
