import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.function_code import inline_code
from aistudio_templates.patterns.function_options import FunctionOptions
from aistudio_templates.patterns.function_scaling import Concurrency, ProvisionedConcurrency
from aistudio_templates.patterns.function_sizing import Profile, Size
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from support.handles import view

SOURCE = "def handler(event, context): ..."


def function(
    concurrency: Concurrency,
    *,
    name: str = "prod",
    profile: Profile = Profile.CRITICAL,
    source: str = SOURCE,
) -> OptimizedLambda:
    return optimized_lambda(
        "Answer",
        EnvironmentConfig.get(name),
        code=inline_code(source),
        description="Answers",
        size=Size(profile),
        options=FunctionOptions(concurrency=concurrency),
    )


def provisioned(minimum: int, maximum: int, *, source: str = SOURCE) -> OptimizedLambda:
    return function(
        Concurrency(provisioned=ProvisionedConcurrency(minimum, maximum)), source=source
    )


@pytest.mark.parametrize("profile", [Profile.STANDARD, Profile.BATCH])
def test_only_critical_functions_keep_instances(profile: Profile) -> None:
    concurrency = Concurrency(provisioned=ProvisionedConcurrency(1, 2))
    with pytest.raises(TemplateError, match=f"Answer.*profile '{profile.value}'"):
        function(concurrency, profile=profile)


def test_without_provisioning_callers_invoke_the_function_itself() -> None:
    made = function(Concurrency())
    assert made.live is None
    assert made.arn.to_dict() == {"Fn::GetAtt": ["AnswerFunction", "Arn"]}
    assert not view(made).of_type("AWS::Lambda::Version")


def test_callers_invoke_the_alias_whose_instances_are_ready() -> None:
    made = provisioned(2, 5)
    alias = view(made).only("AWS::Lambda::Alias")
    (version,) = view(made).of_type("AWS::Lambda::Version")
    alias.has(
        Name="live",
        FunctionVersion={"Fn::GetAtt": [version, "Version"]},
        ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 2},
    )
    assert made.arn.to_dict() == {"Ref": alias.logical_id}


def test_a_change_of_code_publishes_another_version_and_keeps_the_old() -> None:
    (before,) = view(provisioned(1, 1)).of_type("AWS::Lambda::Version")
    (same,) = view(provisioned(1, 1)).of_type("AWS::Lambda::Version")
    changed = view(provisioned(1, 1, source=SOURCE + " # changed"))
    (after,) = changed.of_type("AWS::Lambda::Version")
    assert before == same != after
    version = changed.get(after).resource
    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"


def test_a_change_of_memory_publishes_another_version_too() -> None:
    (before,) = view(provisioned(1, 1)).of_type("AWS::Lambda::Version")
    tuned = [{"function": "answer", "memory_mib": 256}]
    made = optimized_lambda(
        "Answer",
        EnvironmentConfig.get("prod").override(compute={"tuned_functions": tuned}),
        code=inline_code(SOURCE),
        description="Answers",
        size=Size(Profile.CRITICAL),
        options=FunctionOptions(concurrency=Concurrency(provisioned=ProvisionedConcurrency(1, 1))),
    )
    assert before not in view(made).of_type("AWS::Lambda::Version")


def test_instances_follow_their_use_between_minimum_and_maximum() -> None:
    made = view(provisioned(2, 5))
    target = made.only("AWS::ApplicationAutoScaling::ScalableTarget")
    target.has(
        MinCapacity=2,
        MaxCapacity=5,
        ServiceNamespace="lambda",
        ResourceId={"Fn::Sub": "function:${AnswerFunction}:live"},
    )
    assert target.resource["DependsOn"] == made.only("AWS::Lambda::Alias").logical_id
    made.only("AWS::ApplicationAutoScaling::ScalingPolicy").has(
        PolicyType="TargetTrackingScaling",
        ScalingTargetId={"Ref": target.logical_id},
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 0.7},
    )


def test_as_many_as_the_minimum_do_not_scale() -> None:
    made = view(provisioned(3, 3))
    assert made.of_type("AWS::Lambda::Alias")
    assert not made.of_type("AWS::ApplicationAutoScaling::ScalableTarget")


@pytest.mark.parametrize(("name", "reserved"), [("dev", None), ("staging", None), ("prod", 7)])
def test_concurrency_is_reserved_only_where_the_account_has_it_to_give(
    name: str, reserved: int | None
) -> None:
    made = view(function(Concurrency(reserved=7), name=name)).get("AnswerFunction")
    assert made.properties.get("ReservedConcurrentExecutions") == reserved
