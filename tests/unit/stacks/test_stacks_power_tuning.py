import json
import re
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Composition
from aistudio_templates.prices import regional_prices
from aistudio_templates.stacks import power_tuning, storage
from support.environments import ENVIRONMENTS, ORGANIZATION
from support.template_view import ABSENT, TemplateView

STATES = ("Initializer", "Publisher", "Executor", "Cleaner", "Analyzer", "Optimizer")
LOG_GROUP = "StateMachineLogGroup"
FUNCTION = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
READ, CHANGE = "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"
PUBLISH = {"lambda:CreateAlias", "lambda:PublishVersion", "lambda:UpdateAlias"}


def view(config: EnvironmentConfig) -> TemplateView:
    composition = Composition(config.name, None)
    buckets = composition.add("storage", storage.build(config, ORGANIZATION))
    composition.add("power_tuning", power_tuning.build(config, storage=buckets))
    assembly = composition.assembly()
    assert assembly.unused_outputs() == ()
    (body,) = [stack.body for stack in assembly.stacks if stack.name == "power_tuning"]
    return TemplateView(body)


def default(name: str) -> TemplateView:
    return view(EnvironmentConfig.get(name))


def statements(found: TemplateView, role: str) -> list[tuple[set[str], list[Any]]]:
    (policy,) = found.get(role).properties["Policies"]
    listed = policy["PolicyDocument"]["Statement"]
    return [(set(entry["Action"]), entry["Resource"]) for entry in listed]


def machine(found: TemplateView) -> dict[str, Any]:
    text = found.get("StateMachine").properties["DefinitionString"]
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def variables(found: TemplateView, state: str) -> dict[str, Any]:
    function = found.get(f"PowerTuning{state}Function")
    given: dict[str, Any] = function.properties["Environment"]["Variables"]
    return given


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_is_started_by_the_name_that_people_know(name: str) -> None:
    found = default(name)
    found.only("AWS::StepFunctions::StateMachine").has(
        StateMachineName=f"lambda-power-tuning-{name}", StateMachineType="STANDARD"
    )
    assert found.body["Outputs"]["StateMachineArn"]["Value"] == {"Ref": "StateMachine"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_six_functions_of_one_folder_are_its_states(name: str) -> None:
    found = default(name)
    functions = found.of_type("AWS::Lambda::Function")
    assert set(functions) == {f"PowerTuning{state}Function" for state in STATES}
    handlers = {f["Properties"]["Handler"] for f in functions.values()}
    assert handlers == {f"{state.lower()}.handler" for state in STATES}
    keys = {f["Properties"]["Code"]["S3Key"] for f in functions.values()}
    assert len(keys) == 1
    substitutions = found.get("StateMachine").properties["DefinitionSubstitutions"]
    text = found.get("StateMachine").properties["DefinitionString"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(substitutions)
    for state in STATES:
        expected = {"Fn::GetAtt": [f"PowerTuning{state}Function", "Arn"]}
        assert substitutions[f"{state}Arn"] == expected


@pytest.mark.parametrize("seconds", [10, 300, 900])
def test_a_state_outlives_its_function_so_that_nothing_runs_while_it_is_cleaned_up(
    seconds: int,
) -> None:
    config = EnvironmentConfig.get("dev")
    found = view(config.override(power_tuning={"execution_timeout_seconds": seconds}))
    states = machine(found)["States"]
    states |= states["Branching"]["ItemProcessor"]["States"]
    for state in STATES:
        function = found.get(f"PowerTuning{state}Function")
        if state == "Analyzer":
            function.has(Timeout=10)
            assert states[state]["TimeoutSeconds"] == 10
        else:
            function.has(Timeout=seconds)
            assert states[state]["TimeoutSeconds"] > seconds
    assert variables(found, "Initializer")["EXECUTION_TIMEOUT_SECONDS"] == str(seconds)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_error_leads_through_the_clean_up_to_a_failure(name: str) -> None:
    states = machine(default(name))["States"]
    for title, state in states.items():
        if state["Type"] not in {"Task", "Map"} or title == "CleanUpOnError":
            continue
        (catch,) = state["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"], title
        assert catch["Next"] == "CleanUpOnError", title
    clean_up = states["CleanUpOnError"]
    assert clean_up["Resource"] == states["Cleaner"]["Resource"]
    assert [clean_up["Next"], clean_up["Catch"][0]["Next"]] == ["Failed", "NotCleanedUp"]
    for failure in ("Failed", "NotCleanedUp"):
        assert states[failure]["Type"] == "Fail"
        assert "CausePath" in states[failure]
    ends = {title for title, state in states.items() if state.get("End")}
    assert ends == {"Optimizer"}


def test_what_a_repetition_cannot_mend_is_not_repeated() -> None:
    states = machine(default("dev"))["States"]
    executor = states["Branching"]["ItemProcessor"]["States"]["Executor"]
    never = executor["Retry"][0]
    assert never["MaxAttempts"] == 0
    assert {"InputError", "OutOfTimeError", "NotColdError"} <= set(never["ErrorEquals"])
    assert executor["Retry"][-1] == {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 3,
        "MaxAttempts": 2,
        "BackoffRate": 1,
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("Initializer", {READ}),
        ("Publisher", {READ, CHANGE} | PUBLISH),
        ("Executor", {READ, "lambda:InvokeFunction"}),
        (
            "Cleaner",
            {READ, CHANGE, "lambda:DeleteAlias", "lambda:ListAliases"}
            | {"lambda:ListVersionsByFunction", "lambda:DeleteFunction"},
        ),
        ("Analyzer", set()),
        ("Optimizer", {READ, CHANGE} | PUBLISH),
    ],
)
def test_each_state_may_do_its_part_on_this_environments_functions_alone(
    name: str, state: str, actions: set[str]
) -> None:
    allowed: set[str] = set()
    for found, resources in statements(default(name), f"PowerTuning{state}Role"):
        if not any(action.startswith("lambda:") for action in found):
            continue
        allowed |= found
        (resource,) = resources
        pattern, values = resource["Fn::Sub"]
        assert values == {"Environment": name}
        assert pattern.startswith(f"{FUNCTION}aistudio-${{Environment}}-*")
        # A version is part of the ARN: the function itself cannot be deleted.
        assert pattern.endswith(":*") == (found == {"lambda:DeleteFunction"})
    assert allowed == actions


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_payloads_are_read_by_the_executor_below_one_prefix_only(name: str) -> None:
    found = default(name)
    for state in STATES:
        granted = {
            action: json.dumps(resource)
            for actions, resources in statements(found, f"PowerTuning{state}Role")
            for action in actions
            for resource in resources
            if action.startswith("s3:")
        }
        if state != "Executor":
            assert granted == {}
            continue
        assert set(granted) == {"s3:GetObject", "s3:ListBucket"}
        assert all("StorageRepositoriesBucketArn" in resource for resource in granted.values())
        assert "/power-tuning/*" in granted["s3:GetObject"]
        assert "*" not in granted["s3:ListBucket"]
    given = variables(found, "Initializer")
    assert given["PAYLOAD_PREFIX"] == "power-tuning/"
    assert given["PAYLOAD_BUCKET_NAME"] == {"Ref": "StorageRepositoriesBucketName"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_functions_know_their_environment_and_the_memory_sizes(name: str) -> None:
    given = variables(default(name), "Initializer")
    assert given["FUNCTION_PREFIX"] == f"aistudio-{name}-"
    assert given["POWER_VALUES"] == "128,256,512,1024,1536,2048,3008"
    config = EnvironmentConfig.get(name).override(power_tuning={"power_values": (256, 1024)})
    assert variables(view(config), "Initializer")["POWER_VALUES"] == "256,1024"


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_prices_are_the_regions_from_the_price_book(region: str) -> None:
    values = {**EnvironmentConfig.get("dev").model_dump(), "region": region}
    found, prices = view(EnvironmentConfig.create(values)), regional_prices(region)
    executor = variables(found, "Executor")
    assert float(executor["LAMBDA_PRICE_ARM64"]) == float(prices.usd("lambda.duration.arm64"))
    assert float(executor["LAMBDA_PRICE_X86_64"]) == float(prices.usd("lambda.duration.x86_64"))
    analyzer = variables(found, "Analyzer")
    assert float(analyzer["STATE_TRANSITION_PRICE"]) == float(prices.usd("states.transition"))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_state_machine_invokes_its_six_functions_and_nothing_else(name: str) -> None:
    found = default(name)
    invoked = [
        resource
        for actions, resources in statements(found, "StateMachineRole")
        if "lambda:InvokeFunction" in actions
        for resource in resources
    ]
    assert invoked == [{"Fn::GetAtt": [f"PowerTuning{s}Function", "Arn"]} for s in STATES]
    (trust,) = found.get("StateMachineRole").properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    source = trust["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(f":stateMachine:lambda-power-tuning-{name}")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_its_log_tells_what_happened_but_not_with_which_payload(name: str) -> None:
    found = default(name)
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [LOG_GROUP, "Arn"]}}}
    found.get("StateMachine").has(
        LoggingConfiguration={
            "Level": "ALL",
            "IncludeExecutionData": False,
            "Destinations": [destination],
        }
    )
    group = found.get(LOG_GROUP)
    assert group.resource["DeletionPolicy"] == "Retain"
    days = EnvironmentConfig.get(name).monitoring.log_retention_days
    group.has(RetentionInDays=days)
    separator, (prefix, unique) = group.properties["LogGroupName"]["Fn::Join"]
    assert (separator, prefix) == ("-", f"/aws/vendedlogs/states/lambda-power-tuning-{name}")
    assert "AWS::StackId" in json.dumps(unique)


@pytest.mark.parametrize(("name", "traced"), [("dev", False), ("staging", True), ("prod", True)])
def test_traces_follow_the_environment(name: str, traced: bool) -> None:
    found = default(name)
    found.get("StateMachine").has(TracingConfiguration={"Enabled": traced})
    actions = set().union(*(actions for actions, _ in statements(found, "StateMachineRole")))
    assert ("xray:PutTraceSegments" in actions) is traced


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_started_by_hand_has_neither_dashboard_nor_reserved_concurrency(name: str) -> None:
    found = default(name)
    assert found.of_type("AWS::CloudWatch::Dashboard") == {}
    assert found.of_type("AWS::CloudWatch::Alarm") == {}
    for title in found.of_type("AWS::Lambda::Function"):
        found.get(title).has(ReservedConcurrentExecutions=ABSENT)
