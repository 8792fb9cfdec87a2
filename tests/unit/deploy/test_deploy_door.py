"""The door to AWS: request shapes (botocore's Stubber), error mapping, connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from aistudio_templates.deploy.aws import connect
from aistudio_templates.deploy.aws_errors import translated
from aistudio_templates.deploy.aws_failure import is_denied, is_transient
from aistudio_templates.deploy.cloudformation import CloudFormation
from aistudio_templates.deploy.stack import ChangeSetRequest
from aistudio_templates.deploy.target import Credentials, Target
from aistudio_templates.deploy.text import printable
from aistudio_templates.errors import AwsError, ConfigError
from support.fake_cloudformation import client_error

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:cloudformation:us-east-1:111122223333:changeSet/c/1"
CANARY = "canary-secret-value"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "cloudformation",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key=CANARY,
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def door(stub: Stubber) -> CloudFormation:
    return CloudFormation(stub.client)


def stack(**more: Any) -> dict[str, Any]:
    found = {
        "StackId": "arn:s",
        "StackName": "s",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": NOW,
    }
    return {"Stacks": [found | more]}


def test_describe_stack(stub: Stubber, door: CloudFormation) -> None:
    answer = stack(
        StackStatusReason="bad \x1b[31mred\x1b[0m\n",
        Outputs=[{"OutputKey": "Url", "OutputValue": "https://x"}],
        Parameters=[{"ParameterKey": "P", "ParameterValue": "v"}],
        Tags=[{"Key": "K", "Value": "V"}],
        EnableTerminationProtection=True,
    )
    stub.add_response("describe_stacks", answer, {"StackName": "s"})
    seen = door.describe_stack("s")
    assert seen is not None
    assert seen.reason == "bad red "
    assert (seen.outputs, seen.parameters, seen.tags) == (
        {"Url": "https://x"},
        {"P": "v"},
        {"K": "V"},
    )
    assert seen.termination_protection
    assert seen.updated == NOW


def test_missing_stack_is_none(stub: Stubber, door: CloudFormation) -> None:
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id s does not exist")
    assert door.describe_stack("s") is None
    stub.add_client_error("describe_stacks", "ValidationError", "name is invalid")
    with pytest.raises(AwsError, match="name is invalid"):
        door.describe_stack("s")


@pytest.mark.parametrize("body", ['{"Resources": {"A": {}}}', "Resources: {A: {}}"])
def test_get_template(stub: Stubber, door: CloudFormation, body: str) -> None:
    stub.add_response(
        "get_template", {"TemplateBody": body}, {"StackName": "s", "TemplateStage": "Original"}
    )
    assert door.get_template("s") == {"Resources": {"A": {}}}


@pytest.mark.parametrize(
    ("body", "url", "template"),
    [
        ("{}", None, {"TemplateBody": "{}"}),
        (None, "https://b/k", {"TemplateURL": "https://b/k"}),
    ],
)
@pytest.mark.parametrize(("create", "kind"), [(True, "CREATE"), (False, "UPDATE")])
def test_create_change_set(
    stub: Stubber,
    *,
    door: CloudFormation,
    body: str | None,
    url: str | None,
    template: dict[str, str],
    create: bool,
    kind: str,
) -> None:
    expected = {
        "StackName": "s",
        "ChangeSetName": "c",
        "ChangeSetType": kind,
        "ClientToken": "c",
        "IncludeNestedStacks": True,
        "Parameters": [{"ParameterKey": "P", "ParameterValue": "v"}],
        "Tags": [{"Key": "A", "Value": "1"}, {"Key": "B", "Value": "2"}],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        **template,
    }
    stub.add_response("create_change_set", {"Id": ARN, "StackId": "arn:s"}, expected)
    request = ChangeSetRequest(
        name="c",
        create=create,
        body=body,
        url=url,
        parameters=[{"ParameterKey": "P", "ParameterValue": "v"}],
        tags={"B": "2", "A": "1"},
        capabilities=("CAPABILITY_NAMED_IAM",),
    )
    assert door.create_change_set("s", request) == ARN


def test_pages_are_followed(stub: Stubber, door: CloudFormation) -> None:
    summary = {
        "LogicalResourceId": "A",
        "ResourceType": "T",
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": NOW,
    }
    first = {"StackResourceSummaries": [summary], "NextToken": "t"}
    stub.add_response("list_stack_resources", first, {"StackName": "s"})
    stub.add_response(
        "list_stack_resources",
        {"StackResourceSummaries": [summary]},
        {"StackName": "s", "NextToken": "t"},
    )
    assert [resource.logical_id for resource in door.list_resources("s")] == ["A", "A"]


def test_execute(stub: Stubber, door: CloudFormation) -> None:
    expected = {"ChangeSetName": ARN, "ClientRequestToken": "t", "DisableRollback": False}
    stub.add_response("execute_change_set", {}, expected)
    assert door.execute_change_set(ARN, "t")
    for code in ("ChangeSetNotFound", "InvalidChangeSetStatus"):
        stub.add_client_error("execute_change_set", code)
        assert not door.execute_change_set(ARN, "t")
    stub.add_client_error("execute_change_set", "AccessDenied")
    with pytest.raises(AwsError):
        door.execute_change_set(ARN, "t")


def test_deleting_what_is_gone_is_no_failure(stub: Stubber, door: CloudFormation) -> None:
    stub.add_client_error("delete_change_set", "ChangeSetNotFound")
    door.delete_change_set(ARN)
    stub.add_client_error("delete_change_set", "InvalidChangeSetStatus")
    with pytest.raises(AwsError):
        door.delete_change_set(ARN)


def test_protect_and_delete(stub: Stubber, door: CloudFormation) -> None:
    expected: dict[str, Any] = {"StackName": "arn:s", "EnableTerminationProtection": True}
    stub.add_response("update_termination_protection", {}, expected)
    door.protect("arn:s")
    stub.add_response("delete_stack", {}, {"StackName": "arn:s", "ClientRequestToken": "t"})
    door.delete_stack("arn:s", "t")


@pytest.mark.parametrize(
    ("cause", "words", "transient", "denied"),
    [
        (client_error("AccessDenied", "no \x1b[2Jway", "C"), "AccessDenied: no way", False, True),
        (client_error("Throttling", "Rate exceeded", "C"), "Rate exceeded", True, False),
        (client_error("ExpiredToken", "old", "C"), "ExpiredToken", False, False),
        (NoCredentialsError(), "no AWS credentials", False, False),
        (EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError", True, False),
        (ReadTimeoutError(endpoint_url="https://x"), "ReadTimeoutError", True, False),
    ],
)
def test_errors_name_action_resource_and_code(
    cause: Exception, words: str, transient: bool, denied: bool
) -> None:
    with pytest.raises(AwsError) as caught, translated("cloudformation:X", "stack s"):
        raise cause
    assert caught.value.message.startswith("cloudformation:X on stack s: ")
    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.__cause__ is cause
    assert (is_transient(caught.value), is_denied(caught.value)) == (transient, denied)


def test_unknown_failure_has_no_invented_hint() -> None:
    with pytest.raises(AwsError) as caught, translated("s3:X", "b"):
        raise BotoCoreError
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\tc", "a b c"),
        ("\x1b]0;title\x07x", "x"),
        ("\x9b31mred", "31mred"),
        ("a\u202eb\u200b", "ab"),
        ("two  spaces", "two  spaces"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_rehearsal_ignores_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "shell-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    fake = Credentials("fake-key", "fake-secret")
    target = Target("dev", "us-east-1", endpoint_url="http://127.0.0.1:1", credentials=fake)
    client = connect(target).s3
    credentials = client._request_signer._credentials  # type: ignore[attr-defined]
    assert credentials.access_key == "fake-key"
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert "fake-secret" not in repr(target)


def test_unknown_profile_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(ConfigError, match="nobody"):
        connect(Target("dev", "us-east-1", profile="nobody"))
