"""Change sets, template comparison, approval, stateful types, statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import cfnlint
import pytest

from aistudio_templates.deploy.approval import data_losses, needs_approval
from aistudio_templates.deploy.change_set import (
    Action,
    ChangeSummary,
    ResourceChange,
    below,
    changes_of_templates,
    parse_change_set,
)
from aistudio_templates.deploy.stateful import REPLACING_PROPERTIES, may_replace
from aistudio_templates.deploy.status import Situation, is_settled, situation
from aistudio_templates.deploy.template_diff import (
    EMPTY_TEMPLATE,
    Difference,
    changed_paths,
    diff_resources,
)


def row(action: str = "Modify", resource_type: str = "AWS::S3::Bucket", **more: Any) -> Any:
    change = {"LogicalResourceId": "X", "ResourceType": resource_type, "Action": action, **more}
    return {"Type": "Resource", "ResourceChange": change}


def page(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"ChangeSetId": "arn:c", "Status": "CREATE_COMPLETE", "Changes": list(rows), **more}


@pytest.mark.parametrize(
    ("given", "action"),
    [
        (row("Add"), Action.ADDED),
        (row("Import"), Action.ADDED),
        (row("Remove"), Action.REMOVED),
        (row("Modify"), Action.MODIFIED),
        (row("Modify", Replacement="False"), Action.MODIFIED),
        (row("Modify", Replacement="True"), Action.REPLACED),
        (row("Modify", Replacement="Conditional"), Action.MAY_REPLACE),
        (row("Dynamic"), Action.MAY_REPLACE),
        (row("SyncWithActual"), Action.MODIFIED),
        (row("SomethingNew"), Action.MAY_REPLACE),
    ],
)
def test_actions(given: Any, action: Action) -> None:
    (change,) = parse_change_set([page(given)]).changes
    assert change.action is action


def test_pages_nested_rows_and_properties() -> None:
    details = [
        {"Target": {"Attribute": "Properties", "Name": "Tags"}},
        {"Target": {"Attribute": "Properties", "Name": "Tags"}},
        {"Target": {"Attribute": "DeletionPolicy"}},
        {},
    ]
    nested = row(
        "Modify", "AWS::CloudFormation::Stack", ChangeSetId="arn:n", PhysicalResourceId="p"
    )
    parsed = parse_change_set([page(nested), page(row(Details=details, PolicyAction="Retain"))])
    assert parsed.changes == (
        ResourceChange(
            ("X",), "AWS::S3::Bucket", Action.MODIFIED, ("DeletionPolicy", "Tags"), "Retain"
        ),
    )
    assert (parsed.nested[0].change_set_id, parsed.nested[0].physical_id) == ("arn:n", "p")


@pytest.mark.parametrize(
    ("status", "reason", "empty"),
    [
        ("FAILED", "The submitted information didn't contain changes. Submit …", True),
        ("FAILED", "No updates are to be performed.", True),
        ("FAILED", "Template error", False),
        ("CREATE_COMPLETE", "didn't contain changes", False),
    ],
)
def test_emptiness(status: str, reason: str, empty: bool) -> None:
    assert parse_change_set([page(Status=status, StatusReason=reason)]).is_empty is empty


def test_summary_by_stack() -> None:
    change = ResourceChange(("B",), "T", Action.ADDED, (), None)
    found = ChangeSummary("r", (*below("A", [change]), *below("C", [change])), ())
    assert [c.path_text for c in found.of_stack("A")] == ["A/B"]


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def thing(resource_type: str = "T", **properties: Any) -> dict[str, Any]:
    return {"Type": resource_type, "Properties": properties}


def test_template_comparison() -> None:
    before = template(A=thing(P=1), B=thing(P={"Q": [1]}), C=thing(), D=thing("Old"))
    after = template(
        A=thing(P=1),
        B=thing(P={"Q": [2]}),
        D=thing("New"),
        E={"Type": "T", "DeletionPolicy": "Retain"},
    )
    found = [(d.logical_id, d.difference, d.paths) for d in diff_resources(before, after)]
    assert found == [
        ("B", Difference.CHANGED, ("P.Q",)),
        ("C", Difference.REMOVED, ()),
        ("D", Difference.REMOVED, ()),
        ("D", Difference.ADDED, ()),
        ("E", Difference.ADDED, ()),
    ]
    assert diff_resources(after, after) == ()
    assert {d.difference for d in diff_resources(after, EMPTY_TEMPLATE)} == {Difference.REMOVED}


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"A": 1}, {"A": 1}, ()),
        ({"A": {"B": 1, "C": 2}}, {"A": {"B": 2}}, ("A.B", "A.C")),
        ({"A": {"Ref": "X"}}, {"A": {"Ref": "Y"}}, ("A",)),
        ({"A": {"B": {"Fn::Sub": "x"}}}, {"A": {"B": "x"}}, ("A.B",)),
        ({"A": [1, 2]}, {"A": [2, 1]}, ("A",)),
    ],
)
def test_changed_paths(before: Any, after: Any, paths: tuple[str, ...]) -> None:
    assert changed_paths(before, after) == paths


def test_comparison_suspects_replacing_properties() -> None:
    before = template(
        A=thing("AWS::RDS::DBCluster", KmsKeyId="a"), B=thing("AWS::RDS::DBCluster", Port=1)
    )
    after = template(
        A=thing("AWS::RDS::DBCluster", KmsKeyId="b"), B=thing("AWS::RDS::DBCluster", Port=2)
    )
    actions = [change.action for change in changes_of_templates(diff_resources(before, after))]
    assert actions == [Action.MAY_REPLACE, Action.MODIFIED]


def test_replacing_properties_are_those_of_the_resource_schemas() -> None:
    schemas = Path(cfnlint.__file__).parent / "data" / "schemas"
    provided = json.loads((schemas / "providers" / "us-east-1.json").read_text())
    for resource_type, properties in REPLACING_PROPERTIES.items():
        schema = json.loads((schemas / "resources" / f"{provided[resource_type]}.json").read_text())
        paths = [
            *schema.get("createOnlyProperties", []),
            *(schema.get("conditionalCreateOnlyProperties") or []),
        ]
        assert properties == {path.split("/")[2] for path in paths}, resource_type


def test_nested_paths_count_by_their_first_name() -> None:
    assert may_replace("AWS::ECR::Repository", ["EncryptionConfiguration.KmsKey"])
    assert not may_replace("AWS::EC2::VPC", ["CidrBlock"])


def change(resource_type: str, action: Action, policy: str | None = None) -> ChangeSummary:
    return ChangeSummary(
        "r", (ResourceChange(("A", "B"), resource_type, action, ("P",), policy),), ()
    )


@pytest.mark.parametrize(
    ("policy", "resource_type", "action", "asks"),
    [
        ("never", "AWS::IAM::Role", Action.ADDED, False),
        ("broadening", "AWS::IAM::Role", Action.MODIFIED, True),
        ("broadening", "AWS::S3::BucketPolicy", Action.ADDED, True),
        ("broadening", "AWS::EC2::SecurityGroupIngress", Action.ADDED, True),
        ("broadening", "AWS::EC2::VPC", Action.MODIFIED, False),
        ("broadening", "AWS::EC2::VPC", Action.REMOVED, True),
        ("broadening", "AWS::EC2::VPC", Action.MAY_REPLACE, True),
        ("any-change", "AWS::EC2::VPC", Action.MODIFIED, True),
    ],
)
def test_approval(policy: Any, resource_type: str, action: Action, asks: bool) -> None:
    assert bool(needs_approval(policy, change(resource_type, action))) is asks


def test_any_change_asks_for_a_change_without_resources() -> None:
    nothing = ChangeSummary("r", (), ())
    assert needs_approval("any-change", nothing)
    assert not needs_approval("broadening", nothing)


@pytest.mark.parametrize("action", list(Action))
def test_data_loss(action: Action) -> None:
    loses = action in {Action.REMOVED, Action.REPLACED, Action.MAY_REPLACE}
    assert bool(data_losses(change("AWS::RDS::DBCluster", action), ())) is loses
    assert data_losses(change("AWS::RDS::DBCluster", action), {"A/B"}) == ()
    assert data_losses(change("AWS::EC2::VPC", action), ()) == ()


def test_data_loss_tells_the_policy() -> None:
    (kept,) = data_losses(change("AWS::S3::Bucket", Action.REPLACED, "ReplaceAndRetain"), ())
    assert kept == "A/B (AWS::S3::Bucket) is replaced (ReplaceAndRetain)"
    (gone,) = data_losses(change("AWS::S3::Bucket", Action.REMOVED, "Delete"), ())
    assert gone == "A/B (AWS::S3::Bucket) is removed"


def test_every_status_of_the_service_is_classified() -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    for status in model.shape_for("StackStatus").enum:
        expected = {
            "REVIEW_IN_PROGRESS": Situation.REVIEW,
            "DELETE_COMPLETE": Situation.ABSENT,
            "CREATE_FAILED": Situation.DELETABLE_ONLY,
            "ROLLBACK_COMPLETE": Situation.DELETABLE_ONLY,
            "ROLLBACK_FAILED": Situation.DELETABLE_ONLY,
        }.get(status)
        if expected is None and status.endswith("_IN_PROGRESS"):
            expected = Situation.IN_PROGRESS
        if expected is None:
            failed = status.endswith("_FAILED")
            expected = Situation.NEEDS_OPERATOR if failed else Situation.UPDATABLE
        assert situation(status) is expected, status
        assert is_settled(status) is (not status.endswith("_IN_PROGRESS"))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, Situation.ABSENT),
        ("SPLIT_IN_PROGRESS", Situation.IN_PROGRESS),
        ("SPLIT_COMPLETE", Situation.NEEDS_OPERATOR),
    ],
)
def test_unknown_statuses_are_never_updatable(status: str | None, expected: Situation) -> None:
    assert situation(status) is expected
