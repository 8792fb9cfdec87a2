import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.function_code import inline_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.queue import dead_letter_queue
from aistudio_templates.patterns.queue_worker import QueueWorker, Work, queue_worker
from aistudio_templates.policies.grants import publish_messages
from support.handles import allowed, role_statements, view

DEV = EnvironmentConfig.get("dev")
TOPIC = "arn:aws:sns:us-east-1:123456789012:events"


def worker(
    work: Work, config: EnvironmentConfig = DEV, *, access: Access | None = None
) -> QueueWorker:
    return queue_worker(
        "Worker",
        config,
        work=work,
        code=inline_code("def handler(event, context): ..."),
        description="Works",
        size=Size(timeout_seconds=60),
        access=access or Access(),
    )


def test_a_worker_is_a_queue_a_function_and_what_joins_them() -> None:
    made = view(worker(Work("Jobs", batch_size=4, max_concurrency=3)))
    made.only("AWS::Lambda::EventSourceMapping").has(
        BatchSize=4,
        ScalingConfig={"MaximumConcurrency": 3},
        EventSourceArn={"Fn::GetAtt": ["Jobs", "Arn"]},
        FunctionName={"Fn::GetAtt": ["WorkerFunction", "Arn"]},
    )
    assert set(made.of_type("AWS::SQS::Queue")) == {"Jobs", "JobsDlq"}


def test_the_function_may_use_its_two_queues_and_what_it_was_given() -> None:
    access = Access({"TOPIC_ARN": TOPIC}, publish_messages(TOPIC))
    made = view(worker(Work("Jobs", batch_size=1, max_concurrency=2), access=access))
    made.get("WorkerFunction").has(
        Environment={
            "Variables": {
                "DEAD_LETTER_QUEUE_URL": {"Ref": "JobsDlq"},
                "ENVIRONMENT": "dev",
                "MAX_RECEIVES": "3",
                "TOPIC_ARN": TOPIC,
            }
        }
    )
    grants = allowed(role_statements(made.get("WorkerRole")))
    main = [{"Fn::GetAtt": ["Jobs", "Arn"]}]
    assert {action: where for action, where in grants.items() if "logs:" not in action} == {
        "sqs:ChangeMessageVisibility": main,
        "sqs:DeleteMessage": main,
        "sqs:GetQueueAttributes": main,
        "sqs:ReceiveMessage": main,
        "sqs:SendMessage": [{"Fn::GetAtt": ["JobsDlq", "Arn"]}],
        "sns:Publish": [TOPIC],
    }


@pytest.mark.parametrize("receives", [1, 2, 5])
def test_the_function_knows_its_last_attempt(receives: int) -> None:
    made = view(worker(Work("Jobs", batch_size=1, max_concurrency=2, max_receives=receives)))
    redrive = made.get("Jobs").properties["RedrivePolicy"]
    variables = made.get("WorkerFunction").properties["Environment"]["Variables"]
    assert redrive["maxReceiveCount"] == int(variables["MAX_RECEIVES"]) == receives


def test_the_queue_follows_a_tuned_timeout() -> None:
    tuned = {"function": "worker", "memory_mib": 512, "timeout_seconds": 100}
    config = DEV.override(compute={"tuned_functions": [tuned]})
    made = view(worker(Work("Jobs", batch_size=1, max_concurrency=2), config))
    made.get("WorkerFunction").has(Timeout=100, MemorySize=512)
    made.get("Jobs").has(VisibilityTimeout=600)


def test_a_shared_dead_letter_queue_is_not_made_twice() -> None:
    shared = dead_letter_queue("Failed")
    made = worker(Work("Jobs", batch_size=1, max_concurrency=2, dlq=shared))
    assert made.own_dlq is None
    assert made.dlq_facts == shared.facts
    resources = view(made)
    assert set(resources.of_type("AWS::SQS::Queue")) == {"Jobs"}
    variables = resources.get("WorkerFunction").properties["Environment"]["Variables"]
    assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": "Failed"}


def test_names_and_topics_reach_the_queues() -> None:
    work = Work(
        "Jobs",
        batch_size=1,
        max_concurrency=2,
        name="jobs",
        dlq_name="jobs-failed",
        topic_arns=[TOPIC],
    )
    made = view(worker(work))
    made.get("Jobs").has(QueueName="jobs")
    made.get("JobsDlq").has(QueueName="jobs-failed")
    policy = made.get("JobsPolicy").properties["PolicyDocument"]
    assert policy["Statement"][0]["Condition"] == {"ArnEquals": {"aws:SourceArn": [TOPIC]}}
