"""The embedded emulator, for real: nested sets, recorded types, repairs, and its end.

``TestRepairs`` shows each repair at work; ``TestEmulatorStillLacks`` fails once the
emulator does it by itself, and the repair can go.
"""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from aistudio_templates.errors import RehearsalError
from aistudio_templates.rehearsal import Emulator, emulator

CANARY = "AKIACANARYCANARY0000"
BUCKET = "artifacts"
PATIENCE_SECONDS = 20.0
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
NETWORK = """
Parameters:
  Cidr: {Type: String}
  Answer: {Type: "AWS::SSM::Parameter::Value<String>", Default: /prerequisite}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      AvailabilityZone: !Select [0, !GetAZs ""]
      CidrBlock: !Select [1, !Cidr [!GetAtt Vpc.CidrBlock, 4, 8]]
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: {AllocationId: !GetAtt Address.AllocationId, SubnetId: !Ref Subnet, %(extra)s}
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate}
Outputs:
  Nat: {Value: !Ref Nat}
  Answer: {Value: !Sub "${Answer}-${Cidr}"}
  Kept: {Value: !Ref Kept}
"""
READER = """
Parameters: {Nat: {Type: String}}
Resources:
  Note: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Nat}}
Outputs:
  Note: {Value: !GetAtt Note.Value}
"""
VALID = NETWORK % {"extra": "ConnectivityType: public"}
REPLACING = NETWORK % {"extra": "ConnectivityType: private"}
INVALID = NETWORK % {"extra": "Bogus: true"}


class Deployer:
    """A few calls in a row, as a deploy makes them."""

    def __init__(self, running: Emulator) -> None:
        self.running = running
        self.session: Any = boto3.Session(*running.credentials, region_name=running.region)
        self.cloudformation = self.client("cloudformation")

    def client(self, service: str) -> Any:
        return self.session.client(
            service,
            endpoint_url=self.running.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def upload(self, key: str, body: str | bytes) -> str:
        """Put an object and return its path-style URL."""
        content = body if isinstance(body, bytes) else body.encode()
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"{self.running.endpoint_url}/{BUCKET}/{key}"

    def root(self, name: str, network: str) -> str:
        """Return a root template with two children, the second fed by the first."""
        properties = {
            "TemplateURL": self.upload(f"{name}-network.yaml", network),
            "Parameters": {"Cidr": "10.0.0.0/16"},
        }
        reader = {
            "TemplateURL": self.upload("reader.yaml", READER),
            "Parameters": {"Nat": {"Fn::GetAtt": "Network.Outputs.Nat"}},
        }
        outputs = {
            "Nat": {"Fn::GetAtt": "Network.Outputs.Nat"},
            "Kept": {"Fn::GetAtt": "Network.Outputs.Kept"},
            "Answer": {"Fn::GetAtt": "Network.Outputs.Answer"},
            "Note": {"Fn::GetAtt": "Reader.Outputs.Note"},
        }
        return json.dumps(
            {
                "Resources": {
                    "Network": {"Type": "AWS::CloudFormation::Stack", "Properties": properties},
                    "Reader": {"Type": "AWS::CloudFormation::Stack", "Properties": reader},
                },
                "Outputs": {key: {"Value": value} for key, value in outputs.items()},
            }
        )

    def deploy(self, name: str, template: str) -> dict[str, Any]:
        """Deploy through a change set and return the stack as it ends."""
        kind = "UPDATE" if self._exists(name) else "CREATE"
        created = self.cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=f"c{time.monotonic_ns()}",
            ChangeSetType=kind,
            TemplateBody=template,
            Capabilities=["CAPABILITY_IAM"],
            IncludeNestedStacks=True,
        )
        self._until(
            lambda: self.cloudformation.describe_change_set(ChangeSetName=created["Id"]),
            lambda answer: answer["Status"] == "CREATE_COMPLETE",
        )
        self.cloudformation.execute_change_set(ChangeSetName=created["Id"])
        return self.settled(created["StackId"])

    def delete(self, stack_id: str) -> dict[str, Any]:
        self.cloudformation.delete_stack(StackName=stack_id)
        return self.settled(stack_id)

    def settled(self, name: str) -> dict[str, Any]:
        """Return a stack once nothing is in progress."""
        stack: dict[str, Any] = self._until(
            lambda: self.cloudformation.describe_stacks(StackName=name)["Stacks"][0],
            lambda stack: not stack["StackStatus"].endswith("IN_PROGRESS"),
        )
        return stack

    def events(self, stack_id: str) -> list[dict[str, Any]]:
        """Return a stack's events, oldest first."""
        answer = self.cloudformation.describe_stack_events(StackName=stack_id)
        return list(reversed(answer["StackEvents"]))

    def reasons(self, stack_id: str) -> dict[str, str]:
        """Return the reason of each resource that failed."""
        return {
            event["LogicalResourceId"]: event["ResourceStatusReason"]
            for event in self.events(stack_id)
            if event["ResourceStatus"].endswith("_FAILED")
        }

    def child(self, stack_id: str, logical_id: str) -> str:
        """Return the id of a nested stack, from the first event that has it."""
        return next(
            str(event["PhysicalResourceId"])
            for event in self.events(stack_id)
            if event["LogicalResourceId"] == logical_id and event.get("PhysicalResourceId")
        )

    def _exists(self, name: str) -> bool:
        with suppress(ClientError):
            return bool(self.cloudformation.describe_stacks(StackName=name)["Stacks"])
        return False

    @staticmethod
    def _until(read: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
        def finished() -> Any:
            answer = read()
            return answer if done(answer) else None

        return eventually(finished)


def eventually(read: Callable[[], Any]) -> Any:
    """Return the first true answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := read()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)
    return answer


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", ())}


def template(resources: Mapping[str, Any], **values: object) -> str:
    rendered = {key: {"Value": value} for key, value in values.items()}
    return json.dumps({"Resources": resources, "Outputs": rendered})


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    previous = os.environ.get("AWS_ACCESS_KEY_ID")
    os.environ["AWS_ACCESS_KEY_ID"] = CANARY
    try:
        with emulator() as handle:
            yield handle
    finally:
        os.environ.pop("AWS_ACCESS_KEY_ID")
        if previous is not None:
            os.environ["AWS_ACCESS_KEY_ID"] = previous


@pytest.fixture(scope="module")
def aws(running: Emulator) -> Deployer:
    deployer = Deployer(running)
    deployer.client("s3").create_bucket(Bucket=BUCKET)
    deployer.client("ssm").put_parameter(Name="/prerequisite", Type="String", Value="found")
    return deployer


class TestNestedSet:
    def test_create_replace_and_delete(self, aws: Deployer) -> None:
        created = aws.deploy("set", aws.root("set", VALID))
        assert created["StackStatus"] == "CREATE_COMPLETE"
        first = outputs(created)
        assert first["Answer"] == "found-10.0.0.0/16"
        assert first["Note"] == first["Nat"]

        updated = aws.deploy("set", aws.root("set2", REPLACING))
        assert updated["StackStatus"] == "UPDATE_COMPLETE"
        second = outputs(updated)
        assert second["Nat"] != first["Nat"]
        assert second["Note"] == second["Nat"]
        assert second["Kept"] == first["Kept"]

        network = aws.child(created["StackId"], "Network")
        assert aws.delete(created["StackId"])["StackStatus"] == "DELETE_COMPLETE"
        ends = {e["LogicalResourceId"]: e["ResourceStatus"] for e in aws.events(network)}
        assert ends["Kept"] == "DELETE_SKIPPED"
        assert ends["Nat"] == ends["Vpc"] == "DELETE_COMPLETE"
        buckets = [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
        assert first["Kept"] in buckets

    def test_a_failed_create_leaves_nothing_behind(self, aws: Deployer) -> None:
        stack = aws.deploy("bad", aws.root("bad", INVALID))
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        network = aws.child(stack["StackId"], "Network")
        assert aws.reasons(stack["StackId"])["Network"] == (
            f"Embedded stack {network} was not successfully created: "
            "The following resource(s) failed to create: [Nat]."
        )
        assert aws.reasons(network)["Nat"] == (
            "Properties validation failed for resource Nat with message: "
            "[#/Bogus: extraneous key [Bogus] is not permitted]"
        )
        assert aws.settled(network)["StackStatus"] == "DELETE_COMPLETE"

    def test_a_failed_update_goes_back(self, aws: Deployer) -> None:
        created = aws.deploy("back", aws.root("back", VALID))
        failed = aws.deploy("back", aws.root("back2", INVALID))
        assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert outputs(failed) == outputs(created)
        network = aws.child(created["StackId"], "Network")
        assert aws.settled(network)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert "failed to update: [Nat]" in aws.reasons(created["StackId"])["Network"]
        again = aws.deploy("back", aws.root("back3", REPLACING))
        assert again["StackStatus"] == "UPDATE_COMPLETE"

    @pytest.mark.parametrize(
        ("name", "properties", "reason"),
        [
            ("lost", {"TemplateURL": "http://127.0.0.1/artifacts/nothing"}, "no template at"),
            ("lists", {"Parameters": {"Cidr": ["a", "b"]}}, "Cidr is a list"),
            ("lacks", {"Parameters": {}}, "Cidr"),
        ],
    )
    def test_a_child_that_cannot_start_says_why(
        self, aws: Deployer, name: str, properties: dict[str, object], reason: str
    ) -> None:
        url = aws.upload("valid.yaml", VALID)
        child = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url} | properties,
        }
        stack = aws.deploy(name, template({"Child": child}))
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert reason in aws.reasons(stack["StackId"])["Child"]

    def test_an_unknown_type_is_refused_before_anything_is_made(self, aws: Deployer) -> None:
        child = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": aws.upload("odd.yaml", template({"A": {"Type": "AWS::EC2::Odd"}}))
            },
        }
        stack = aws.deploy("odd", template({"Child": child}))
        assert "[AWS::EC2::Odd]" in aws.reasons(stack["StackId"])["Child"]


class TestRecorded:
    def test_a_change_set_knows_what_replaces(self, aws: Deployer) -> None:
        def body(**extra: object) -> str:
            nat = {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": "subnet-1"} | extra}
            return template({"Nat": nat}, Nat={"Ref": "Nat"})

        stack_id = aws.deploy("natural", body())["StackId"]
        for extra, replacement in (
            ({"Tags": [{"Key": "a", "Value": "b"}]}, "False"),
            ({"ConnectivityType": "private"}, "True"),
        ):
            change_set = f"c{replacement}"
            created = aws.cloudformation.create_change_set(
                StackName=stack_id, ChangeSetName=change_set, TemplateBody=body(**extra)
            )
            answer = aws.cloudformation.describe_change_set(ChangeSetName=created["Id"])
            assert answer["Changes"][0]["ResourceChange"]["Replacement"] == replacement

    def test_tags_update_in_place_and_names_below_the_top_replace(self, aws: Deployer) -> None:
        def body(name: str, limit: int) -> str:
            spend = {"Amount": limit, "Unit": "USD"}
            budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
            properties = {"Budget": budget | {"BudgetLimit": spend}}
            resource = {"Type": "AWS::Budgets::Budget", "Properties": properties}
            return template({"Budget": resource}, Id={"Ref": "Budget"})

        first, changed, renamed = (
            outputs(aws.deploy("budget", body(*arguments)))["Id"]
            for arguments in (("a", 1), ("a", 2), ("b", 2))
        )
        assert first == changed != renamed

    def test_the_report_tells_recorded_from_emulated(self, aws: Deployer) -> None:
        resources = {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        }
        before = aws.running.observed()
        aws.deploy("both", template(resources))
        after = aws.running.observed()
        assert after.emulated["AWS::SNS::Topic"] == before.emulated.get("AWS::SNS::Topic", 0) + 1
        assert after.recorded["AWS::EC2::EIP"] == before.recorded.get("AWS::EC2::EIP", 0) + 1
        reasons = {entry.resource_type: entry.reason for entry in after.types}
        assert reasons["AWS::SNS::Topic"] is None
        assert "checked against its schema" in str(reasons["AWS::EC2::EIP"])


class TestRepairs:
    """One test for each repair in ``gaps`` and ``attributes``."""

    @pytest.mark.parametrize(
        ("name", "metrics"),
        [
            ("math", [{"Id": "e", "Expression": "a"}, {"Id": "a", "MetricStat": None}]),
            ("query", [{"Id": "q", "Expression": "SELECT MAX(x) FROM y", "Period": 60}]),
        ],
    )
    def test_an_alarm_on_an_expression(
        self, aws: Deployer, name: str, metrics: list[dict[str, object]]
    ) -> None:
        metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors"}
        for entry in metrics:
            if "MetricStat" in entry:
                entry["MetricStat"] = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        properties = {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "Metrics": metrics,
        }
        alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
        assert aws.deploy(name, template({"A": alarm}))["StackStatus"] == "CREATE_COMPLETE"

    def test_a_cluster_has_a_secret_until_it_goes(self, aws: Deployer) -> None:
        cluster = {
            "Type": "AWS::RDS::DBCluster",
            "DeletionPolicy": "Delete",
            "Properties": {
                "Engine": "aurora-postgresql",
                "MasterUsername": "operator",
                "ManageMasterUserPassword": True,
                "ServerlessV2ScalingConfiguration": {
                    "MinCapacity": 0,
                    "MaxCapacity": 2,
                    "SecondsUntilAutoPause": 600,
                },
            },
        }
        secret = {"Fn::GetAtt": "Cluster.MasterUserSecret.SecretArn"}
        stack = aws.deploy("cluster", template({"Cluster": cluster}, Secret=secret))
        secrets = aws.client("secretsmanager")
        arn = outputs(stack)["Secret"]
        content = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        assert content["username"] == "operator"
        aws.delete(stack["StackId"])
        with pytest.raises(secrets.exceptions.ResourceNotFoundException):
            secrets.get_secret_value(SecretId=arn)

    def test_ref_of_a_secret_is_its_arn_for_all_its_life(self, aws: Deployer) -> None:
        def body(description: str) -> str:
            properties = {"Description": description, "SecretString": "x"}
            secret = {"Type": "AWS::SecretsManager::Secret", "Properties": properties}
            return template({"S": secret}, Arn={"Ref": "S"})

        created = aws.deploy("secret", body("one"))
        updated = aws.deploy("secret", body("two"))
        arn = outputs(created)["Arn"]
        assert arn.startswith("arn:aws:secretsmanager:")
        assert outputs(updated)["Arn"] == arn
        secrets = aws.client("secretsmanager")
        assert secrets.describe_secret(SecretId=arn)["Description"] == "two"
        aws.delete(created["StackId"])
        with pytest.raises(secrets.exceptions.ResourceNotFoundException):
            secrets.describe_secret(SecretId=arn)

    def test_attributes_that_a_handler_forgot(self, aws: Deployer) -> None:
        vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}
        stack = aws.deploy("cidr", template({"V": vpc}, Cidr={"Fn::GetAtt": "V.CidrBlock"}))
        assert outputs(stack) == {"Cidr": "10.9.0.0/16"}

    def test_a_custom_resource_runs_its_function(self, aws: Deployer) -> None:
        code = (
            "import json, os, urllib.request\n"
            "def handler(event, context):\n"
            "    data = {'Path': os.environ.get('PYTHONPATH', ''),\n"
            "            'Key': os.environ['AWS_ACCESS_KEY_ID']}\n"
            "    keys = ('StackId', 'RequestId', 'LogicalResourceId')\n"
            "    body = {key: event[key] for key in keys}\n"
            "    body |= {'Status': 'SUCCESS', 'PhysicalResourceId': 'id', 'Data': data}\n"
            "    urllib.request.urlopen(urllib.request.Request(event['ResponseURL'], \n"
            "        data=json.dumps(body).encode(), method='PUT'))\n"
        )
        aws.upload("code.zip", archived(code))
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Architectures": ["arm64"],
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": "Role.Arn"},
                "Code": {"S3Bucket": BUCKET, "S3Key": "code.zip"},
                "LoggingConfig": {"LogFormat": "JSON"},
            },
        }
        custom = {
            "Type": "Custom::Probe",
            "Properties": {"ServiceToken": {"Fn::GetAtt": "Function.Arn"}},
        }
        stack = aws.deploy(
            "custom",
            template(
                {"Role": ROLE, "Function": function, "Custom": custom},
                Path={"Fn::Sub": "[${Custom.Path}]"},
                Key={"Fn::GetAtt": "Custom.Key"},
            ),
        )
        assert outputs(stack)["Path"] == "[]"
        assert CANARY not in outputs(stack)["Key"]
        assert aws.running.observed().emulated["Custom::Probe"] == 1

    @pytest.mark.parametrize(
        ("name", "logging", "report"),
        [
            ("text", {"LogFormat": "Text"}, "\tBilled Duration: "),
            ("json", {"LogFormat": "JSON", "SystemLogLevel": "INFO"}, '"type": "platform.report"'),
            ("warn", {"LogFormat": "JSON", "SystemLogLevel": "WARN"}, None),
        ],
    )
    def test_an_invocations_log_ends_with_its_report(
        self, aws: Deployer, name: str, logging: dict[str, str], report: str | None
    ) -> None:
        functions = aws.client("lambda")
        functions.create_function(
            FunctionName=f"reporting-{name}",
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/x",
            Code={"ZipFile": archived("def handler(event, context): print('its own line')")},
            LoggingConfig=logging,
        )
        logs = []
        for _ in range(2):
            answer = functions.invoke(FunctionName=f"reporting-{name}", LogType="Tail")
            logs.append(base64.b64decode(answer["LogResult"]).decode())
        assert [log.splitlines()[0] for log in logs] == ["its own line"] * 2
        if report is None:
            assert logs == ["its own line"] * 2
        else:
            assert [report in log.splitlines()[-1] for log in logs] == [True, True]
            cold = [("Init Duration" in log or "initDurationMs" in log) for log in logs]
            assert cold == [True, False]


class TestEmulatorStillLacks:
    """Says that a repair can go, by asking the emulator without it."""

    @pytest.mark.parametrize(
        ("program", "symptom"),
        [
            (
                "try: p._cw_metric_alarm_record('a', {'Metrics': [1]})\n"
                "except ValueError as error: print(error)",
                "metric math) is not supported",
            ),
            (
                "from ministack.services import rds_data\n"
                "try: rds_data._connect({}, 'aurora-postgresql', 'd', 'x')\n"
                "except Exception as error: print(type(error).__name__)",
                "Error",
            ),
            (
                "create = p._RESOURCE_HANDLERS['AWS::RDS::DBCluster']['create']\n"
                "print(create('C', {'ManageMasterUserPassword': True}, 's')[1]"
                ".get('MasterUserSecret.SecretArn'))",
                "None",
            ),
            (
                "create = p._RESOURCE_HANDLERS['AWS::SecretsManager::Secret']['create']\n"
                "print(create('S', {'Name': 'the-name'}, 's')[0])",
                "the-name",
            ),
            (
                "create = p._RESOURCE_HANDLERS['AWS::EC2::VPC']['create']\n"
                "print(create('V', {'CidrBlock': '10.0.0.0/16'}, 's')[1].get('CidrBlock'))",
                "None",
            ),
            (
                "from ministack.services import cloudformation as c, s3\n"
                "bucket, _ = p._RESOURCE_HANDLERS['AWS::S3::Bucket']['create']('B', {}, 's')\n"
                "kind = {'Type': 'AWS::S3::Bucket', 'DeletionPolicy': 'Retain'}\n"
                "record = {'ResourceType': kind['Type'], 'PhysicalResourceId': bucket}\n"
                "c._stacks['s'] = {'StackId': 's', '_resources': {'B': record}, \n"
                "    '_template': {'Resources': {'B': kind}}}\n"
                "p._cfn_nested_stack_delete('s', {})\n"
                "print(bucket in s3._buckets)",
                "False",
            ),
            (
                "import asyncio, base64, io, zipfile\n"
                "from ministack.services import lambda_svc as functions\n"
                "content = io.BytesIO()\n"
                "with zipfile.ZipFile(content, 'w') as files:\n"
                "    files.writestr('index.py', 'def handler(e, c): print(\"own line\")')\n"
                "functions._create_function({'FunctionName': 'f', 'Runtime': 'python3.13',\n"
                "    'Handler': 'index.handler', 'Role': 'arn:aws:iam::000000000000:role/r',\n"
                "    'Code': {'ZipFile': base64.b64encode(content.getvalue())}})\n"
                "answer = asyncio.run(functions._invoke('f', {}, {'x-amz-log-type': 'Tail'}))\n"
                "log = base64.b64decode(answer[1]['X-Amz-Log-Result']).decode()\n"
                "print(log.splitlines())\n",
                "['own line']",
            ),
        ],
        ids=[
            "metric math",
            "SQL",
            "managed password",
            "Ref of a secret",
            "attributes",
            "nested",
            "report",
        ],
    )
    def test_the_symptom_is_there(self, program: str, symptom: str) -> None:
        imports = "from ministack.services.cloudformation import provisioners as p\n"
        command = [sys.executable, "-c", imports + program]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        assert symptom in answer.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestIsolation:
    def test_the_shells_credentials_stay_outside(self, running: Emulator) -> None:
        assert os.environ["AWS_ACCESS_KEY_ID"] == CANARY
        environment = Path(f"/proc/{pid_of(running)}/environ").read_bytes()
        assert b"AWS_ACCESS_KEY_ID=" in environment
        assert CANARY.encode() not in environment

    def test_functions_cannot_leave_the_machine(self, aws: Deployer) -> None:
        code = (
            "import urllib.request\n"
            "def handler(event, context):\n"
            "    try: urllib.request.urlopen('http://192.0.2.1/', timeout=5)\n"
            "    except OSError as error: return str(error)\n"
            "    return 'left'\n"
        )
        functions = aws.client("lambda")
        functions.create_function(
            FunctionName="outbound",
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/x",
            Code={"ZipFile": archived(code)},
        )
        answer = functions.invoke(FunctionName="outbound")["Payload"].read().decode()
        assert "Connection refused" in answer

    def test_it_listens_on_loopback_only(self, running: Emulator) -> None:
        assert listening_addresses(pid_of(running)) == {("127.0.0.1", port_of(running))}


class TestItsEnd:
    def test_it_ends_with_the_block_and_leaves_no_file(self) -> None:
        with emulator() as handle:
            pid, directory = pid_of(handle), Path(handle._child.log).parent
        assert not alive(pid)
        assert not directory.exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_its_workers_end_with_it(self, number: signal.Signals) -> None:
        def invoke_and_end() -> None:
            with emulator() as handle:
                workers.extend(worker_of_a_function(handle))
                os.kill(pid_of(handle), number)
                handle._child.process.wait()

        workers: list[int] = []
        with pytest.raises(RehearsalError, match="ended while it was in use"):
            invoke_and_end()
        assert workers
        eventually(lambda: not any(alive(pid) for pid in workers))

    def test_its_death_is_the_error_whatever_follows_from_it(self) -> None:
        def use_after_death() -> None:
            with emulator() as handle:
                os.kill(pid_of(handle), signal.SIGKILL)
                Deployer(handle).client("sts").get_caller_identity()

        with pytest.raises(RehearsalError, match="ended while it was in use") as caught:
            use_after_death()
        assert isinstance(caught.value.__cause__, EndpointConnectionError)

    def test_its_death_is_an_error_even_when_nobody_noticed(self) -> None:
        def sleep_through_death() -> None:
            with emulator() as handle:
                os.kill(pid_of(handle), signal.SIGKILL)
                handle._child.process.wait()

        with pytest.raises(RehearsalError, match="exit code -9"):
            sleep_through_death()

    def test_an_error_of_the_block_is_passed_on(self) -> None:
        with pytest.raises(KeyError, match="ours"), emulator() as handle:
            raise KeyError("ours")
        assert not alive(pid_of(handle))

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    def test_it_ends_with_its_parent(self, number: signal.Signals) -> None:
        program = (
            "import time\n"
            "from aistudio_templates.rehearsal import emulator\n"
            "with emulator() as running:\n"
            "    child = running._child\n"
            "    print(child.process.pid, child.log.parent, flush=True)\n"
            "    time.sleep(60)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            pid, directory = parent.stdout.readline().split()
            assert alive(int(pid))
            parent.send_signal(number)
        eventually(lambda: not alive(int(pid)))
        eventually(lambda: not Path(directory).exists())


def worker_of_a_function(running: Emulator) -> list[int]:
    """Invoke a function and return the processes that run it."""
    functions = Deployer(running).client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archived("def handler(event, context): return 1")},
    )
    functions.invoke(FunctionName="f")
    tasks = Path(f"/proc/{pid_of(running)}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def archived(code: str) -> bytes:
    """Return a zip file with ``code`` as its module ``index``."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as files:
        files.writestr("index.py", code)
    return content.getvalue()


def pid_of(running: Emulator) -> int:
    return running._child.process.pid


def port_of(running: Emulator) -> int:
    return int(running.endpoint_url.rpartition(":")[2])


def alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return status.rpartition(")")[2].split()[0] != "Z"


def listening_addresses(pid: int) -> set[tuple[str, int]]:
    """Return address and port of every TCP socket that a process listens on."""
    targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {target.partition("[")[2].rstrip("]") for target in targets if "socket:" in target}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and rest[5] in inodes:
                address, _, port = local.partition(":")
                octets = [str(byte) for byte in reversed(bytes.fromhex(address))]
                found.add((".".join(octets), int(port, 16)))
    return found
