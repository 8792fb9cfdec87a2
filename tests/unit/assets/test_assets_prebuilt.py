import io
import stat
import zipfile
from pathlib import Path

import pytest

from aistudio_templates.assets import PREBUILT_ZIP, Asset, Target, archive, limits
from aistudio_templates.errors import AssetError
from support.wheels import MACHINES, elf


def zipped(members: dict[str, bytes], *, mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.external_attr = mode << 16
            package.writestr(entry, content)
    return buffer.getvalue()


def prebuilt(folder: Path, content: bytes, architecture: str = "arm64") -> Asset:
    path = folder / "function.zip"
    path.write_bytes(content)
    return Asset("prebuilt", path, PREBUILT_ZIP, Target(architecture))


def test_the_zip_is_taken_byte_for_byte(tmp_path: Path) -> None:
    content = zipped({"index.js": b"x", "lib/": b"", "lib/a..b.js": b"y"})
    asset = prebuilt(tmp_path, content)
    assert archive(asset) == content
    moved = tmp_path / "other.zip"
    moved.write_bytes(content)
    assert Asset("prebuilt", moved, PREBUILT_ZIP).digest == asset.digest
    assert prebuilt(tmp_path, zipped({"index.js": b"z"})).digest != asset.digest


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../outside.py",
        "a/../../outside.py",
        "a//b.py",
        "./a.py",
        "..\\outside.py",
        "C:/windows.py",
        "a\nb.py",
        "a\x1b[31m.py",
        "a.py\0.txt",
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    asset = prebuilt(tmp_path, zipped({"index.js": b"x", name: b"y"}))
    with pytest.raises(AssetError, match="unsafe member name") as caught:
        _ = asset.digest
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("leads_to", "refused"),
    [("b.so.1", False), ("../lib/b.so.1", False), ("/etc/passwd", True), ("../../x", True)],
)
def test_links_stay_inside(tmp_path: Path, leads_to: str, refused: bool) -> None:
    link = zipped({"lib/b.so": leads_to.encode()}, mode=stat.S_IFLNK | 0o777)
    asset = prebuilt(tmp_path, link)
    if refused:
        with pytest.raises(AssetError, match=r"lib/b\.so is a link that leaves the zip"):
            _ = asset.digest
    else:
        assert archive(asset) == link


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("a.py", b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("a.py", b"y")
    with pytest.raises(AssetError, match="unsafe member name"):
        _ = prebuilt(tmp_path, buffer.getvalue()).digest


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is no zip"),
        (b"PK\x03\x04 but nothing else", "is no zip"),
        (zipped({}), "holds no file"),
        (zipped({"folder/": b""}), "holds no file"),
    ],
)
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    with pytest.raises(AssetError, match=fault):
        _ = prebuilt(tmp_path, content).digest


def test_a_missing_zip_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"gone\.zip: no such zip file"):
        _ = Asset("prebuilt", tmp_path / "gone.zip", PREBUILT_ZIP).digest


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.py": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(AssetError, match=r"a\.py is encrypted"):
        _ = prebuilt(tmp_path, bytes(content)).digest


def test_a_damaged_member_is_found_before_it_is_uploaded(tmp_path: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as package:
        package.writestr("a.py", b"the original text" + bytes(100_000))
    asset = prebuilt(tmp_path, stored.getvalue().replace(b"original", b"modified"))
    assert asset.digest
    with pytest.raises(AssetError, match=r"a\.py is damaged"):
        archive(asset)


def test_what_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNZIPPED_BYTES", 100)
    bomb = zipped({"a.txt": bytes(101)})
    with pytest.raises(AssetError, match="101 bytes unzipped, Lambda takes 100"):
        _ = prebuilt(tmp_path, bomb).digest


def test_native_code_has_to_fit_the_target(tmp_path: Path) -> None:
    content = zipped({"a.so": elf(MACHINES["x86_64"]) + bytes(100)})
    with pytest.raises(AssetError, match=r"a\.so is built for x86_64"):
        _ = prebuilt(tmp_path, content).digest
    assert archive(prebuilt(tmp_path, content, "x86_64")) == content
