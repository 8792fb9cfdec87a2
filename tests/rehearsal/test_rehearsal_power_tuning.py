"""The real state machine of power tuning, in the emulator, on a function that it can measure.

The function sleeps less the more memory it has, and is built such that each strategy has
another winner.
"""

import base64
import io
import json
import struct
import time
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config

from aistudio_templates.assets import archive
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Composition
from aistudio_templates.rehearsal import Emulator, emulator
from aistudio_templates.stacks import power_tuning, storage
from support.environments import ORGANIZATION

BUCKET = "artifacts"
PAYLOADS = "repositories"
PATIENCE_SECONDS = 180.0

CHEAPEST, BALANCED, FASTEST = 128, 512, 3008
SLEEP_MS = {CHEAPEST: 400, BALANCED: 120, FASTEST: 60}
CODE = f"""
import os, time
def handler(event, context):
    memory = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    if memory < event.get("needs", 0):
        raise MemoryError(f"{{memory}} MiB are too few")
    if event.get("rejects"):
        raise LookupError("nothing found")
    time.sleep({SLEEP_MS}.get(memory, 10) / 1000)
    return event
"""
LOGGING = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
BEFORE = {"MemorySize": 1024, "Description": "A probe", "LoggingConfig": LOGGING}


class Workbench:
    """The stack of dev, deployed, and functions to tune."""

    def __init__(self, running: Emulator) -> None:
        self._endpoint_url = running.endpoint_url
        self._session: Any = boto3.Session(*running.credentials, region_name=running.region)
        self.functions = self._client("lambda")
        self.states = self._client("stepfunctions")
        self.s3 = self._client("s3")

    def _client(self, service: str) -> Any:
        # What fails, fails at once.
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return self._session.client(service, endpoint_url=self._endpoint_url, config=config)

    def deploy(self) -> None:
        """Deploy the power tuning stack as it is composed."""
        config = EnvironmentConfig.get("dev")
        composition = Composition(config.name, None)
        buckets = composition.add("storage", storage.build(config, ORGANIZATION))
        composition.add("power_tuning", power_tuning.build(config, storage=buckets))
        (stack,) = [s for s in composition.assembly().stacks if s.name == "power_tuning"]
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.create_bucket(Bucket=PAYLOADS)
        for asset in {asset.key: asset for asset in stack.assets}.values():
            self.s3.put_object(Bucket=BUCKET, Key=asset.key, Body=archive(asset))
        body = json.dumps(stack.body).encode()
        self.s3.put_object(Bucket=BUCKET, Key="power_tuning.json", Body=body)
        values = {
            "ArtifactBucket": BUCKET,
            "StorageRepositoriesBucketArn": f"arn:aws:s3:::{PAYLOADS}",
            "StorageRepositoriesBucketName": PAYLOADS,
        }
        cloudformation = self._client("cloudformation")
        cloudformation.create_stack(
            StackName="power-tuning",
            TemplateURL=f"{self._endpoint_url}/{BUCKET}/power_tuning.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        patience = {"Delay": 1, "MaxAttempts": 60}
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName="power-tuning", WaiterConfig=patience)

    def probe(self, name: str) -> str:
        """Create a function and return its ARN."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as files:
            files.writestr("index.py", CODE)
        created = self.functions.create_function(
            FunctionName=f"aistudio-dev-{name}",
            Runtime="python3.14",
            Architectures=["arm64"],
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/x",
            Timeout=10,
            Code={"ZipFile": content.getvalue()},
            **BEFORE,
        )
        return str(created["FunctionArn"])

    def start(self, arn: str, **given: object) -> str:
        """Start the state machine and return the execution's ARN."""
        machine = arn.replace(":lambda:", ":states:").rpartition(":function:")[0]
        started = self.states.start_execution(
            stateMachineArn=f"{machine}:stateMachine:lambda-power-tuning-dev",
            input=json.dumps({"lambdaARN": arn, "num": 5, "powerValues": list(SLEEP_MS)} | given),
        )
        return str(started["executionArn"])

    def tune(self, arn: str, **given: object) -> dict[str, Any]:
        """Run the state machine and return the execution as it ends."""
        return self.end(self.start(arn, **given))

    def end(self, execution: str) -> dict[str, Any]:
        """Return an execution as it ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, "the execution does not end"
            time.sleep(0.1)

    def latest(self, arn: str) -> dict[str, Any]:
        """Return what a function is like now, as far as a tuning changes it."""
        found = self.functions.get_function_configuration(FunctionName=arn)
        return {key: found[key] for key in BEFORE}

    def left_behind(self, arn: str) -> list[str]:
        """Return a function's aliases and published versions."""
        aliases = self.functions.list_aliases(FunctionName=arn)["Aliases"]
        versions = self.functions.list_versions_by_function(FunctionName=arn)["Versions"]
        names = [alias["Name"] for alias in aliases]
        return names + [v["Version"] for v in versions if v["Version"] != "$LATEST"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with emulator() as running:
        workbench = Workbench(running)
        workbench.deploy()
        yield workbench


def result(execution: Mapping[str, Any]) -> dict[str, Any]:
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    output: dict[str, Any] = json.loads(execution["output"])
    return output


def test_each_strategy_finds_its_memory_and_leaves_the_function_as_it_was(
    bench: Workbench,
) -> None:
    winners = {"cost": CHEAPEST, "balanced": BALANCED, "speed": FASTEST}
    probes = {strategy: bench.probe(f"probe-{strategy}") for strategy in winners}
    started = {
        strategy: bench.start(arn, strategy=strategy, includeOutputResults=True)
        for strategy, arn in probes.items()
    }
    for strategy, winner in winners.items():
        found = result(bench.end(started[strategy]))
        assert found["power"] == winner
        assert SLEEP_MS[winner] <= found["duration"] < SLEEP_MS[winner] + 100
        stats = {entry["value"]: entry for entry in found["stats"]}
        assert list(stats) == sorted(SLEEP_MS)
        assert found["cost"] == stats[winner]["averagePrice"]
        assert found["stateMachine"]["executionCost"] == round(0.000025 * 15, 5)
        figures = found["stateMachine"]["visualization"].partition("#")[2].split(";")
        memory = struct.unpack("<3h", base64.b64decode(figures[0]))
        durations = struct.unpack("<3f", base64.b64decode(figures[1]))
        assert list(memory) == sorted(SLEEP_MS)
        assert durations == pytest.approx([s["averageDuration"] for s in stats.values()])

        assert bench.latest(probes[strategy]) == BEFORE
        assert bench.left_behind(probes[strategy]) == []


def test_a_function_that_fails_at_one_size_fails_the_execution_and_nothing_is_left(
    bench: Workbench,
) -> None:
    arn = bench.probe("hungry")
    execution = bench.tune(arn, powerValues=[128, 256], payload={"needs": 256})
    assert execution["status"] == "FAILED"
    assert "RAM128 failed" in execution["cause"]
    assert "128 MiB are too few" in execution["cause"]
    assert bench.latest(arn) == BEFORE
    assert bench.left_behind(arn) == []


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"num": 4}, "num = 4: must be a whole number of at least 5"),
        ({"lambdaARN": "arn:aws:lambda:us-east-1:000000000000:function:other"}, "must begin with"),
        ({"payloadS3": "s3://elsewhere/power-tuning/x"}, "must begin with s3://repositories/"),
    ],
)
def test_a_wrong_input_fails_the_execution_with_its_reason(
    bench: Workbench, given: dict[str, object], cause: str
) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:aistudio-dev-none"
    execution = bench.tune(arn, **given)
    assert execution["status"] == "FAILED"
    assert cause in execution["cause"]


def test_cold_starts_are_measured_each_in_a_version_of_its_own(bench: Workbench) -> None:
    arn = bench.probe("cold")
    found = result(bench.tune(arn, onlyColdStarts=True, powerValues=[BALANCED]))
    # A start takes the emulator at least as long as Python does to start.
    assert found["duration"] > SLEEP_MS[BALANCED] + 10
    assert found["stateMachine"]["executionCost"] == round(0.000025 * (6 + 1 + 2 * 5), 5)
    assert bench.latest(arn) == BEFORE
    assert bench.left_behind(arn) == []


def test_the_result_is_applied_and_an_allowed_error_with_a_large_payload_is_none(
    bench: Workbench,
) -> None:
    arn = bench.probe("applied")
    bench.s3.put_object(Bucket=PAYLOADS, Key="power-tuning/large.json", Body=b'{"rejects": true}')
    found = result(
        bench.tune(
            arn,
            powerValues=[256],
            parallelInvocation=True,
            payloadS3=f"s3://{PAYLOADS}/power-tuning/large.json",
            # The emulator's name for whatever a handler raises.
            allowedExceptions=["Runtime.HandlerError"],
            autoOptimize=True,
            autoOptimizeAlias="tuned",
        )
    )
    assert found["power"] == 256
    assert bench.latest(arn) == BEFORE | {"MemorySize": 256}
    alias = bench.functions.get_alias(FunctionName=arn, Name="tuned")
    assert bench.left_behind(arn) == ["tuned", alias["FunctionVersion"]]
    version = bench.functions.get_function_configuration(FunctionName=arn, Qualifier="tuned")
    assert version["MemorySize"] == 256
