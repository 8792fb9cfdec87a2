"""Every policy of every environment: what it allows on more than named resources, and why.

A statement may name resources by ARN. Whatever it allows on ``*`` or on a pattern has its
reason in ``policies/wildcards.py``; an entry there that no template uses is refused too.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.policies.grants import join_vpc
from aistudio_templates.policies.wildcards import WILDCARDS
from support.environments import ENVIRONMENTS, composed
from support.wiring import Wiring

VARIANTS: dict[str, dict[str, Any]] = {
    "by default": {},
    "on ECS": {"frontend": {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}},
    "on ECS with shells": {
        "frontend": {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"},
        "compute": {"ecs_execute_command": True},
    },
    "with a model behind an inference profile": {
        "processing": {"embedding_model_id": "us.cohere.embed-v4:0"},
    },
    "with everything": {
        "frontend": {
            "repository_url": "https://github.com/example/app",
            "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
        },
        "processing": {
            "embedding_provider": "openai",
            "embedding_secret_name": "aistudio/openai",
        },
        "monitoring": {
            "tracing_enabled": True,
            "lambda_insights_layer_arn": (
                "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:5"
            ),
        },
    },
}

OBJECTS = re.compile(r"^[^*]*[/:]\*$")
"""All objects, streams or indexes of one named resource: not a wildcard over resources."""

READS = re.compile(
    r"^[a-z0-9-]+:(BatchGet|Check|Describe|Detect|Filter|Get|List|Lookup|Query|Read|Search|View)"
)


def wirings() -> dict[str, Wiring]:
    return {
        f"{name} {variant}": Wiring(composed(EnvironmentConfig.get(name).override(**changes)))
        for name in ENVIRONMENTS
        for variant, changes in VARIANTS.items()
    }


WIRINGS = wirings()


def documents(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the identity policies of a resource."""
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::IAM::Role":
        for policy in properties.get("Policies", []):
            yield policy["PolicyDocument"]
    if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
        yield properties["PolicyDocument"]


def statements(wiring: Wiring) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, resource in wiring.resources().items():
        for document in documents(resource):
            for statement in document["Statement"]:
                yield "/".join(place), statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """Return a resource as text, with ``${…}`` for what CloudFormation resolves."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Sub":
        return argument if isinstance(argument, str) else str(argument[0])
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(text(part) for part in parts)
    name = argument if isinstance(argument, str) else ".".join(argument)
    return f"${{{name}}}"


def is_wild(resource: str) -> bool:
    return resource == "*" or (("*" in resource or "?" in resource) and not is_below_one(resource))


def is_below_one(resource: str) -> bool:
    """Return whether a pattern is everything below one resource of the set.

    Its last name before the star is a resource or parameter, such as ``${Bucket.Arn}/*``;
    ``${AWS::AccountId}:*`` is everything of the account.
    """
    if re.search(r":log-group:[^*]+:\*$", resource):
        return True
    names = re.findall(r"\$\{([^}]+)\}", resource)
    return bool(OBJECTS.match(resource) and names and not names[-1].startswith("AWS::"))


def wildcards_of(wiring: Wiring) -> set[tuple[str, str]]:
    return {
        (action, text(resource))
        for _, statement in statements(wiring)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if is_wild(text(resource))
    }


REASONS = {(action, w.resource): w for w in WILDCARDS for action in w.actions}


@pytest.mark.parametrize("variant", WIRINGS)
def test_every_wildcard_resource_has_a_written_reason(variant: str) -> None:
    assert wildcards_of(WIRINGS[variant]) - REASONS.keys() == set()


def test_every_reason_is_for_something() -> None:
    used = set().union(*(wildcards_of(wiring) for wiring in WIRINGS.values()))
    # Functions of the user's own may be placed in a VPC; none of ours is.
    used |= {(action.JSONrepr(), "*") for s in join_vpc() for action in s.properties["Action"]}
    assert REASONS.keys() - used == set()
    for wildcard in WILDCARDS:
        assert len(wildcard.reason) > 40
        assert wildcard.source.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("variant", WIRINGS)
def test_no_action_is_a_wildcard(variant: str) -> None:
    for place, statement in statements(WIRINGS[variant]):
        for action in listed(statement["Action"]):
            assert "*" not in action, (place, action)
        assert "NotAction" not in statement
        assert "NotResource" not in statement


@pytest.mark.parametrize("variant", WIRINGS)
def test_writes_on_everything_are_only_those_without_a_narrower_form(variant: str) -> None:
    for action, resource in wildcards_of(WIRINGS[variant]):
        if resource == "*" and not READS.match(action):
            source = REASONS[action, resource].source
            assert (
                "service-authorization" in source
                or "configuration-vpc" in source
                or ("logs-infrastructure" in source or "cw-logs" in source)
            ), (action, source)


@pytest.mark.parametrize("variant", WIRINGS)
def test_every_role_is_assumed_by_services_only_and_not_by_deputies(variant: str) -> None:
    """Lambda tells no source when it assumes a role, nor does Amplify for a branch's."""
    free = {"lambda.amazonaws.com"}
    branch_roles = {("frontend", "ComputeRole")}
    for place, role in WIRINGS[variant].resources("AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert list(statement["Principal"]) == ["Service"], place
            services = set(listed(statement["Principal"]["Service"]))
            if services <= free or place in branch_roles:
                continue
            assert "aws:SourceAccount" in str(statement.get("Condition")), (place, services)


@pytest.mark.parametrize("variant", WIRINGS)
def test_no_managed_policy_is_attached(variant: str) -> None:
    for place, role in WIRINGS[variant].resources("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], place


@pytest.mark.parametrize("variant", WIRINGS)
def test_resource_policies_let_in_services_of_this_account_only(variant: str) -> None:
    types = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    for place, resource in WIRINGS[variant].resources(*types).items():
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                continue
            assert statement["Principal"] != "*", place
            assert "aws:Source" in str(statement.get("Condition")) or (
                "AWS:Source" in str(statement.get("Condition"))
            ), place


@pytest.mark.parametrize("variant", WIRINGS)
def test_passing_a_role_names_the_role_and_the_service(variant: str) -> None:
    for place, statement in statements(WIRINGS[variant]):
        if "iam:PassRole" in listed(statement["Action"]):
            assert listed(statement["Action"]) == ["iam:PassRole"], place
            assert not any(is_wild(text(r)) for r in listed(statement["Resource"])), place
            assert "iam:PassedToService" in str(statement["Condition"]), place
