from typing import Any

import pytest

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.handles import allowed, role_statements
from support.template_view import TemplateView

ACCOUNT = "${AWS::Region}:${AWS::AccountId}"


def email(name: str = "dev", **overrides: object) -> TemplateView:
    return stack(composed(EnvironmentConfig.get(name).override(email=overrides)), "email")


def variables(view: TemplateView, function: str) -> dict[str, Any]:
    found: dict[str, Any] = view.get(f"{function}Function").properties["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_application_knows_queues_and_configuration_set_by_name(name: str) -> None:
    view = stack(assembly(name), "email")
    view.get("NotificationQueue").has(QueueName=f"aistudio-{name}-notification-queue")
    view.get("NotificationQueueDlq").has(QueueName=f"aistudio-{name}-notification-dlq")
    view.get("EmailConfigurationSet").has(Name=f"aistudio-{name}-email-config")


@pytest.mark.parametrize(
    ("name", "identity"),
    [("dev", "noreply@example.com"), ("staging", None), ("prod", "example.com")],
)
def test_each_identity_is_made_by_one_environment(name: str, identity: str | None) -> None:
    made = stack(assembly(name), "email").of_type("AWS::SES::EmailIdentity")
    assert [i["Properties"]["EmailIdentity"] for i in made.values()] == (
        [identity] if identity else []
    )


def test_a_domains_dns_records_are_shown() -> None:
    outputs = stack(assembly("prod"), "email").body["Outputs"]
    assert outputs["DkimRecord1"]["Value"] == {
        "Fn::Sub": "${EmailIdentity.DkimDNSTokenName1} CNAME ${EmailIdentity.DkimDNSTokenValue1}"
    }
    assert {"DkimRecord2", "DkimRecord3", "MailFromMxRecord"} <= outputs.keys()
    assert outputs["MailFromSpfRecord"]["Value"].startswith("bounce.example.com TXT")
    shown = {name for name in assembly("prod").root["Outputs"] if "Dkim" in name}
    assert len(shown) == 3


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_without_a_domain_there_are_no_dns_records(name: str) -> None:
    assert not [o for o in stack(assembly(name), "email").body["Outputs"] if "Record" in o]


def test_the_organisation_may_choose_the_sender() -> None:
    organization = Organization(
        base_domain="example.com", notification_email="studio@schools.example.org"
    )
    view = stack(compose(EnvironmentConfig.get("prod"), organization), "email")
    view.get("EmailIdentity").has(EmailIdentity="schools.example.org")
    assert variables(view, "NotificationSender")["SENDER_ADDRESS"] == "studio@schools.example.org"


def test_the_senders_name_is_the_configurations() -> None:
    view = email(sender_name="studio")
    assert variables(view, "NotificationSender")["SENDER_ADDRESS"] == "studio@example.com"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_sender_sends_as_one_address_with_one_configuration_set(name: str) -> None:
    view = stack(assembly(name), "email")
    (sending,) = [
        statement
        for statement in role_statements(view.get("NotificationSenderRole"))
        if "ses:SendEmail" in statement["Action"]
    ]
    prefix = f"arn:${{AWS::Partition}}:ses:{ACCOUNT}"
    assert sending["Resource"] == [
        {"Fn::Sub": f"{prefix}:identity/noreply@example.com"},
        {"Fn::Sub": f"{prefix}:identity/example.com"},
        {"Fn::Sub": f"{prefix}:configuration-set/${{EmailConfigurationSet}}"},
    ]
    assert sending["Condition"] == {"StringEquals": {"ses:FromAddress": "noreply@example.com"}}


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("dev", "https://dev.example.com"),
        ("staging", "https://staging.example.com"),
        ("prod", "https://example.com"),
    ],
)
def test_the_sender_is_told_all_that_it_asks_for(name: str, url: str) -> None:
    assert variables(stack(assembly(name), "email"), "NotificationSender") == {
        "APPLICATION_URL": url,
        "CONFIGURATION_SET_NAME": {"Ref": "EmailConfigurationSet"},
        "DATABASE_NAME": "aistudio",
        "DATABASE_RESOURCE_ARN": {"Ref": "DatabaseClusterArn"},
        "DATABASE_SECRET_ARN": {"Ref": "DatabaseSecretArn"},
        "DEAD_LETTER_QUEUE_URL": {"Ref": "NotificationQueueDlq"},
        "EMAIL_TIMEZONE": "America/Los_Angeles",
        "ENVIRONMENT": name,
        "JOB_STATUS_TABLE": {"Ref": "ProcessingJobStatusTable"},
        "MAX_RECEIVES": "3",
        "SENDER_ADDRESS": "noreply@example.com",
    }


@pytest.mark.parametrize(("name", "concurrency"), [("dev", 2), ("staging", 2), ("prod", 5)])
def test_notifications_are_sent_in_small_batches(name: str, concurrency: int) -> None:
    view = stack(assembly(name), "email")
    view.get("NotificationSenderFunction").has(MemorySize=1024, Timeout=180)
    view.get("NotificationSenderSource").has(
        EventSourceArn={"Fn::GetAtt": ["NotificationQueue", "Arn"]},
        BatchSize=5,
        MaximumBatchingWindowInSeconds=10,
        ScalingConfig={"MaximumConcurrency": concurrency},
    )
    view.get("NotificationQueue").has(VisibilityTimeout=6 * 180 + 10)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_feedback_goes_from_ses_to_the_function_that_records_it(name: str) -> None:
    view = stack(assembly(name), "email")
    topic = {"Ref": "EmailFeedbackTopic"}
    event = view.get("EmailFeedbackDestination").properties["EventDestination"]
    assert event["SnsDestination"] == {"TopicARN": topic}
    view.only("AWS::SNS::Subscription").has(
        TopicArn=topic, Endpoint={"Fn::GetAtt": ["FeedbackQueue", "Arn"]}
    )
    policy = view.get("FeedbackQueuePolicy").properties["PolicyDocument"]
    assert policy["Statement"][0]["Condition"] == {"ArnEquals": {"aws:SourceArn": [topic]}}
    view.get("FeedbackProcessorSource").has(
        EventSourceArn={"Fn::GetAtt": ["FeedbackQueue", "Arn"]},
        FunctionName={"Fn::GetAtt": ["FeedbackProcessorFunction", "Arn"]},
    )
    assert "FeedbackQueueDlq" in view.resources


def test_whoever_records_feedback_sends_nothing() -> None:
    view = stack(assembly("prod"), "email")
    may = allowed(role_statements(view.get("FeedbackProcessorRole")))
    assert {action.split(":")[0] for action in may} == {
        "logs",
        "rds-data",
        "secretsmanager",
        "sqs",
        "xray",
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_functions_use_the_shared_layer_of_the_processing_stack(name: str) -> None:
    for function in stack(assembly(name), "email").of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Layers"] == [{"Ref": "ProcessingLayerArn"}]


def test_the_application_finds_queue_sender_and_configuration_set() -> None:
    view = stack(assembly("dev"), "email")
    published = {
        parameter["Properties"]["Name"]: parameter["Properties"]["Value"]
        for parameter in view.of_type("AWS::SSM::Parameter").values()
    }
    assert published == {
        "/aistudio/dev/notification-queue-url": {"Ref": "NotificationQueue"},
        "/aistudio/dev/notification-sender-function-arn": {
            "Fn::GetAtt": ["NotificationSenderFunction", "Arn"]
        },
        "/aistudio/dev/ses-configuration-set": {"Ref": "EmailConfigurationSet"},
    }
