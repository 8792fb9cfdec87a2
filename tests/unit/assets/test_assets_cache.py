from pathlib import Path

import pytest

from aistudio_templates.assets.cache import cached_folder, discard
from aistudio_templates.errors import AssetError


def write(folder: Path, text: str = "content") -> None:
    (folder / "file").write_text(text)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "aistudio-templates"


def test_a_folder_is_filled_once(cache: Path) -> None:
    calls: list[Path] = []

    def fill(folder: Path) -> None:
        calls.append(folder)
        write(folder)

    first = cached_folder("wheels", "key", fill=fill)
    assert first == cache / "wheels" / "key"
    assert cached_folder("wheels", "key", fill=fill) == first
    assert len(calls) == 1
    assert calls[0] != first
    discard(first)
    assert (cached_folder("wheels", "key", fill=fill) / "file").read_text() == "content"
    assert len(calls) == 2


def test_a_failure_leaves_nothing(cache: Path) -> None:
    def fill(folder: Path) -> None:
        write(folder)
        raise AssetError("the network is gone")

    with pytest.raises(AssetError, match="network"):
        cached_folder("wheels", "key", fill=fill)
    assert list((cache / "wheels").iterdir()) == []


def test_whoever_is_second_takes_what_the_first_has_put_there(cache: Path) -> None:
    def slow(folder: Path) -> None:
        cached_folder("wheels", "key", fill=lambda fast: write(fast, "first"))
        write(folder, "second")

    folder = cached_folder("wheels", "key", fill=slow)
    assert (folder / "file").read_text() == "first"
    assert list((cache / "wheels").iterdir()) == [folder]


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(AssetError, match="cannot be written") as caught:
        cached_folder("wheels", "key", fill=write)
    assert caught.value.hint == "set XDG_CACHE_HOME to a folder that can be written"


def test_relative_and_missing_settings_mean_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    expected = tmp_path / "home" / ".cache" / "aistudio-templates" / "wheels" / "key"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cached_folder("wheels", "key", fill=write) == expected
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cached_folder("wheels", "key", fill=write) == expected
