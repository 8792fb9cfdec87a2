import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.function_code import inline_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.patterns.queue import (
    consumer,
    dead_letter_queue,
    queue_with_dlq,
    subscription,
)
from support.handles import view

TOPIC = "arn:aws:sns:us-east-1:123456789012:events"


def function(timeout_seconds: int) -> OptimizedLambda:
    return optimized_lambda(
        "Worker",
        EnvironmentConfig.get("dev"),
        code=inline_code("def handler(event, context): ..."),
        description="Works",
        size=Size(timeout_seconds=timeout_seconds),
    )


def test_a_queue_is_encrypted_polled_patiently_and_goes_with_its_stack() -> None:
    queues = view(queue_with_dlq("Jobs", consumer_timeout_seconds=60, name="jobs"))
    main = queues.get("Jobs").has(
        QueueName="jobs",
        SqsManagedSseEnabled=True,
        ReceiveMessageWaitTimeSeconds=20,
        MessageRetentionPeriod=4 * 24 * 3600,
        RedrivePolicy={
            "deadLetterTargetArn": {"Fn::GetAtt": ["JobsDlq", "Arn"]},
            "maxReceiveCount": 3,
        },
    )
    assert main.resource["DeletionPolicy"] == main.resource["UpdateReplacePolicy"] == "Delete"


def test_dead_letters_are_kept_as_long_as_sqs_can() -> None:
    queues = view(queue_with_dlq("Jobs", consumer_timeout_seconds=60, dlq_name="failed-jobs"))
    queues.get("JobsDlq").has(
        QueueName="failed-jobs", MessageRetentionPeriod=14 * 24 * 3600, SqsManagedSseEnabled=True
    )
    assert "RedrivePolicy" not in queues.get("JobsDlq").properties


@pytest.mark.parametrize(
    ("timeout_seconds", "window_seconds", "visibility_seconds"),
    [(60, 0, 360), (180, 10, 1090), (900, 0, 5400), (900, 300, 5700)],
)
def test_a_message_stays_invisible_for_six_timeouts_and_the_window(
    timeout_seconds: int, window_seconds: int, visibility_seconds: int
) -> None:
    queues = queue_with_dlq(
        "Jobs",
        consumer_timeout_seconds=timeout_seconds,
        batching_window_seconds=window_seconds,
    )
    assert queues.main.visibility_seconds == visibility_seconds
    view(queues).get("Jobs").has(VisibilityTimeout=visibility_seconds)


def test_several_queues_may_share_a_dead_letter_queue() -> None:
    shared = dead_letter_queue("Failed")
    first = queue_with_dlq("First", consumer_timeout_seconds=1, dlq=shared, max_receives=2)
    second = queue_with_dlq("Second", consumer_timeout_seconds=1, dlq=shared)
    queues = view(first, second)
    assert set(queues.of_type("AWS::SQS::Queue")) == {"First", "Second", "Failed"}
    target = {"Fn::GetAtt": ["Failed", "Arn"]}
    for title, receives in (("First", 2), ("Second", 3)):
        queues.get(title).has(
            RedrivePolicy={"deadLetterTargetArn": target, "maxReceiveCount": receives}
        )


def test_facts_tell_alarms_which_queue_holds_failures() -> None:
    queues = queue_with_dlq("Jobs", consumer_timeout_seconds=60, max_age_seconds=120)
    assert queues.main.facts.max_age_seconds == 120
    assert not queues.main.facts.dead_letter
    assert queues.dead_letter.facts.dead_letter
    assert queues.dead_letter.facts.title == "JobsDlq"


def test_plain_http_is_refused_on_every_queue() -> None:
    queues = view(queue_with_dlq("Jobs", consumer_timeout_seconds=60))
    for title in ("Jobs", "JobsDlq"):
        policy = queues.get(f"{title}Policy").has(Queues=[{"Ref": title}])
        (statement,) = policy.properties["PolicyDocument"]["Statement"]
        assert statement == {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": {"Fn::GetAtt": [title, "Arn"]},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


def test_only_the_named_topic_may_send_and_only_to_the_main_queue() -> None:
    queues = view(queue_with_dlq("Jobs", consumer_timeout_seconds=60, topic_arns=[TOPIC]))
    document = queues.get("JobsPolicy").properties["PolicyDocument"]
    allowed, refused = document["Statement"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Resource"] == {"Fn::GetAtt": ["Jobs", "Arn"]}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": [TOPIC]}}
    assert refused["Sid"] == "TlsOnly"
    dlq = queues.get("JobsDlqPolicy").properties["PolicyDocument"]["Statement"]
    assert [statement["Effect"] for statement in dlq] == ["Deny"]
    assert len(queues.of_type("AWS::SQS::QueuePolicy")) == 2, "a second policy replaces the first"


def test_a_subscription_keeps_the_envelope_and_waits_for_the_policy() -> None:
    queues = queue_with_dlq("Jobs", consumer_timeout_seconds=60, topic_arns=[TOPIC])
    made = view([subscription(queues.main, TOPIC)]).only("AWS::SNS::Subscription")
    assert made.resource["DependsOn"] == "JobsPolicy"
    made.has(Protocol="sqs", TopicArn=TOPIC, Endpoint={"Fn::GetAtt": ["Jobs", "Arn"]})
    assert "RawMessageDelivery" not in made.properties


def test_a_consumer_reports_single_failures_and_is_bounded() -> None:
    queues = queue_with_dlq("Jobs", consumer_timeout_seconds=60, batching_window_seconds=10)
    source = consumer(
        function(60), queues.main, batch_size=5, max_concurrency=2, batching_window_seconds=10
    )
    view([source]).only("AWS::Lambda::EventSourceMapping").has(
        BatchSize=5,
        MaximumBatchingWindowInSeconds=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
        EventSourceArn={"Fn::GetAtt": ["Jobs", "Arn"]},
        FunctionName={"Fn::GetAtt": ["WorkerFunction", "Arn"]},
    )


def test_without_a_window_none_is_given() -> None:
    queues = queue_with_dlq("Jobs", consumer_timeout_seconds=60)
    source = consumer(function(60), queues.main, batch_size=1, max_concurrency=2).to_dict()
    assert "MaximumBatchingWindowInSeconds" not in source["Properties"]


def test_a_function_that_outlives_its_message_is_refused() -> None:
    queues = queue_with_dlq("Jobs", consumer_timeout_seconds=10)
    with pytest.raises(TemplateError, match=r"Worker.*60 s is not below .* Jobs, 60 s"):
        consumer(function(60), queues.main, batch_size=1, max_concurrency=2)
    assert consumer(function(59), queues.main, batch_size=1, max_concurrency=2) is not None
