import errno
import json
import os
from pathlib import Path

import pytest

from aistudio_templates.errors import TemplateError
from aistudio_templates.model import template_files
from aistudio_templates.model.template_files import read_files, write_files


def files(**templates: str) -> dict[str, bytes]:
    """A manifest and its templates."""
    manifest = {
        "root": {"file": "root.yaml"},
        "stacks": {name: {"file": f"{name}.yaml"} for name in templates},
    }
    contents = {f"{name}.yaml": body.encode() for name, body in templates.items()}
    return {"manifest.json": json.dumps(manifest).encode(), "root.yaml": b"root", **contents}


def on_disk(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_first_write_makes_the_directory(tmp_path: Path) -> None:
    target = tmp_path / "templates" / "dev"
    assert write_files(target, files(a="1")) == ("a.yaml", "manifest.json", "root.yaml")
    assert on_disk(target) == files(a="1")
    assert (target / "a.yaml").stat().st_mode & 0o777 == 0o644


def test_a_second_write_touches_only_what_changed(tmp_path: Path) -> None:
    write_files(tmp_path, files(a="1", b="1"))
    before = (tmp_path / "b.yaml").stat().st_mtime_ns
    assert write_files(tmp_path, files(a="2", b="1")) == ("a.yaml",)
    assert (tmp_path / "b.yaml").stat().st_mtime_ns == before
    assert write_files(tmp_path, files(a="2", b="1")) == ()


def test_removed_stacks_leave_no_file_and_foreign_files_stay(tmp_path: Path) -> None:
    write_files(tmp_path, files(a="1", gone="1"))
    (tmp_path / "notes.yaml").write_text("mine")
    assert write_files(tmp_path, files(a="1")) == ("gone.yaml", "manifest.json")
    assert on_disk(tmp_path) == files(a="1") | {"notes.yaml": b"mine"}


def test_a_damaged_manifest_leaves_no_orphans(tmp_path: Path) -> None:
    write_files(tmp_path, files(a="1", gone="1"))
    (tmp_path / "manifest.json").write_text("{")
    write_files(tmp_path, files(a="1"))
    assert on_disk(tmp_path) == files(a="1")


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    directory = tmp_path / "dev"
    outside = tmp_path / "outside.yaml"
    outside.write_text("keep")
    write_files(directory, files(a="1"))
    evil = {"root": {"file": "root.yaml"}, "stacks": {"x": {"file": "../outside.yaml"}}}
    (directory / "manifest.json").write_text(json.dumps(evil))
    write_files(directory, files(a="1"))
    assert outside.read_text() == "keep"


@pytest.mark.parametrize("failing", ["a.yaml", "manifest.json", "root.yaml"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "no space")])
def test_an_interrupted_rename_restores_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    write_files(tmp_path, files(a="1", b="1"))
    old = on_disk(tmp_path)
    rename = Path.replace
    pending = [failing]

    def replace(self: Path, target: Path) -> Path:
        if pending and target.name == failing:
            pending.pop()
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    new = files(a="2", c="1") | {"root.yaml": b"new root"}
    with pytest.raises((KeyboardInterrupt, TemplateError)):
        write_files(tmp_path, new)
    assert on_disk(tmp_path) == old


def test_a_full_disk_leaves_the_old_files_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, files(a="1"))
    old = on_disk(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(template_files.os, "fsync", full)
    with pytest.raises(TemplateError, match="No space left") as caught:
        write_files(tmp_path, files(a="2"))
    assert on_disk(tmp_path) == old
    assert "old files are whole" in (caught.value.hint or "")


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "dev"
    link.symlink_to(elsewhere)
    with pytest.raises(TemplateError, match="symbolic link"):
        write_files(link, files(a="1"))
    assert on_disk(elsewhere) == {}


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text("a file")
    with pytest.raises(TemplateError, match="dev: cannot be written"):
        write_files(tmp_path / "dev", files(a="1"))


def test_a_missing_directory_has_no_files(tmp_path: Path) -> None:
    assert read_files(tmp_path / "missing") == {}


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_files(tmp_path / "dev", files(a="1"))
    finally:
        os.umask(before)
    assert (tmp_path / "dev" / "a.yaml").stat().st_mode & 0o777 == 0o644
