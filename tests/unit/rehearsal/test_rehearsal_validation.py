"""Properties against CloudFormation's schemas, as a recorder checks them."""

import pytest

from aistudio_templates.rehearsal.schemas import ResourceSchema, resource_schema
from aistudio_templates.rehearsal.validation import check_properties

PROXY = {
    "DBProxyName": "proxy",
    "EngineFamily": "POSTGRESQL",
    "RoleArn": "arn:aws:iam::000000000000:role/proxy",
    "VpcSubnetIds": ["subnet-1", "subnet-2"],
}


def check(properties: dict[str, object], resource_type: str = "AWS::RDS::DBProxy") -> None:
    check_properties(resource_schema(resource_type, "us-east-1"), properties, logical_id="Proxy")


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"IdleClientTimeout": 900},
        {"IdleClientTimeout": "900"},
        {"RequireTLS": True},
        {"RequireTLS": "true"},
        {"Tags": [{"Key": "Size", "Value": 5}]},
        {"Auth": [{"AuthScheme": "SECRETS"}]},
    ],
)
def test_what_cloudformation_accepts_passes(extra: dict[str, object]) -> None:
    check(PROXY | extra)


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        ({"Bogus": 1}, "#/Bogus: extraneous key [Bogus] is not permitted"),
        ({"Endpoint": "x"}, "#: read-only key [Endpoint] is not permitted"),
        ({"EngineFamily": "ORACLE"}, "#/EngineFamily: ORACLE is not a valid enum value"),
        ({"IdleClientTimeout": "soon"}, "#/IdleClientTimeout: expected type: integer"),
        ({"IdleClientTimeout": True}, "#/IdleClientTimeout: expected type: integer"),
        ({"RequireTLS": "yes"}, "#/RequireTLS: expected type: boolean"),
        ({"DBProxyName": {}}, "#/DBProxyName: expected type: string"),
        ({"VpcSubnetIds": "subnet-1"}, "#/VpcSubnetIds: expected type: array"),
        ({"VpcSubnetIds": ["subnet-1"]}, "#/VpcSubnetIds: expected minimum item count: 2"),
        ({"Auth": [{"AuthScheme": "NONE"}]}, "#/Auth/0/AuthScheme: NONE is not a valid enum"),
    ],
)
def test_the_reason_names_resource_place_and_fault(extra: dict[str, object], fault: str) -> None:
    with pytest.raises(
        ValueError, match="Properties validation failed for resource Proxy"
    ) as caught:
        check(PROXY | extra)
    assert fault in str(caught.value)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ValueError, match="validation failed") as caught:
        check({"DBProxyName": "proxy", "Bogus": 1})
    for fault in ("[EngineFamily] not found", "[RoleArn] not found", "[Bogus] is not permitted"):
        assert fault in str(caught.value)


@pytest.mark.parametrize(("value", "valid"), [("a1", True), ("1a", False)])
def test_patterns_are_checked(value: str, valid: bool) -> None:
    schema = ResourceSchema("A::B::C", {"properties": {"X": {"pattern": r"^\p{L}"}}})
    if valid:
        check_properties(schema, {"X": value}, logical_id="R")
    else:
        with pytest.raises(ValueError, match="does not match"):
            check_properties(schema, {"X": value}, logical_id="R")


def test_a_pattern_that_python_cannot_read_is_passed_over() -> None:
    surrogates = "^[\\u0020-\\uD7FF\\uD800\\uDC00-\\uDBFF\\uDFFF]*$"
    schema = ResourceSchema("A::B::C", {"properties": {"X": {"pattern": surrogates}}})
    check_properties(schema, {"X": "text"}, logical_id="R")
