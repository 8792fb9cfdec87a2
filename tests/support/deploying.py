"""A workbench for the deploy engine: sets on disk, fakes, a console that remembers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from aistudio_templates.deploy.aws import Aws
from aistudio_templates.deploy.change_set import ChangeSummary
from aistudio_templates.deploy.clock import Polling
from aistudio_templates.deploy.cloudformation import CloudFormation
from aistudio_templates.deploy.events import StackEvent
from aistudio_templates.deploy.outcome import DestroyOutcome, Outcome
from aistudio_templates.deploy.parameter_store import ParameterStore
from aistudio_templates.deploy.request import DeployRequest, DestroyPlan, DestroyRequest
from aistudio_templates.deploy.runner import deploy, destroy
from aistudio_templates.deploy.target import Target
from support.fake_cloudformation import FakeCloudFormation, Faults, api
from support.fake_s3 import ACCOUNT, FakeS3

ROOT = "aistudio-dev"
Resources = dict[str, dict[str, Any]]


def resource(resource_type: str, /, policy: str | None = None, **properties: Any) -> dict[str, Any]:
    """Return a resource's definition."""
    definition: dict[str, Any] = {"Type": resource_type, "Properties": properties}
    return definition | ({"DeletionPolicy": policy} if policy else {})


NETWORK: Resources = {"Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16")}
DATABASE: Resources = {
    "Cluster": resource("AWS::RDS::DBCluster", policy="Snapshot", Engine="aurora-postgresql"),
    "Table": resource("AWS::DynamoDB::Table", BillingMode="PAY_PER_REQUEST"),
}


def write_set(
    directory: Path,
    network: Resources | None = None,
    database: Resources | None = None,
    *,
    outputs: tuple[str, ...] = ("VpcId",),
    needs: str = "VpcId",
    assets: dict[str, Any] | None = None,
    description: str = "a stack",
    environment: str = "dev",
) -> Path:
    """Write a set of two stacks, ``database`` taking an output of ``network``."""
    directory.mkdir(parents=True, exist_ok=True)
    bodies: dict[str, dict[str, Any]] = {
        "network": {
            "Description": description,
            "Resources": network or NETWORK,
            "Outputs": {name: {"Value": {"Ref": "Vpc"}} for name in outputs},
        },
        "database": {
            "Resources": database or DATABASE,
            "Parameters": {f"Network{needs}": {"Type": "String"}},
        },
    }
    ids = {"network": "Network", "database": "Database"}
    inputs = {"network": {}, "database": {f"Network{needs}": {"stack": "network", "output": needs}}}
    root = {
        "Parameters": {"ArtifactBucket": {"Type": "String"}},
        "Resources": {
            ids[name]: {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {
                    "TemplateURL": f"./{name}.yaml",
                    "Parameters": {
                        key: {"Fn::GetAtt": ["Network", f"Outputs.{ref['output']}"]}
                        for key, ref in inputs[name].items()
                    },
                },
            }
            for name in bodies
        },
        "Outputs": {
            f"Network{name}": {"Value": {"Fn::GetAtt": ["Network", f"Outputs.{name}"]}}
            for name in outputs
        },
    }
    entries = {
        name: _write(directory, name, body)
        | {
            "logicalId": ids[name],
            "resources": len(body["Resources"]),
            "dependsOn": sorted({ref["stack"] for ref in inputs[name].values()}),
            "inputs": inputs[name],
            "outputs": sorted(body.get("Outputs", {})),
        }
        for name, body in bodies.items()
    }
    manifest = {
        "schemaVersion": 1,
        "application": "aistudio",
        "environment": environment,
        "rootStack": f"aistudio-{environment}",
        "root": _write(directory, "root", root) | {"parameters": ["ArtifactBucket"]},
        "stacks": entries,
        "assets": assets or {},
        "tags": {"Project": "AIStudio"},
    }
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return directory


def _write(directory: Path, name: str, body: dict[str, Any]) -> dict[str, Any]:
    content = yaml.safe_dump(body).encode()
    (directory / f"{name}.yaml").write_bytes(content)
    return {"file": f"{name}.yaml", "sha256": hashlib.sha256(content).hexdigest()}


@dataclass
class FakeClock:
    """Time that passes only by sleeping."""

    now_seconds: float = 0.0
    interrupt_after_seconds: float | None = None

    def monotonic_seconds(self) -> float:
        return self.now_seconds

    def sleep(self, seconds: float) -> None:
        self.now_seconds += seconds
        limit = self.interrupt_after_seconds
        if limit is not None and self.now_seconds > limit:
            raise KeyboardInterrupt


class FakeSts:
    """Tells the account."""

    def __init__(self) -> None:
        self.faults = Faults()

    @api
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/someone"}


class FakeSsm:
    """Parameter Store with plain values."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.values: dict[str, str] = {}

    @api
    def get_parameters(self, *, Names: list[str]) -> dict[str, Any]:  # noqa: N803 # AWS's name
        assert len(Names) <= 10
        found = [name for name in Names if name in self.values]
        return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in found]}


@dataclass
class RecordingConsole:
    """Remembers what it is told, and answers as it is set up to."""

    agree: bool = True
    raises: BaseException | None = None
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    events: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    summaries: list[ChangeSummary] = field(default_factory=list)
    plans: list[DestroyPlan] = field(default_factory=list)
    shown: list[ChangeSummary] = field(default_factory=list)

    def progress(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None:
        self.warnings.append(line)

    def event(self, event: StackEvent, path: tuple[str, ...]) -> None:
        self.events.append((path, event.status))

    def summary(self, summary: ChangeSummary) -> None:
        self.shown.append(summary)

    def confirm(self, summary: ChangeSummary, reasons: tuple[str, ...]) -> bool:
        self.summaries.append(summary)
        self.asked.append(reasons)
        if self.raises is not None:
            raise self.raises
        return self.agree

    def confirm_destroy(self, plan: DestroyPlan) -> bool:
        self.plans.append(plan)
        return self.agree


class Bench:
    """Fakes of one account, and shortcuts to deploy to it."""

    def __init__(self, directory: Path, *, nested_change_sets: bool = True) -> None:
        self.directory = directory
        self.s3 = FakeS3()
        self.cloudformation = FakeCloudFormation(
            self.s3.fetch, nested_change_sets=nested_change_sets
        )
        self.sts = FakeSts()
        self.ssm = FakeSsm()
        self.console = RecordingConsole()
        self.clock = FakeClock()
        self.built: list[str] = []
        self.account_id: str | None = None

    @property
    def aws(self) -> Aws:
        return Aws(
            target=Target("dev", "us-east-1", account_id=self.account_id),
            cloudformation=CloudFormation(cast("Any", self.cloudformation)),
            s3=cast("Any", self.s3),
            sts=cast("Any", self.sts),
            parameter_store=ParameterStore(cast("Any", self.ssm)),
        )

    def write(self, **parts: Any) -> None:
        write_set(self.directory, **parts)

    def deploy(self, **options: Any) -> Outcome:
        request = DeployRequest(self.directory, self._build, **options)
        return deploy(
            request,
            aws=self.aws,
            console=self.console,
            clock=self.clock,
            polling=Polling(1.0, 4.0, 3_600.0),
        )

    def destroy(self, *allowed: str) -> DestroyOutcome:
        return destroy(
            DestroyRequest(frozenset(allowed)),
            aws=self.aws,
            console=self.console,
            clock=self.clock,
            polling=Polling(1.0, 4.0, 3_600.0),
        )

    def _build(self, name: str) -> bytes:
        self.built.append(name)
        return f"zip of {name}".encode()
