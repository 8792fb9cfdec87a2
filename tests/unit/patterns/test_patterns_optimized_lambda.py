from pathlib import Path
from typing import Any

import pytest
from troposphere import Ref

from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.function_code import (
    FunctionCode,
    image_code,
    inline_code,
    node_code,
    python_code,
    zip_code,
)
from aistudio_templates.patterns.function_options import (
    AsyncFailures,
    FunctionOptions,
    VpcPlacement,
)
from aistudio_templates.patterns.function_sizing import Profile, Size
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.policies.grants import publish_messages
from support.environments import ENVIRONMENTS
from support.handles import allowed, role_statements, view
from support.template_view import ABSENT

DEV = EnvironmentConfig.get("dev")
PROD = EnvironmentConfig.get("prod")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failed"
TOPIC = "arn:aws:sns:us-east-1:123456789012:events"
INSIGHTS = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:20"
LOG = [{"Fn::GetAtt": ["WorkerLogGroup", "Arn"]}]
INLINE = inline_code("def handler(event, context): ...")


def function(
    config: EnvironmentConfig = DEV, *, code: FunctionCode = INLINE, **arguments: Any
) -> OptimizedLambda:
    return optimized_lambda("Worker", config, code=code, description="Works", **arguments)


def grants(made: OptimizedLambda) -> dict[str, Any]:
    return allowed(role_statements(view(made).get("WorkerRole")))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_function_is_named_arm64_and_logs_json_to_its_own_group(name: str) -> None:
    config = EnvironmentConfig.get(name)
    made = view(function(config))
    made.get("WorkerFunction").has(
        FunctionName=f"aistudio-{name}-worker",
        Description="Works",
        Architectures=["arm64"],
        Role={"Fn::GetAtt": ["WorkerRole", "Arn"]},
        LoggingConfig={
            "LogFormat": "JSON",
            "LogGroup": {"Ref": "WorkerLogGroup"},
            "ApplicationLogLevel": config.monitoring.log_level,
            "SystemLogLevel": "WARN",
        },
    )
    group = made.get("WorkerLogGroup").has(RetentionInDays=config.monitoring.log_retention_days)
    assert group.resource["DeletionPolicy"] == "Retain"


def test_what_is_not_asked_for_is_absent() -> None:
    view(function()).get("WorkerFunction").has(
        DeadLetterConfig=ABSENT,
        Environment=ABSENT,
        EphemeralStorage=ABSENT,
        Layers=ABSENT,
        ReservedConcurrentExecutions=ABSENT,
        VpcConfig=ABSENT,
    )
    assert function().invoke_config is None


def test_by_itself_a_function_may_write_its_own_log_and_nothing_else() -> None:
    assert grants(function()) == {"logs:CreateLogStream": LOG, "logs:PutLogEvents": LOG}


def test_the_role_belongs_to_lambda_and_holds_what_was_granted() -> None:
    made = function(access=Access(statements=publish_messages(TOPIC)))
    role = view(made).get("WorkerRole")
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert grants(made)["sns:Publish"] == [TOPIC]
    assert "ManagedPolicyArns" not in role.properties


@pytest.mark.parametrize(
    ("profile", "memory_mib", "timeout_seconds"),
    [(Profile.CRITICAL, 1536, 300), (Profile.BATCH, 3008, 900), (Profile.STANDARD, 1024, 300)],
)
def test_the_profile_gives_the_size(
    profile: Profile, memory_mib: int, timeout_seconds: int
) -> None:
    made = function(size=Size(profile))
    view(made).get("WorkerFunction").has(MemorySize=memory_mib, Timeout=timeout_seconds)
    assert (made.facts.memory_mib, made.facts.timeout_seconds) == (memory_mib, timeout_seconds)


def test_tuned_beats_explicit_beats_profile() -> None:
    explicit = function(size=Size(Profile.BATCH, 512, 60))
    view(explicit).get("WorkerFunction").has(MemorySize=512, Timeout=60)
    found = {"function": "worker", "memory_mib": 768}
    config = DEV.override(compute={"tuned_functions": [found]})
    tuned = function(config, size=Size(Profile.BATCH, 512, 60))
    view(tuned).get("WorkerFunction").has(MemorySize=768, Timeout=60)


@pytest.mark.parametrize(("tuning", "tuned"), [((), "false"), ((768,), "true")])
def test_cost_tags_tell_before_from_after(tuning: tuple[int, ...], tuned: str) -> None:
    found = [{"function": "worker", "memory_mib": memory} for memory in tuning]
    config = DEV.override(compute={"tuned_functions": found})
    made = view(function(config, size=Size(Profile.BATCH))).get("WorkerFunction")
    tags = {tag["Key"]: tag["Value"] for tag in made.properties["Tags"]}
    assert tags == {
        "Architecture": "arm64",
        "ManagedBy": "OptimizedLambda",
        "OptimizedMemory": str(made.properties["MemorySize"]),
        "PerformanceProfile": "batch",
        "PowerTuned": tuned,
    }


def test_critical_logs_outlast_the_environments() -> None:
    made = view(function(size=Size(Profile.CRITICAL))).get("WorkerLogGroup")
    assert made.properties["RetentionInDays"] == 30 > DEV.monitoring.log_retention_days


def test_traces_are_sent_where_the_environment_traces() -> None:
    view(function()).get("WorkerFunction").has(TracingConfig={"Mode": "PassThrough"})
    made = function(PROD)
    view(made).get("WorkerFunction").has(TracingConfig={"Mode": "Active"})
    assert grants(made)["xray:PutTraceSegments"] == ["*"]
    assert "xray:PutTraceSegments" not in grants(function())


def test_insights_are_a_layer_and_the_right_to_its_log() -> None:
    config = DEV.override(monitoring={"lambda_insights_layer_arn": INSIGHTS})
    made = function(config, layers=["arn:own"])
    view(made).get("WorkerFunction").has(Layers=["arn:own", INSIGHTS])
    (group,) = {str(where) for action, where in grants(made).items() if "LogGroup" in action}
    assert "log-group:/aws/lambda-insights:*" in group


def test_a_vpc_needs_the_right_to_interfaces() -> None:
    vpc = VpcPlacement(subnet_ids=Ref("Subnets"), security_group_ids=["sg-1"])
    made = function(options=FunctionOptions(vpc=vpc))
    view(made).get("WorkerFunction").has(
        VpcConfig={"SubnetIds": {"Ref": "Subnets"}, "SecurityGroupIds": ["sg-1"]}
    )
    assert grants(made)["ec2:CreateNetworkInterface"] == ["*"]


def test_a_dead_letter_queue_gets_the_event_alone() -> None:
    failures = AsyncFailures(QUEUE, mode="dead-letter", max_retries=1, max_age_seconds=60)
    made = function(options=FunctionOptions(async_failures=failures))
    view(made).get("WorkerFunction").has(DeadLetterConfig={"TargetArn": QUEUE})
    view(made).get("WorkerInvokeConfig").has(
        MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60, DestinationConfig=ABSENT
    )
    assert grants(made)["sqs:SendMessage"] == [QUEUE]


def test_a_destination_gets_the_error_too() -> None:
    made = function(options=FunctionOptions(async_failures=AsyncFailures(QUEUE)))
    view(made).get("WorkerFunction").has(DeadLetterConfig=ABSENT)
    view(made).get("WorkerInvokeConfig").has(
        FunctionName={"Ref": "WorkerFunction"},
        Qualifier="$LATEST",
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    )
    assert grants(made)["sqs:SendMessage"] == [QUEUE]


def test_architecture_is_the_configurations_unless_the_code_needs_another() -> None:
    config = DEV.override(compute={"architecture": "x86_64"})
    view(function(config)).get("WorkerFunction").has(Architectures=["x86_64"])
    made = function(options=FunctionOptions(architecture="x86_64"))
    view(made).get("WorkerFunction").has(Architectures=["x86_64"])
    assert made.facts.architecture == "x86_64"


@pytest.mark.parametrize(("mib", "storage"), [(512, ABSENT), (2048, {"Size": 2048})])
def test_disk_beyond_the_free_is_asked_for(mib: int, storage: object) -> None:
    made = function(options=FunctionOptions(ephemeral_storage_mib=mib))
    view(made).get("WorkerFunction").has(EphemeralStorage=storage)


def test_a_secret_is_no_environment_variable() -> None:
    with pytest.raises(TemplateError, match="API_KEY would hold a secret"):
        function(access=Access({"API_KEY": "x"}))


def test_every_kind_of_code_fits(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("def handler(event, context): ...\n")
    asset = Asset("worker", tmp_path)
    stored = {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": asset.key}
    expected = {
        python_code(asset): {"Code": stored, "Handler": "handler.handler"},
        node_code(asset): {"Code": stored, "Handler": "index.handler"},
        zip_code(asset, runtime="provided.al2023", handler="main"): {
            "Code": stored,
            "Runtime": "provided.al2023",
        },
        image_code("image@sha256:1"): {"Code": {"ImageUri": "image@sha256:1"}, "Runtime": ABSENT},
        inline_code("x = 1"): {"Code": {"ZipFile": "x = 1"}},
    }
    for code, properties in expected.items():
        made = function(code=code)
        view(made).get("WorkerFunction").has(**properties)
        assert made.assets == code.assets


def test_facts_carry_the_name_and_what_alarms_need() -> None:
    made = function(size=Size(timeout_seconds=60))
    assert made.facts.value.to_dict() == made.name.to_dict() == {"Ref": "WorkerFunction"}
    assert (made.facts.title, made.facts.timeout_seconds) == ("Worker", 60)
    assert made.facts.profile is Profile.STANDARD
