import io
import zipfile
from pathlib import Path

import pytest

from aistudio_templates.assets.wheel_files import files_of
from aistudio_templates.errors import AssetError
from support.wheels import make_wheel


def test_modules_and_data_are_taken_scripts_and_bytecode_are_not(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "demo",
        {
            "demo/__init__.py": b"x = 1\n",
            "demo/native.so": b"code",
            "demo/__pycache__/x.cpython-314.pyc": b"x",
            "demo-1.0.data/purelib/pure.py": b"",
            "demo-1.0.data/platlib/plat.py": b"",
            "demo-1.0.data/data/share/demo.txt": b"",
            "demo-1.0.data/scripts/demo": b"#!python\n",
            "demo-1.0.data/headers/demo.h": b"",
        },
    )
    files = {file.name: file.executable for file in files_of({"demo": wheel.read_bytes()})}
    assert files == {
        "demo/__init__.py": False,
        "demo/native.so": True,
        "pure.py": False,
        "plat.py": False,
        "share/demo.txt": False,
        "demo-1.0.dist-info/METADATA": False,
        "demo-1.0.dist-info/WHEEL": False,
        "demo-1.0.dist-info/RECORD": False,
    }


@pytest.mark.parametrize("needed", ["other-thing>=1.2", "Other.Thing (>=1)", "other_thing[fast]"])
def test_an_incomplete_lock_is_refused(tmp_path: Path, needed: str) -> None:
    wheel = make_wheel(tmp_path, "demo", {"demo.py": b""}, requires=[needed])
    with pytest.raises(AssetError, match=r"demo: needs other-thing, which requirements\.txt"):
        files_of({"demo": wheel.read_bytes()})


def test_what_the_runtime_brings_or_a_condition_excludes_is_not_missing(tmp_path: Path) -> None:
    requires = ["boto3>=1", "other; extra == 'fast'", "old; python_version < '3.8'", "Third"]
    first = make_wheel(tmp_path, "demo", {"demo.py": b""}, requires=requires)
    third = make_wheel(tmp_path, "third", {"third.py": b""})
    wheels = {"demo": first.read_bytes(), "third": third.read_bytes()}
    assert {"demo.py", "third.py"} <= {file.name for file in files_of(wheels)}


@pytest.mark.parametrize("name", ["../outside.py", "/etc/passwd", "a\\b.py"])
def test_a_wheel_with_unsafe_names_is_refused(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path, "demo", {name: b""})
    with pytest.raises(AssetError, match="demo: unsafe member name"):
        files_of({"demo": wheel.read_bytes()})


@pytest.mark.parametrize("name", ["demo-1.0.data/purelib/../outside.py"])
def test_names_below_a_data_folder_are_no_way_out(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path, "demo", {name: b""})
    with pytest.raises(AssetError, match="unsafe member name"):
        files_of({"demo": wheel.read_bytes()})


def test_what_is_no_zip_is_no_wheel() -> None:
    with pytest.raises(AssetError, match="demo: is no wheel"):
        files_of({"demo": b"text"})
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    assert files_of({"demo": empty.getvalue()}) == []
