"""Made-up physical ids and attributes."""

import re

import pytest

from aistudio_templates.rehearsal.identity import Identity, Place, identify
from aistudio_templates.rehearsal.schemas import ResourceSchema, resource_schema, schema_files

PLACE = Place("stack", "Logical", "000000000000", "eu-west-1")


def identity(
    resource_type: str, properties: dict[str, object] | None = None, place: Place = PLACE
) -> Identity:
    return identify(resource_schema(resource_type, "us-east-1"), properties or {}, place)


@pytest.mark.parametrize(
    ("resource_type", "properties", "pattern"),
    [
        ("AWS::EC2::NatGateway", {}, r"nat-[0-9a-f]{17}"),
        ("AWS::EC2::EIP", {}, r"203\.0\.113\.\d+"),
        ("AWS::EC2::FlowLog", {}, r"fl-[0-9a-f]{17}"),
        ("AWS::EC2::SecurityGroupIngress", {}, r"sgr-[0-9a-f]{17}"),
        ("AWS::RDS::DBProxy", {"DBProxyName": "proxy"}, "proxy"),
        ("AWS::Amplify::Branch", {}, r"arn:aws:amplify:eu-west-1:000000000000:branch/.+"),
        (
            "AWS::WAFv2::WebACLAssociation",
            {"ResourceArn": "one", "WebACLArn": "two"},
            r"one\|two",
        ),
        (
            "AWS::Cognito::UserPoolIdentityProvider",
            {"UserPoolId": "pool", "ProviderName": "Google"},
            "Google",
        ),
        ("AWS::CloudWatch::CompositeAlarm", {}, r"stack-Logical-[0-9A-F]{12}"),
    ],
)
def test_ref_looks_like_cloudformations(
    resource_type: str, properties: dict[str, object], pattern: str
) -> None:
    assert re.fullmatch(pattern, identity(resource_type, properties).physical_id)


@pytest.mark.parametrize(
    ("resource_type", "attribute", "pattern"),
    [
        ("AWS::EC2::EIP", "AllocationId", r"eipalloc-[0-9a-f]{17}"),
        ("AWS::RDS::DBProxy", "Endpoint", r"[0-9a-f]+\.rds\.eu-west-1\.example"),
        ("AWS::RDS::DBProxy", "DBProxyArn", r"arn:aws:rds:eu-west-1:000000000000:db-proxy/.+"),
        ("AWS::RDS::DBProxy", "VpcId", r"vpc-[0-9a-f]{17}"),
        ("AWS::Amplify::App", "AppId", r"d[0-9a-f]{13}"),
        ("AWS::Amplify::App", "DefaultDomain", r"[0-9a-f]+\.amplify\.eu-west-1\.example"),
        ("AWS::RDS::DBCluster", "Endpoint.Address", r".+\.example"),
        ("AWS::CE::AnomalyMonitor", "CreationDate", r"\d{4}-\d\d-\d\dT.+Z"),
    ],
)
def test_attributes_fit_their_names(resource_type: str, attribute: str, pattern: str) -> None:
    assert re.fullmatch(pattern, identity(resource_type).attributes[attribute])


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": "boolean"}, False),
        ({"enum": ["FIRST", "SECOND"]}, "FIRST"),
        ({"type": "array", "items": {"type": "boolean"}}, [False]),
        ({"type": ["string", "object"], "maxLength": 3}, "sta"),
        ({"$ref": "#/definitions/Point"}, {"XPort": 443, "Status": "ACTIVE"}),
    ],
)
def test_values_fit_their_schema(node: dict[str, object], expected: object) -> None:
    point = {"XPort": {"type": "integer"}, "Status": {"type": "string"}}
    document = {
        "properties": {"Value": node},
        "readOnlyProperties": ["/properties/Value"],
        "definitions": {"Point": {"type": "object", "properties": point}},
    }
    attributes = identify(ResourceSchema("A::B::C", document), {}, PLACE).attributes
    assert attributes["Value"] == expected


def test_members_of_an_object_have_names_of_their_own() -> None:
    attributes = identity("AWS::Amplify::Domain").attributes
    assert attributes["Certificate"]["CertificateArn"] == attributes["Certificate.CertificateArn"]


def test_the_same_resource_is_identified_the_same_way() -> None:
    assert identity("AWS::EC2::EIP") == identity("AWS::EC2::EIP")


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"SubnetId": "subnet-2"}, PLACE),
        ({}, Place("other", "Logical", "000000000000", "eu-west-1")),
        ({}, Place("stack", "Other", "000000000000", "eu-west-1")),
    ],
)
def test_another_resource_is_identified_otherwise(
    properties: dict[str, object], place: Place
) -> None:
    first = identity("AWS::EC2::NatGateway").physical_id
    assert identity("AWS::EC2::NatGateway", properties, place).physical_id != first


def test_a_property_that_updates_in_place_keeps_the_identity() -> None:
    tagged = identity("AWS::EC2::NatGateway", {"Tags": [{"Key": "a", "Value": "b"}]})
    assert tagged == identity("AWS::EC2::NatGateway")


def test_every_type_of_cloudformation_can_be_identified() -> None:
    without = [name for name in schema_files("us-east-1") if not identity(name).physical_id]
    assert without == []
