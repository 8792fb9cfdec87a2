"""The real set, whole, broken and in parts, deployed by the real engine to the emulator."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aistudio_templates.application import compose
from aistudio_templates.assets import archive
from aistudio_templates.cli.assets import asset_builder
from aistudio_templates.cli.console import LineConsole
from aistudio_templates.config import load_settings
from aistudio_templates.deploy.aws import Aws, connect
from aistudio_templates.deploy.clock import Polling
from aistudio_templates.deploy.outcome import Deployed, Outcome, RolledBack, Unchanged, as_error
from aistudio_templates.deploy.runner import DeployRequest, deploy, outputs, status
from aistudio_templates.deploy.target import Credentials, Target
from aistudio_templates.errors import RolledBackError
from aistudio_templates.model.render import render
from aistudio_templates.model.template_files import write_files
from aistudio_templates.rehearsal import Emulator, emulator

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = load_settings(ROOT / "aistudio.toml")
ASSEMBLY = compose(SETTINGS.environment("dev").config, SETTINGS.organization)


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with emulator() as handle:
        yield handle


class Bench:
    """The set of dev in a folder, and an account of its own to deploy it to."""

    def __init__(self, running: Emulator, directory: Path) -> None:
        self.directory = directory
        self.aws: Aws = connect(
            Target(
                environment="dev",
                region=running.region,
                endpoint_url=running.endpoint_url,
                template_url_base=running.endpoint_url,
                credentials=Credentials(*running.credentials),
            )
        )
        self.write()

    def write(self) -> None:
        write_files(self.directory, render(ASSEMBLY))

    def edit(self, stack: str, change: Callable[[str], str]) -> None:
        """Change a template by hand, and its hash with it."""
        file = self.directory / f"{stack}.yaml"
        text = change(file.read_text())
        assert text != file.read_text()
        file.write_text(text)
        manifest: dict[str, Any] = json.loads((self.directory / "manifest.json").read_text())
        manifest["stacks"][stack]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        (self.directory / "manifest.json").write_text(json.dumps(manifest))

    def deploy(self, *, recreate: bool = False, stack: str | None = None) -> Outcome:
        request = DeployRequest(
            templates=self.directory,
            build_asset=asset_builder(ASSEMBLY),
            stack=stack,
            require_approval="never",
            recreate=recreate,
        )
        return deploy(
            request,
            aws=self.aws,
            console=LineConsole(assume_yes=True),
            polling=Polling(0.05, 0.2, 120.0),
        )


def broken_nat(text: str) -> str:
    """Give a NAT gateway a property that does not exist."""
    return text.replace("AllocationId: !GetAtt", "Allocation: !GetAtt", 1)


def test_a_broken_set_rolls_back_recovers_and_keeps_what_it_had(
    running: Emulator, tmp_path: Path
) -> None:
    bench = Bench(running, tmp_path / "dev")

    bench.edit("network", broken_nat)
    failed = bench.deploy()
    assert isinstance(failed, RolledBack)
    error = as_error(failed)
    assert isinstance(error, RolledBackError)
    assert error.exit_code == 7
    assert error.message.startswith("aistudio-dev/Network/NatGateway1: ")
    assert "Allocation" in error.message

    bench.write()
    refused = bench.deploy()
    assert not isinstance(refused, Deployed | Unchanged)
    assert isinstance(bench.deploy(recreate=True), Deployed)
    before = outputs(aws=bench.aws)

    bench.edit("network", broken_nat)
    failed = bench.deploy()
    assert isinstance(failed, RolledBack)
    assert failed.stack_path == ("aistudio-dev", "Network", "NatGateway1")
    found = status(aws=bench.aws)
    assert found is not None
    assert found.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(aws=bench.aws) == before

    bench.write()
    assert isinstance(bench.deploy(), Deployed | Unchanged)
    assert isinstance(bench.deploy(), Unchanged)


def test_one_stack_is_deployed_with_what_it_needs_and_the_others_join_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with emulator() as fresh:
        bench = Bench(fresh, tmp_path / "dev")
        assert isinstance(bench.deploy(stack="database"), Deployed)
        assert "also deploying network" in capsys.readouterr().err
        found = outputs(aws=bench.aws)
        assert "DatabaseClusterArn" in found
        assert "NetworkVpcId" in found
        assert "StorageDocumentsBucketName" not in found
        vpc_id = found["NetworkVpcId"]

        assert isinstance(bench.deploy(), Deployed)
        assert "StorageDocumentsBucketName" in outputs(aws=bench.aws)

        bench.edit("network", lambda text: text.replace("Tier", "Level"))
        bench.edit("storage", lambda text: text.replace("NoncurrentDays: 30", "NoncurrentDays: 31"))
        only_storage = bench.deploy(stack="storage")
        assert isinstance(only_storage, Deployed)
        assert {change.path[0] for change in only_storage.summary.changes} == {"Storage"}
        assert outputs(aws=bench.aws)["NetworkVpcId"] == vpc_id


def test_the_assets_that_are_uploaded_are_the_reviewed_ones() -> None:
    build = asset_builder(ASSEMBLY)
    for asset in ASSEMBLY.assets:
        assert build(asset.name) == archive(asset)
