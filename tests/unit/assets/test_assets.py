import io
import os
import zipfile
from pathlib import Path

import pytest

from aistudio_templates.assets import (
    PREBUILT_ZIP,
    PYTHON_LAYER,
    PYTHON_SOURCE,
    Asset,
    archive,
    function_asset,
    limits,
    migrations_digest,
)
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.errors import AssetError

FILES = {"handler.py": "def handler(): ...\n", "lib/helper.py": "x = 1\n", "requirements.txt": ""}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def asset(folder: Path, recipe: str = PYTHON_SOURCE) -> Asset:
    return Asset("my-function", folder, recipe)


def test_same_source_same_bytes_wherever_whenever_and_by_whomever(tmp_path: Path) -> None:
    first = asset(write(tmp_path / "a", FILES))
    before = os.umask(0o077)
    try:
        second_folder = write(tmp_path / "deeper" / "b", dict(reversed(FILES.items())))
    finally:
        os.umask(before)
    for path in second_folder.rglob("*"):
        os.utime(path, (1, 1))
    second = asset(second_folder)
    assert first.digest == second.digest
    assert archive(first) == archive(second)
    assert first.key == f"assets/my-function/{first.digest}.zip"


@pytest.mark.parametrize(
    "change",
    [
        {"handler.py": "def handler(): pass\n"},
        {"new.py": ""},
        {"requirements.txt": f"x==1 --hash=sha256:{64 * '0'}\n"},
        {"lib/helper2.py": "x = 1\n"},
    ],
)
def test_any_change_of_source_changes_the_digest(tmp_path: Path, change: dict[str, str]) -> None:
    before = asset(write(tmp_path / "a", FILES)).digest
    assert asset(write(tmp_path / "a", change)).digest != before


def test_the_recipe_and_the_executable_bit_count(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    digests = {asset(folder).digest, asset(folder, PYTHON_LAYER).digest}
    (folder / "handler.py").chmod(0o755)
    digests.add(asset(folder).digest)
    assert len(digests) == 3


def test_moving_text_between_files_changes_the_digest(tmp_path: Path) -> None:
    first = asset(write(tmp_path / "a", {"a.py": "xy", "b.py": "z"}))
    second = asset(write(tmp_path / "b", {"a.py": "x", "b.py": "yz"}))
    assert first.digest != second.digest


def test_leftovers_are_no_source(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    before = asset(folder).digest
    write(
        folder,
        {
            "__pycache__/handler.pyc": "x",
            "handler.pyc": "x",
            ".hidden": "x",
            ".git/config": "x",
            "node_modules/@scope/x/index.js": "x",
            "tests/test_handler.py": "x",
            "handler.py~": "x",
        },
    )
    assert asset(folder).digest == before


def test_the_zip_holds_the_source_with_fixed_times_and_modes(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    (folder / "handler.py").chmod(0o775)
    with zipfile.ZipFile(io.BytesIO(archive(asset(folder)))) as package:
        assert package.testzip() is None
        assert package.namelist() == sorted(FILES)
        modes = {e.filename: oct(e.external_attr >> 16) for e in package.infolist()}
        assert modes == {
            "handler.py": "0o100755",
            "lib/helper.py": "0o100644",
            "requirements.txt": "0o100644",
        }
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.read("lib/helper.py") == b"x = 1\n"


def test_an_unknown_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no such recipe: 'python-sauce-1'") as caught:
        _ = asset(write(tmp_path / "a", FILES), "python-sauce-1").digest
    assert caught.value.hint is not None
    assert "did you mean 'python-source-1'?" in caught.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="missing: no such folder"):
        _ = asset(tmp_path / "missing").digest


def test_an_empty_folder_is_no_asset(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds no source"):
        _ = asset(write(tmp_path / "a", {".hidden": "x"})).digest


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    (folder / "link.py").symlink_to("/etc/passwd")
    with pytest.raises(AssetError, match=r"link.py: is a symbolic link"):
        _ = asset(folder).digest


@pytest.mark.parametrize("name", ["a b.py", "ü.py", "$(x).py", "-rf.py"])
def test_unsafe_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AssetError, match="unsafe name"):
        _ = asset(write(tmp_path / "a", {name: ""})).digest


def test_source_that_lambda_cannot_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_UNZIPPED_BYTES", 10)
    with pytest.raises(AssetError, match="Lambda takes 10"):
        _ = asset(write(tmp_path / "a", {"a.py": "x" * 11})).digest


def test_the_initialisers_digest_changes_less_often_than_its_code() -> None:
    initialiser = function_asset("database_initializer")
    assert initialiser.name == "database-initializer"
    names = {file.name for file in initialiser.files}
    assert "handler.py" in names
    assert any(name.startswith("migrations/") for name in names)
    assert migrations_digest(initialiser) not in initialiser.key


def extra(name: str, content: str = "y = 2\n") -> SourceFile:
    return SourceFile(name, content.encode(), executable=False)


def test_extra_files_are_source_like_the_folders_own(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    joined = Asset("my-function", folder, extra=(extra("lib/z.py"), extra("lib/a.py")))
    whole = asset(write(tmp_path / "b", {**FILES, "lib/z.py": "y = 2\n", "lib/a.py": "y = 2\n"}))
    assert joined.digest == whole.digest != asset(folder).digest
    assert archive(joined) == archive(whole)


def test_an_extra_file_hides_none(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", FILES)
    for files in ((extra("handler.py"),), (extra("new.py"), extra("new.py", "other"))):
        with pytest.raises(AssetError, match=r"(handler|new)\.py is there, and comes from else"):
            _ = Asset("my-function", folder, extra=files).digest


def test_a_zip_takes_no_extra_files(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive(asset(write(tmp_path / "a", FILES))))
    with pytest.raises(AssetError, match="to which no files can be added"):
        _ = Asset("my-function", path, PREBUILT_ZIP, extra=(extra("new.py"),)).digest
