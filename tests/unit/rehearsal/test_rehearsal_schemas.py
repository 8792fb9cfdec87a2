"""CloudFormation's resource schemas, read from cfn-lint's files."""

import pytest

from aistudio_templates.rehearsal.schemas import (
    ResourceSchema,
    create_only_values,
    recreation,
    resource_schema,
    schema_files,
)

LACKED = [
    "AWS::Amplify::App",
    "AWS::Amplify::Branch",
    "AWS::Amplify::Domain",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
    "AWS::CE::AnomalyMonitor",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::Logs::QueryDefinition",
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBProxyTargetGroup",
    "AWS::SES::Template",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
]


@pytest.mark.parametrize("resource_type", LACKED)
def test_every_type_the_emulator_lacks_has_a_schema(resource_type: str) -> None:
    assert resource_schema(resource_type, "us-east-1").document["typeName"] == resource_type


def test_a_region_without_a_list_uses_the_largest() -> None:
    assert schema_files("xx-nowhere-1") == schema_files("us-east-1")


def test_an_unknown_type_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        resource_schema("AWS::EC2::Nothing", "us-east-1")


@pytest.mark.parametrize(
    ("resource_type", "name", "expected"),
    [
        ("AWS::EC2::NatGateway", "SubnetId", "Always"),
        ("AWS::EC2::NatGateway", "Tags", "Never"),
        ("AWS::Budgets::Budget", "Budget", "Conditionally"),
        ("AWS::RDS::DBProxy", "RequireTLS", "Never"),
    ],
)
def test_recreation_follows_the_create_only_properties(
    resource_type: str, name: str, expected: str
) -> None:
    assert recreation(resource_schema(resource_type, "us-east-1"), name) == expected


def test_create_only_values_are_found_at_any_depth() -> None:
    schema = resource_schema("AWS::Budgets::Budget", "us-east-1")
    assert create_only_values(schema, {"Budget": {"BudgetName": "b"}}) == ["b", None]
    assert create_only_values(schema, {"Budget": "text"}) == [None, None]


def test_a_path_into_a_list_ends_before_its_elements() -> None:
    schema = ResourceSchema("A::B::C", {"readOnlyProperties": ["/properties/List/*/Id"]})
    assert schema.paths("readOnlyProperties") == (("List",),)


def test_an_undescribed_property_has_an_empty_schema() -> None:
    assert ResourceSchema("A::B::C", {}).property(("Anything", "Below")) == {}
