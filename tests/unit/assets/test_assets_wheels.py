"""pip is really run: mostly against a folder of hand-made wheels, once against its index."""

import hashlib
import io
import os
import subprocess
import sys
import sysconfig
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aistudio_templates.assets import (
    PYTHON_LAYER,
    Asset,
    Target,
    archive,
    host_target,
    limits,
    size_report,
)
from aistudio_templates.errors import AssetError
from support.wheels import LAMBDA_TAG, MACHINES, elf, index_is, locked, make_wheel

HOST_TAG = "cp{0}{1}-cp{0}{1}-{2}".format(
    *sys.version_info[:2], sysconfig.get_platform().replace("-", "_").replace(".", "_")
)
NATIVE = elf(MACHINES["arm64"]) + b"code for Lambda"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of its own, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    index_is(monkeypatch, folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def layer(folder: Path, lock: str, target: Target | None = None) -> Asset:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shared.py").write_text("x = 1\n")
    (folder / "requirements.txt").write_text(lock)
    return Asset("layer", folder, PYTHON_LAYER, target or Target())


def contents(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def both(index: Path) -> list[Path]:
    """Put a pure and a native distribution into the index."""
    pure = make_wheel(index, "pure", {"pure.py": b"y = 2\n"})
    native = make_wheel(index, "native", {"native/core.so": NATIVE}, tag=LAMBDA_TAG)
    return [pure, native]


def test_locked_wheels_lie_beside_the_layers_modules(tmp_path: Path, index: Path) -> None:
    asset = layer(tmp_path / "source", locked(*both(index)))
    built = contents(archive(asset))
    assert built["python/shared.py"] == b"x = 1\n"
    assert built["python/pure.py"] == b"y = 2\n"
    assert built["python/native/core.so"] == NATIVE
    assert all(name.startswith("python/") for name in built)
    assert list(built) == sorted(built)
    report = size_report(asset)
    assert report.unzipped_bytes == sum(map(len, built.values()))
    assert report.zipped_bytes > report.unzipped_bytes
    assert 0 < report.unzipped_share < report.zipped_share < 0.001


def test_the_zip_is_the_same_everywhere(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locked(*both(index))
    first = archive(layer(tmp_path / "a", lock))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other" / "cache"))
    before = os.umask(0o077)
    try:
        assert archive(layer(tmp_path / "deeper" / "b", lock)) == first
    finally:
        os.umask(before)


def test_a_second_run_needs_no_index(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = layer(tmp_path / "source", locked(*both(index)))
    first = archive(asset)
    index_is(monkeypatch, tmp_path / "nowhere")
    assert archive(asset) == first
    # Comments and order are no part of what was asked for.
    reordered = "# again\n" + "".join(
        reversed((tmp_path / "source" / "requirements.txt").read_text().splitlines(keepends=True))
    )
    assert contents(archive(layer(tmp_path / "b", reordered)))["python/pure.py"] == b"y = 2\n"


def test_threads_share_what_one_of_them_fetches(tmp_path: Path, index: Path) -> None:
    asset = layer(tmp_path / "source", locked(*both(index)))
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: archive(asset), range(4)))) == 1


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, index: Path) -> None:
    asset = layer(tmp_path / "source", locked(*both(index)))
    first = archive(asset)
    (cached,) = (tmp_path / "cache").rglob("pure-*.whl")
    cached.write_bytes(b"damaged")
    assert archive(asset) == first
    cached.unlink()
    assert archive(asset) == first


def test_the_target_is_part_of_the_digest_where_there_are_wheels(
    tmp_path: Path, index: Path
) -> None:
    lock = locked(*both(index))
    targets = [Target(), Target("x86_64"), Target(python_version="3.13")]
    assets = [layer(tmp_path / "a", lock, target) for target in targets]
    assert len({asset.digest for asset in assets}) == 3
    assert assets[0].full_recipe == "python-layer-1 lambda arm64 python3.14"
    plain = [layer(tmp_path / "b", "# none\n", target) for target in targets]
    assert len({asset.digest for asset in plain}) == 1


def test_digests_run_no_program(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = layer(tmp_path / "source", locked(*both(index)))

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(subprocess, "run", refuse)
    assert len(asset.digest) == 32
    with pytest.raises(AssertionError, match="pip"):
        archive(asset)


def test_another_target_takes_the_wheels_of_this_machine(tmp_path: Path, index: Path) -> None:
    wheels = [
        make_wheel(index, "native", {"native.so": NATIVE}, tag=LAMBDA_TAG),
        make_wheel(index, "native", {"native.so": b"code for here"}, tag=HOST_TAG),
    ]
    asset = layer(tmp_path / "source", locked(*wheels))
    assert contents(archive(asset))["python/native.so"] == NATIVE
    here = contents(archive(asset, target=host_target()))
    assert here["python/native.so"] == b"code for here"


def test_a_file_with_another_hash_is_refused(tmp_path: Path, index: Path) -> None:
    lock = locked(*both(index))
    make_wheel(index, "pure", {"pure.py": b"tampered\n"})
    with pytest.raises(AssetError) as caught:
        archive(layer(tmp_path / "source", lock))
    assert caught.value.message == (
        "pure==1.0: its file for lambda arm64 python3.14 has none of the locked hashes"
    )
    assert "tampered" in str(caught.value.hint)
    assert list((tmp_path / "cache").rglob("*.whl")) == []


def test_no_wheel_for_the_processor_is_said_so(tmp_path: Path, index: Path) -> None:
    pure, native = both(index)
    with pytest.raises(AssetError) as caught:
        archive(layer(tmp_path / "source", locked(pure, native), Target("x86_64")))
    assert caught.value.message == "native==1.0: no wheel for lambda x86_64 python3.14"
    assert caught.value.hint


def test_an_index_that_cannot_be_reached_is_said_so(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = locked(*both(index))
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(AssetError) as caught:
        archive(layer(tmp_path / "source", lock))
    assert caught.value.message == "native==1.0: the package index cannot be reached"


def test_a_python_without_pip_is_said_so(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    bare.chmod(0o755)
    asset = layer(tmp_path / "source", locked(*both(index)))
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(AssetError, match="pip is not installed") as caught:
        archive(asset)
    assert caught.value.hint == "run: python -m ensurepip"
    bare.write_text("#!/bin/sh\necho 'ERROR: \x1b[31mdisk of pure is full' >&2\nexit 1\n")
    with pytest.raises(AssetError) as caught:
        archive(asset)
    assert caught.value.message == "pure==1.0: pip failed: [31mdisk of pure is full"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    with pytest.raises(AssetError, match="cannot be started"):
        archive(asset)


def test_a_wheel_with_code_for_the_wrong_processor_is_refused(tmp_path: Path, index: Path) -> None:
    foreign = {"native/core.so": elf(MACHINES["x86_64"])}
    wheel = make_wheel(index, "native", foreign, tag=LAMBDA_TAG)
    with pytest.raises(AssetError, match=r"native/core\.so is built for x86_64"):
        archive(layer(tmp_path / "source", locked(wheel)))


@pytest.mark.parametrize(("text", "refused"), [(b"y = 2\n", True), (b"x = 1\n", False)])
def test_two_files_of_one_name_have_to_be_equal(
    tmp_path: Path, index: Path, text: bytes, refused: bool
) -> None:
    asset = layer(tmp_path / "source", locked(make_wheel(index, "pure", {"shared.py": text})))
    if refused:
        with pytest.raises(AssetError, match=r"two different files are called python/shared\.py"):
            archive(asset)
    else:
        assert contents(archive(asset))["python/shared.py"] == text


def test_dependencies_count_against_the_limit(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = layer(tmp_path / "source", locked(make_wheel(index, "pure", {"a.txt": bytes(5000)})))
    monkeypatch.setattr(limits, "MAX_UNZIPPED_BYTES", 5000)
    assert asset.digest
    with pytest.raises(AssetError, match=r"layer: 5,\d+ bytes unzipped, Lambda takes 5,000"):
        archive(asset)


def test_real_wheels_come_from_the_configured_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    tags = ["--platform=manylinux2014_aarch64", "--python-version=3.14", "--only-binary=:all:"]
    wanted = ["et-xmlfile==2.0.0", "markupsafe==3.0.3"]
    fetched = tmp_path / "fetched"
    done = subprocess.run([*download, fetched, *tags, *wanted], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("the configured package index cannot be reached")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(fetched.iterdir())]
    lock = "".join(f"{n} --hash=sha256:{h}\n" for n, h in zip(wanted, hashes, strict=True))
    built = contents(archive(layer(tmp_path / "source", lock)))
    assert "python/et_xmlfile/__init__.py" in built
    (native,) = (name for name in built if name.endswith(".so"))
    assert native.endswith("_speedups.cpython-314-aarch64-linux-gnu.so")
