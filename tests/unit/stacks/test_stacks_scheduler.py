import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.handles import allowed, role_statements
from support.template_view import ABSENT, TemplateView

ROLE = {"Fn::GetAtt": ["ScheduleGroupRole", "Arn"]}
EXECUTOR = {"Fn::GetAtt": ["ScheduleExecutorFunction", "Arn"]}
DLQ = {"Fn::GetAtt": ["ScheduleExecutionDlq", "Arn"]}
SECRET = {"Ref": "InternalApiSecret"}


def scheduler(name: str = "dev", **overrides: object) -> TemplateView:
    config = EnvironmentConfig.get(name).override(scheduler=overrides)
    return stack(composed(config), "scheduler")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_schedules_have_a_group_of_their_own(name: str) -> None:
    view = stack(assembly(name), "scheduler")
    view.get("ScheduleGroup").has(Name=f"aistudio-{name}-schedules")
    view.get("ScheduleExecutionDlq").has(QueueName=f"aistudio-{name}-schedule-execution-dlq")


def test_schedules_may_invoke_the_executor_and_nothing_else() -> None:
    view = stack(assembly("prod"), "scheduler")
    policy = view.only("AWS::IAM::Policy").has(Roles=[{"Ref": "ScheduleGroupRole"}])
    assert allowed(policy.properties["PolicyDocument"]["Statement"]) == {
        "lambda:InvokeFunction": [EXECUTOR],
        "sqs:SendMessage": [DLQ],
    }
    (trust,) = view.get("ScheduleGroupRole").properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["ArnLike"] == {
        "aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]}
    }
    assert not view.of_type("AWS::Lambda::Permission"), "EventBridge Scheduler needs the role alone"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_executor_manages_schedules_of_this_group_with_this_role(name: str) -> None:
    view = stack(assembly(name), "scheduler")
    may = allowed(role_statements(view.get("ScheduleExecutorRole")))
    schedules = [
        {
            "Fn::Sub": [
                "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}"
                ":schedule/${Group}/*",
                {"Group": {"Ref": "ScheduleGroup"}},
            ]
        }
    ]
    assert {action: where for action, where in may.items() if "scheduler:" in action} == {
        "scheduler:CreateSchedule": schedules,
        "scheduler:DeleteSchedule": schedules,
        "scheduler:GetSchedule": schedules,
        "scheduler:UpdateSchedule": schedules,
    }
    assert may["iam:PassRole"] == [ROLE]


def test_the_executor_reads_one_parameter_and_two_secrets() -> None:
    view = stack(assembly("prod"), "scheduler")
    role = view.get("ScheduleExecutorRole")
    endpoint = "parameter/aistudio/prod/ecs-internal-endpoint"
    may = allowed(role_statements(role))
    assert may["ssm:GetParameter"] == [
        {"Fn::Sub": f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:{endpoint}"}
    ]
    secrets = [
        statement["Resource"]
        for statement in role_statements(role)
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    assert secrets == [[{"Ref": "DatabaseSecretArn"}], [SECRET]]
    assert not [action for action in may if action.startswith(("bedrock:", "dynamodb:"))]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_executor_is_told_all_that_it_asks_for(name: str) -> None:
    view = stack(assembly(name), "scheduler")
    view.get("ScheduleExecutorFunction").has(
        Environment={
            "Variables": {
                "APPLICATION_ENDPOINT_PARAMETER": f"/aistudio/{name}/ecs-internal-endpoint",
                "DATABASE_NAME": "aistudio",
                "DATABASE_RESOURCE_ARN": {"Ref": "DatabaseClusterArn"},
                "DATABASE_SECRET_ARN": {"Ref": "DatabaseSecretArn"},
                "ENVIRONMENT": name,
                "EXECUTION_DLQ_ARN": DLQ,
                "FLEXIBLE_WINDOW_MINUTES": "5",
                "INTERNAL_API_SECRET_ARN": SECRET,
                "MAX_SCHEDULES_PER_OWNER": "10",
                "SCHEDULER_EXECUTION_ROLE_ARN": ROLE,
                "SCHEDULE_GROUP_NAME": {"Ref": "ScheduleGroup"},
            }
        }
    )


def test_limits_are_the_configurations() -> None:
    view = scheduler(max_schedules_per_owner=3, flexible_window_minutes=0)
    told = view.get("ScheduleExecutorFunction").properties["Environment"]["Variables"]
    assert told["MAX_SCHEDULES_PER_OWNER"] == "3"
    assert told["FLEXIBLE_WINDOW_MINUTES"] == "0"


def test_an_execution_may_take_as_long_as_lambda_allows_and_little_memory() -> None:
    view = stack(assembly("prod"), "scheduler")
    view.get("ScheduleExecutorFunction").has(Timeout=900, MemorySize=256)


@pytest.mark.parametrize(("name", "reserved"), [("dev", None), ("staging", None), ("prod", 10)])
def test_executions_are_bounded_where_concurrency_is_reserved(
    name: str, reserved: int | None
) -> None:
    function = stack(assembly(name), "scheduler").get("ScheduleExecutorFunction")
    assert function.properties.get("ReservedConcurrentExecutions") == reserved


def test_failed_executions_are_kept_with_their_error() -> None:
    view = stack(assembly("dev"), "scheduler")
    view.get("ScheduleExecutorInvokeConfig").has(
        DestinationConfig={"OnFailure": {"Destination": DLQ}}
    )
    may = allowed(role_statements(view.get("ScheduleExecutorRole")))
    assert may["sqs:SendMessage"] == [DLQ]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_secret_is_made_by_aws_and_kept(name: str) -> None:
    secret = stack(assembly(name), "scheduler").only("AWS::SecretsManager::Secret")
    secret.has(
        GenerateSecretString={
            "SecretStringTemplate": "{}",
            "GenerateStringKey": "INTERNAL_API_SECRET",
            "PasswordLength": 64,
            "ExcludePunctuation": True,
        },
        SecretString=ABSENT,
        Name=ABSENT,
    )
    assert secret.resource["DeletionPolicy"] == secret.resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_secrets_value_is_in_no_template(name: str) -> None:
    assert "resolve:secretsmanager" not in str(stack(assembly(name), "scheduler").body)


def test_the_application_finds_executor_role_and_secret() -> None:
    view = stack(assembly("dev"), "scheduler")
    published = {
        parameter["Properties"]["Name"]: parameter["Properties"]["Value"]
        for parameter in view.of_type("AWS::SSM::Parameter").values()
    }
    assert published == {
        "/aistudio/dev/schedule-executor-function-arn": EXECUTOR,
        "/aistudio/dev/scheduler-execution-role-arn": ROLE,
        "/aistudio/dev/internal-api-secret-arn": SECRET,
    }
