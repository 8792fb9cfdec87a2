"""``package``: functions' code as zips, with their sizes against Lambda's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aistudio_templates.cli.assets import write_zip
from aistudio_templates.cli.output import print_json, print_table
from aistudio_templates.cli.project import (
    Project,
    environments_option,
    json_option,
    pass_project,
)

if TYPE_CHECKING:
    from aistudio_templates.assets import Asset, SizeReport

_MIB = 1024 * 1024


@dataclass(frozen=True)
class _Package:
    """A zip that was written, and the environments that use it."""

    asset: Asset
    environments: tuple[str, ...]
    file: Path
    size: SizeReport


@click.command("package", short_help="Build functions' code and report its size.")
@environments_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build"),
    show_default=True,
    help="Folder of the zips.",
)
@json_option
@pass_project
def command(
    project: Project, /, *, environments: tuple[str, ...], out: Path, as_json: bool
) -> None:
    """Build the code of all functions and layers as a deploy would upload it.

    Below the folder, files are called as in the artifact bucket. Dependencies are fetched
    for Lambda's processor by pip and npm, and come from their cache the second time.
    Environments with the same code share one zip.
    """
    chosen = environments or project.settings.environment_names
    packages = [_build(asset, users, out) for asset, users in _assets(project, chosen).values()]
    if as_json:
        print_json(_document(packages))
    else:
        _print(packages)


def _assets(project: Project, chosen: Sequence[str]) -> Mapping[str, tuple[Asset, tuple[str, ...]]]:
    """Return every asset once by its key, with the environments that use it."""
    found: dict[str, tuple[Asset, tuple[str, ...]]] = {}
    for environment in chosen:
        project.environment(environment)
        for asset in project.assembly(environment).assets:
            _, users = found.get(asset.key, (asset, ()))
            found[asset.key] = (asset, (*users, environment))
    return found


def _build(asset: Asset, environments: tuple[str, ...], out: Path) -> _Package:
    from aistudio_templates.assets import archive, sizes

    click.echo(f"packaging {asset.name}", err=True)
    content = archive(asset)
    write_zip(out / asset.key, content)
    return _Package(asset, environments, out / asset.key, sizes(asset.name, content))


def _document(packages: Sequence[_Package]) -> dict[str, Any]:
    from aistudio_templates.assets.limits import DIRECT_UPLOAD_BYTES, MAX_UNZIPPED_BYTES

    return {
        "limits": {
            "unzippedBytes": MAX_UNZIPPED_BYTES,
            "directUploadBytes": DIRECT_UPLOAD_BYTES,
        },
        "assets": [
            {
                "name": package.asset.name,
                "environments": list(package.environments),
                "recipe": package.asset.full_recipe,
                "digest": package.asset.digest,
                "file": str(package.file),
                "zippedBytes": package.size.zipped_bytes,
                "unzippedBytes": package.size.unzipped_bytes,
                "unzippedShare": round(package.size.unzipped_share, 4),
            }
            for package in packages
        ],
        "largestTogetherBytes": _largest_together(packages),
    }


def _largest_together(packages: Sequence[_Package]) -> int:
    """Return the size of the largest function with every layer of its environment, in bytes.

    A function may have fewer layers: it is an upper bound.
    """
    from aistudio_templates.assets import PYTHON_LAYER

    found = [0]
    for environment in {name for package in packages for name in package.environments}:
        here = [package for package in packages if environment in package.environments]
        layers = [p.size.unzipped_bytes for p in here if p.asset.recipe == PYTHON_LAYER]
        functions = [p.size.unzipped_bytes for p in here if p.asset.recipe != PYTHON_LAYER]
        found.append(sum(layers) + max(functions, default=0))
    return max(found)


def _print(packages: Sequence[_Package]) -> None:
    print_table(
        ["ASSET", "ENVIRONMENTS", "ZIPPED", "OF 50 MiB", "UNZIPPED", "OF 250 MiB"],
        [
            [
                package.asset.name,
                ", ".join(package.environments),
                _mib(package.size.zipped_bytes),
                f"{package.size.zipped_share:.1%}",
                _mib(package.size.unzipped_bytes),
                f"{package.size.unzipped_share:.1%}",
            ]
            for package in packages
        ],
    )
    together = _largest_together(packages)
    click.echo(f"Largest function with every layer: {_mib(together)} of 250 MiB, unzipped.")


def _mib(size: int) -> str:
    return f"{size / _MIB:.2f} MiB"
