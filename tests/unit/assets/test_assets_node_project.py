import json
from pathlib import Path
from typing import Any

import pytest

from aistudio_templates.assets import NODE_BUNDLE, Asset
from aistudio_templates.assets.node_project import NodeProject, node_project
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.errors import AssetError

WHERE = Path("function")


def project(package: Any, lock: Any = None, entry: str = "index.js") -> NodeProject:
    texts = {"package.json": json.dumps(package), entry: ""}
    if lock is not None:
        texts["package-lock.json"] = json.dumps(lock)
    files = [SourceFile(name, text.encode(), executable=False) for name, text in texts.items()]
    return node_project(files, where=WHERE)


LOCK = {
    "packages": {
        "": {"dependencies": {"top": "1", "@scope/native": "1"}},
        "node_modules/top": {"dependencies": {"shared": "1", "own": "1"}},
        "node_modules/top/node_modules/own": {"dependencies": {"shared": "2", "deep": "1"}},
        "node_modules/top/node_modules/shared": {},
        "node_modules/shared": {},
        "node_modules/deep": {"peerDependencies": {"top": "1"}},
        "node_modules/@scope/native": {"optionalDependencies": {"elsewhere": "1", "deep": "1"}},
        "node_modules/unrelated": {},
    }
}


@pytest.mark.parametrize(
    ("external", "shipped"),
    [
        ([], ()),
        (["@aws-sdk/*"], ()),
        (["@scope/*"], ("@scope/native", "deep", "top", "top/own", "top/shared")),
        (["top"], ("deep", "top", "top/own", "top/shared")),
    ],
)
def test_external_dependencies_are_shipped_with_what_they_need(
    external: list[str], shipped: tuple[str, ...]
) -> None:
    package = {
        "dependencies": {"top": "1", "@scope/native": "1"},
        "aistudio": {"external": external},
    }
    found = project(package, LOCK)
    assert found.external == tuple(external)
    assert found.locked
    places = [name.removeprefix("node_modules/") for name in found.shipped]
    assert [place.replace("/node_modules", "") for place in places] == list(shipped)


@pytest.mark.parametrize("entry", ["index.ts", "index.mjs", "src/index.ts", "src/index.cjs"])
def test_the_handler_is_in_index(entry: str) -> None:
    assert project({}, entry=entry) == NodeProject(entry, (), locked=False, shipped=())


@pytest.mark.parametrize(
    ("package", "lock", "entry", "fault"),
    [
        ({}, None, "main.ts", "function: holds no index.ts or index.js"),
        ([], None, "index.js", "package.json: is no JSON object"),
        ({"dependencies": {"x": "1"}}, None, "index.js", "package-lock.json is missing"),
        ({"devDependencies": {"x": "1"}}, None, "index.js", "package-lock.json is missing"),
        ({"aistudio": {"external": "x"}}, None, "index.js", "aistudio.external is no list"),
        ({"aistudio": {"external": [1]}}, None, "index.js", "aistudio.external is no list"),
    ],
)
def test_what_cannot_be_bundled_is_refused(package: Any, lock: Any, entry: str, fault: str) -> None:
    with pytest.raises(AssetError) as caught:
        project(package, lock, entry)
    assert fault in caught.value.message


def test_faults_show_when_templates_are_composed(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("")
    with pytest.raises(AssetError, match=r"holds no package\.json") as caught:
        _ = Asset("node", tmp_path, NODE_BUNDLE).digest
    assert caught.value.hint == "run: npm init"
    (tmp_path / "package.json").write_text("{")
    with pytest.raises(AssetError, match=r"package\.json: is no JSON"):
        _ = Asset("node", tmp_path, NODE_BUNDLE).digest
