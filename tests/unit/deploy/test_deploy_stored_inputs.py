"""Values from Parameter Store: an equal template is not an equal stack."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from aistudio_templates.deploy.cloudformation import CloudFormation
from aistudio_templates.deploy.parameter_store import ParameterStore
from aistudio_templates.deploy.reading import stored_inputs_changed
from aistudio_templates.errors import AwsError
from support.deploying import FakeSsm

ROOT: Any = SimpleNamespace(stack_id="arn:root")
NAME = "/aistudio/dev/vpc-id"


def changed(*, taken: dict[str, str] | None, stored: dict[str, str], deployed: bool = True) -> bool:
    """Ask about one nested stack that took ``taken`` while ``stored`` is there now."""
    ssm = FakeSsm()
    ssm.values = stored
    resources = [SimpleNamespace(logical_id="Network", physical_id="arn:network")]
    nested = None if taken is None else SimpleNamespace(resolved_parameters=taken)
    aws: Any = SimpleNamespace(
        parameter_store=ParameterStore(cast("Any", ssm)),
        cloudformation=SimpleNamespace(
            list_resources=lambda _: resources if deployed else [],
            describe_stack=lambda _: nested,
        ),
    )
    desired: Any = SimpleNamespace(stored_inputs={"Network": {"SharedVpcId": NAME}})
    return stored_inputs_changed(aws, ROOT, desired)


def test_equal_values_are_no_change() -> None:
    assert not changed(taken={"SharedVpcId": "vpc-1"}, stored={NAME: "vpc-1"})


@pytest.mark.parametrize(
    ("taken", "stored"),
    [
        ({"SharedVpcId": "vpc-1"}, {NAME: "vpc-2"}),
        ({"SharedVpcId": "vpc-1"}, {}),
        ({"SharedVpcId": NAME}, {NAME: "vpc-1"}),
        ({}, {NAME: "vpc-1"}),
        (None, {NAME: "vpc-1"}),
    ],
)
def test_other_or_unknown_values_are_a_change(
    taken: dict[str, str] | None, stored: dict[str, str]
) -> None:
    assert changed(taken=taken, stored=stored)


def test_a_nested_stack_that_is_not_there_is_a_change() -> None:
    assert changed(taken={}, stored={NAME: "vpc-1"}, deployed=False)


def test_without_such_inputs_nothing_is_asked() -> None:
    desired: Any = SimpleNamespace(stored_inputs={})
    assert not stored_inputs_changed(cast("Any", None), ROOT, desired)


def test_more_names_than_a_call_takes_are_asked_in_turns() -> None:
    ssm = FakeSsm()
    ssm.values = {f"/p/{number}": str(number) for number in range(23)}
    values = ParameterStore(cast("Any", ssm)).values([*ssm.values, "/p/1", "/missing"])
    assert values == ssm.values
    assert len(ssm.faults.calls) == 3


def test_a_refused_call_names_itself() -> None:
    ssm = FakeSsm()
    ssm.faults.fail("get_parameters", "AccessDeniedException")
    with pytest.raises(AwsError, match="ssm:GetParameters on /p: AccessDeniedException"):
        ParameterStore(cast("Any", ssm)).values(["/p"])


def test_a_resolved_value_stands_before_the_name_that_it_came_from() -> None:
    answer = {
        "StackId": "arn:x",
        "StackName": "x",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": None,
        "Parameters": [
            {"ParameterKey": "A", "ParameterValue": NAME, "ResolvedValue": "vpc-1"},
            {"ParameterKey": "B", "ParameterValue": "plain"},
        ],
    }
    client = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [answer]})
    stack = CloudFormation(cast("Any", client)).describe_stack("x")
    assert stack is not None
    assert stack.parameters == {"A": NAME, "B": "plain"}
    assert stack.resolved_parameters == {"A": "vpc-1", "B": "plain"}
