import json
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.handles import allowed, role_statements
from support.template_view import TemplateView

WORKERS = ("StandardDocumentProcessor", "HighMemoryDocumentProcessor")


def documents(name: str = "dev", **overrides: object) -> TemplateView:
    config = EnvironmentConfig.get(name).override(processing=overrides)
    return stack(composed(config), "documents")


def variables(view: TemplateView, function: str) -> dict[str, Any]:
    found: dict[str, Any] = view.get(f"{function}Function").properties["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_application_knows_table_queues_and_dashboard_by_name(name: str) -> None:
    view = stack(assembly(name), "documents")
    view.get("DocumentJobs").has(TableName=f"AIStudio-DocumentJobs-{name}")
    view.get("DocumentsQueue").has(QueueName=f"AIStudio-DocumentProcessing-{name}")
    view.get("HighMemoryQueue").has(QueueName=f"AIStudio-DocumentProcessing-HighMemory-{name}")
    view.get("DocumentsDlq").has(QueueName=f"AIStudio-DocumentProcessing-DLQ-{name}")
    view.get("DocumentsDashboard").has(DashboardName=f"AIStudio-DocumentProcessing-{name}")


def test_jobs_are_found_by_user_and_by_status() -> None:
    table = stack(assembly("dev"), "documents").only("AWS::DynamoDB::Table")
    table.has(KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}])
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table.properties["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "UserIdIndex": ["userId", "timestamp"],
        "StatusIndex": ["status", "timestamp"],
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_job_table_outlives_the_stack(name: str) -> None:
    table = stack(assembly(name), "documents").only("AWS::DynamoDB::Table")
    assert table.resource["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}
    assert table.resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_two_sizes_of_one_program(name: str) -> None:
    view = stack(assembly(name), "documents")
    standard, high = (view.get(f"{worker}Function") for worker in WORKERS)
    standard.has(MemorySize=3008, Timeout=900)
    high.has(MemorySize=10_240, Timeout=900)
    assert standard.properties["Code"] == high.properties["Code"]


@pytest.mark.parametrize(
    ("queue", "worker", "batch_size", "concurrency", "receives"),
    [
        ("DocumentsQueue", "StandardDocumentProcessor", 5, 10, 3),
        ("HighMemoryQueue", "HighMemoryDocumentProcessor", 1, 2, 2),
    ],
)
def test_each_queue_feeds_its_worker(
    queue: str, worker: str, batch_size: int, concurrency: int, receives: int
) -> None:
    view = stack(assembly("dev"), "documents")
    view.get(f"{worker}Source").has(
        EventSourceArn={"Fn::GetAtt": [queue, "Arn"]},
        FunctionName={"Fn::GetAtt": [f"{worker}Function", "Arn"]},
        BatchSize=batch_size,
        ScalingConfig={"MaximumConcurrency": concurrency},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    view.get(queue).has(
        VisibilityTimeout=6 * 900,
        RedrivePolicy={
            "deadLetterTargetArn": {"Fn::GetAtt": ["DocumentsDlq", "Arn"]},
            "maxReceiveCount": receives,
        },
    )
    assert variables(view, worker)["MAX_RECEIVES"] == str(receives)


def test_there_is_one_dead_letter_queue_and_no_unused_one() -> None:
    view = stack(assembly("prod"), "documents")
    assert set(view.of_type("AWS::SQS::Queue")) == {
        "DocumentsQueue",
        "HighMemoryQueue",
        "DocumentsDlq",
    }
    assert not view.of_type("AWS::Lambda::EventInvokeConfig")
    for worker in WORKERS:
        assert variables(view, worker)["DEAD_LETTER_QUEUE_URL"] == {"Ref": "DocumentsDlq"}


def test_only_the_standard_worker_hands_documents_on() -> None:
    view = stack(assembly("dev"), "documents")
    standard, high = (variables(view, worker) for worker in WORKERS)
    assert standard["PROCESSOR_TYPE"] == "STANDARD"
    assert standard["HIGH_MEMORY_QUEUE_URL"] == {"Ref": "HighMemoryQueue"}
    assert high["PROCESSOR_TYPE"] == "HIGH_MEMORY"
    assert "HIGH_MEMORY_QUEUE_URL" not in high
    sends = {
        worker: [
            statement["Resource"]
            for statement in role_statements(view.get(f"{worker}Role"))
            if statement["Action"] == ["sqs:SendMessage"]
        ]
        for worker in WORKERS
    }
    dlq = [{"Fn::GetAtt": ["DocumentsDlq", "Arn"]}]
    assert sends == {
        "StandardDocumentProcessor": [dlq, [{"Fn::GetAtt": ["HighMemoryQueue", "Arn"]}]],
        "HighMemoryDocumentProcessor": [dlq],
    }


@pytest.mark.parametrize("worker", WORKERS)
def test_workers_read_documents_write_results_and_never_delete(worker: str) -> None:
    view = stack(assembly("prod"), "documents")
    may = allowed(role_statements(view.get(f"{worker}Role")))
    bucket = "${StorageDocumentsBucketArn}"
    assert may["s3:GetObject"] == [{"Fn::Sub": f"{bucket}/*"}]
    assert may["s3:PutObject"] == [{"Fn::Sub": f"{bucket}/v2/results/*"}]
    services = {action.split(":")[0] for action in may}
    assert services == {"dynamodb", "logs", "s3", "sqs", "textract", "xray"}
    assert not [action for action in may if "Delete" in action and action != "sqs:DeleteMessage"]
    assert "dynamodb:Scan" not in may


@pytest.mark.parametrize(("mib", "size"), [(1, "1048576"), (50, "52428800")])
def test_what_counts_as_large_is_the_configurations(mib: int, size: str) -> None:
    view = documents(large_file_mib=mib)
    standard, high = (variables(view, worker) for worker in WORKERS)
    assert standard["LARGE_FILE_BYTES"] == size
    assert "LARGE_FILE_BYTES" not in high


def test_the_largest_document_fits_on_each_workers_disk() -> None:
    config = EnvironmentConfig.get("dev").override(
        processing={"large_file_mib": 400}, frontend={"max_upload_mib": 3000}
    )
    view = stack(composed(config), "documents")
    view.get("StandardDocumentProcessorFunction").has(EphemeralStorage={"Size": 656})
    view.get("HighMemoryDocumentProcessorFunction").has(EphemeralStorage={"Size": 3256})


@pytest.mark.parametrize(("pages", "enabled"), [(0, "false"), (1, "true")])
def test_textract_can_be_off(pages: int, enabled: str) -> None:
    view = documents(textract_pages_per_month=pages)
    for worker in WORKERS:
        assert variables(view, worker)["TEXTRACT_ENABLED"] == enabled
        may = allowed(role_statements(view.get(f"{worker}Role")))
        assert bool([a for a in may if a.startswith("textract:")]) == (pages > 0)


def test_the_dashboard_shows_these_workers_and_queues_by_real_metric_names() -> None:
    dashboard = stack(assembly("prod"), "documents").get("DocumentsDashboard")
    body = json.loads(dashboard.properties["DashboardBody"]["Fn::Sub"])
    graphs = {w["properties"]["title"]: w["properties"]["metrics"] for w in body["widgets"]}
    functions = ["${StandardDocumentProcessorFunction}", "${HighMemoryDocumentProcessorFunction}"]
    for title, metric in (("Processing errors", "Errors"), ("Duration", "Duration")):
        assert [line[:4] for line in graphs[title]] == [
            ["AWS/Lambda", metric, "FunctionName", function] for function in functions
        ]
    (failed,) = graphs["Dead-letter queue"]
    assert failed[:4] == [
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        "${DocumentsDlq.QueueName}",
    ]


def test_dashboards_can_be_off() -> None:
    config = EnvironmentConfig.get("dev").override(monitoring={"dashboards_enabled": False})
    assert not stack(composed(config), "documents").of_type("AWS::CloudWatch::Dashboard")
