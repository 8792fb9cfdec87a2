"""The organisation's migrations: judged offline, packaged with the initialiser."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aistudio_templates.assets import (
    Asset,
    archive,
    function_asset,
    migrations_digest,
    organization_migrations,
    shared_layer_asset,
)
from aistudio_templates.errors import AssetError

SITES = "CREATE TABLE sites (id bigint PRIMARY KEY);\n"


def folder(place: Path, **files: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, sql in files.items():
        (place / f"{name}.sql").write_text(sql)
    return place


def initialiser(migrations: Path | None) -> Asset:
    return function_asset("database_initializer", extra=organization_migrations(migrations))


def names(asset: Asset) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(archive(asset))) as package:
        assert package.testzip() is None
        return set(package.namelist())


def test_the_zip_holds_our_migrations_and_the_organisations(tmp_path: Path) -> None:
    ours = names(initialiser(None))
    assert {"migrations/001_documents.sql", "handler.py"} <= ours
    with_theirs = names(initialiser(folder(tmp_path, **{"100_sites": SITES})))
    assert with_theirs - ours == {"migrations/100_sites.sql"}


def test_same_folder_same_bytes_wherever_and_by_whomever(tmp_path: Path) -> None:
    first = initialiser(folder(tmp_path / "a", **{"100_sites": SITES}))
    elsewhere = folder(tmp_path / "deeper" / "b", **{"100_sites": SITES})
    (elsewhere / "100_sites.sql").chmod(0o755)
    (elsewhere / ".gitkeep").touch()
    second = initialiser(elsewhere)
    assert (first.key, archive(first)) == (second.key, archive(second))
    assert migrations_digest(first) == migrations_digest(second)


def test_both_digests_cover_the_organisations_files(tmp_path: Path) -> None:
    place = folder(tmp_path, **{"100_sites": SITES})
    assets = [
        initialiser(None),
        initialiser(place),
        initialiser(folder(place, **{"100_sites": SITES + "-- why\n"})),
        initialiser(folder(place, **{"101_more": "SELECT 1"})),
    ]
    assert len({asset.key for asset in assets}) == len(assets)
    assert len({migrations_digest(asset) for asset in assets}) == len(assets)


def test_other_source_of_the_initialiser_runs_no_migration() -> None:
    asset = initialiser(None)
    other = Asset(asset.name, asset.source)
    assert other.digest != asset.digest
    assert migrations_digest(other) == migrations_digest(asset)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"sites": SITES}, "sites.sql: must be named like"),
        ({"099_sites": SITES}, "099_sites.sql: numbers below 100 are those of the platform's"),
        ({"001_documents": SITES}, "001_documents.sql: numbers below 100"),
        ({"100_a": SITES, "0100_b": SITES}, "100_a.sql: has the same number as 0100_b.sql"),
        ({"100_a": "-- nothing yet\n"}, "100_a.sql: holds no statement"),
        ({"100_a": "SELECT 'a"}, "100_a.sql: line 1: the quote ' is not closed"),
        ({"100_a": "SELECT 1; COMMIT"}, "100_a.sql: statement 2 of 2 is COMMIT"),
        ({}, "holds no source"),
    ],
)
def test_bad_folders_are_told_with_file_and_reason(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    place = folder(tmp_path / "migrations", **files)
    with pytest.raises(AssetError) as caught:
        organization_migrations(place)
    assert caught.value.message.startswith(str(place))
    assert message in caught.value.message


def test_what_is_no_sql_file_is_not_skipped_in_silence(tmp_path: Path) -> None:
    place = folder(tmp_path, **{"100_sites": SITES})
    (place / "101_more.sq").write_text(SITES)
    with pytest.raises(AssetError, match=r"101_more\.sq: must be named like"):
        organization_migrations(place)


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "100_a.sql").write_bytes(b"SELECT '\xe9'")
    with pytest.raises(AssetError, match=r"100_a\.sql: is not UTF-8 at byte 8"):
        organization_migrations(tmp_path)


@pytest.mark.parametrize("make", [Path.touch, lambda path: None], ids=["file", "missing"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, make: object) -> None:
    place = tmp_path / "migrations"
    assert callable(make)
    make(place)
    with pytest.raises(AssetError, match="migrations: no such folder of migrations") as caught:
        organization_migrations(place)
    assert caught.value.hint == "see migrations in [extensions]"


def test_links_are_no_migrations(tmp_path: Path) -> None:
    (tmp_path / "100_a.sql").symlink_to("/etc/passwd")
    with pytest.raises(AssetError, match="is a symbolic link"):
        organization_migrations(tmp_path)


def test_an_organisation_may_drop_what_it_likes(tmp_path: Path) -> None:
    sql = "DROP TABLE IF EXISTS sites; TRUNCATE TABLE visits"
    (file,) = organization_migrations(folder(tmp_path, **{"100_sites": sql}))
    assert (file.name, file.content) == ("migrations/100_sites.sql", sql.encode())


def test_a_corrected_folder_is_read_again(tmp_path: Path) -> None:
    place = folder(tmp_path, **{"100_a": "SELECT 'a"})
    with pytest.raises(AssetError):
        organization_migrations(place)
    folder(place, **{"100_a": SITES})
    assert len(organization_migrations(place)) == 1


def test_the_initialiser_has_the_layers_modules_byte_for_byte() -> None:
    layer = {file.name: file.content for file in shared_layer_asset().files}
    own = {
        file.name: file.content
        for file in initialiser(None).files
        if file.name.startswith("aistudio_shared/")
    }
    assert "aistudio_shared/data_api.py" in own
    assert own.items() < layer.items()


IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
import handler
shared = [name for name in sys.modules if name.startswith("aistudio_shared")]
print(all(sys.modules[name].__file__.startswith(sys.argv[1]) for name in shared), len(shared))
"""


def test_the_zip_alone_can_be_imported(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(initialiser(None)))) as package:
        package.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "5"], done.stderr
