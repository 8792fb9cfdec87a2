from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.handles import allowed, role_statements
from support.template_view import ABSENT, TemplateView

FUNCTIONS = ("EmbeddingGenerator", "FileProcessor", "TextractProcessor", "UrlProcessor")
EMBEDDING_QUEUE = {"Ref": "EmbeddingQueue"}
JOBS = [{"Fn::GetAtt": ["JobStatusTable", "Arn"]}]


def processing(name: str = "dev", **overrides: object) -> TemplateView:
    config = EnvironmentConfig.get(name).override(processing=overrides)
    return stack(composed(config), "processing")


def grants(view: TemplateView, function: str) -> dict[str, Any]:
    return allowed(role_statements(view.get(f"{function}Role")))


def variables(view: TemplateView, function: str) -> dict[str, Any]:
    found: dict[str, Any] = view.get(f"{function}Function").properties["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_application_knows_four_queues_and_a_topic_by_name(name: str) -> None:
    view = stack(assembly(name), "processing")
    for title, physical in {
        "FileProcessingQueue": "file-processing-queue",
        "FileProcessingQueueDlq": "file-processing-dlq",
        "EmbeddingQueue": "embedding-queue",
        "EmbeddingQueueDlq": "embedding-dlq",
    }.items():
        view.get(title).has(QueueName=f"aistudio-{name}-{physical}")
    view.get("TextractCompletionTopic").has(TopicName=f"aistudio-{name}-textract-completion")
    view.get("TextractQueue").has(QueueName=ABSENT)


@pytest.mark.parametrize(
    ("function", "memory_mib", "timeout_seconds"),
    [
        ("EmbeddingGenerator", 1024, 300),
        ("FileProcessor", 3008, 600),
        ("TextractProcessor", 1024, 600),
        ("UrlProcessor", 1024, 300),
    ],
)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_functions_have_their_size_in_every_environment(
    name: str, function: str, memory_mib: int, timeout_seconds: int
) -> None:
    view = stack(assembly(name), "processing")
    view.get(f"{function}Function").has(MemorySize=memory_mib, Timeout=timeout_seconds)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_three_queues_feed_three_functions_one_message_at_a_time(name: str) -> None:
    view = stack(assembly(name), "processing")
    fed = {
        source["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]: source["Properties"]
        for source in view.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    assert {queue: p["FunctionName"]["Fn::GetAtt"][0] for queue, p in fed.items()} == {
        "EmbeddingQueue": "EmbeddingGeneratorFunction",
        "FileProcessingQueue": "FileProcessorFunction",
        "TextractQueue": "TextractProcessorFunction",
    }
    for properties in fed.values():
        assert properties["BatchSize"] == 1
        assert properties["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_concurrency_is_the_configurations() -> None:
    sources = processing(max_concurrency=25).of_type("AWS::Lambda::EventSourceMapping")
    found = {s["Properties"]["ScalingConfig"]["MaximumConcurrency"] for s in sources.values()}
    assert found == {25}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_functions_share_one_layer(name: str) -> None:
    view = stack(assembly(name), "processing")
    view.only("AWS::Lambda::LayerVersion").has(LayerName=f"aistudio-{name}-shared-layer")
    for function in view.of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Layers"] == [{"Ref": "SharedLayer"}]


def test_the_job_table_has_one_item_a_job_and_outlives_the_stack() -> None:
    table = stack(assembly("dev"), "processing").only("AWS::DynamoDB::Table")
    table.has(
        TableName=ABSENT,
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=ABSENT,
    )
    assert table.resource["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_writes_job_states_and_the_database(function: str) -> None:
    view = stack(assembly("prod"), "processing")
    told, may = variables(view, function), grants(view, function)
    assert told["JOB_STATUS_TABLE"] == {"Ref": "JobStatusTable"}
    assert may["dynamodb:PutItem"] == may["dynamodb:UpdateItem"] == JOBS
    assert told["DATABASE_RESOURCE_ARN"] == {"Ref": "DatabaseClusterArn"}
    assert may["rds-data:ExecuteStatement"] == [{"Ref": "DatabaseClusterArn"}]
    assert may["secretsmanager:GetSecretValue"] == [{"Ref": "DatabaseSecretArn"}]
    assert told["ENVIRONMENT"] == "prod"


@pytest.mark.parametrize("function", ["FileProcessor", "TextractProcessor", "UrlProcessor"])
def test_whoever_makes_chunks_may_ask_for_their_embeddings(function: str) -> None:
    view = stack(assembly("dev"), "processing")
    assert variables(view, function)["EMBEDDING_QUEUE_URL"] == EMBEDDING_QUEUE
    arn = {"Fn::GetAtt": ["EmbeddingQueue", "Arn"]}
    sends = [
        resource
        for statement in role_statements(view.get(f"{function}Role"))
        if statement["Action"] == ["sqs:SendMessage"]
        for resource in statement["Resource"]
    ]
    assert arn in sends
    assert len(sends) == 2, "and failures to the dead-letter queue; nothing else"


def test_files_are_read_from_both_buckets_and_written_to_none() -> None:
    view = stack(assembly("dev"), "processing")
    told = variables(view, "FileProcessor")
    assert told["DOCUMENTS_BUCKET_NAME"] == {"Ref": "StorageDocumentsBucketName"}
    assert told["REPOSITORIES_BUCKET_NAME"] == {"Ref": "StorageRepositoriesBucketName"}
    actions = {action for action in grants(view, "FileProcessor") if action.startswith("s3:")}
    assert actions == {"s3:GetObject", "s3:ListBucket"}


@pytest.mark.parametrize("function", ["EmbeddingGenerator", "TextractProcessor", "UrlProcessor"])
def test_nobody_else_reads_files(function: str) -> None:
    may = grants(stack(assembly("dev"), "processing"), function)
    assert not [action for action in may if action.startswith("s3:")]


def test_the_file_processor_starts_textract_and_hands_it_one_role() -> None:
    view = stack(assembly("prod"), "processing")
    told, may = variables(view, "FileProcessor"), grants(view, "FileProcessor")
    role = {"Fn::GetAtt": ["TextractCompletionRole", "Arn"]}
    assert told["TEXTRACT_ROLE_ARN"] == role
    assert told["TEXTRACT_TOPIC_ARN"] == {"Ref": "TextractCompletionTopic"}
    assert may["iam:PassRole"] == [role]
    assert may["textract:StartDocumentTextDetection"] == ["*"]
    (passing,) = [
        statement
        for statement in role_statements(view.get("FileProcessorRole"))
        if statement["Action"] == ["iam:PassRole"]
    ]
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}
    }


def test_only_the_textract_processor_fetches_results_and_it_starts_none() -> None:
    view = stack(assembly("prod"), "processing")
    textract = {
        function: {action for action in grants(view, function) if action.startswith("textract:")}
        for function in FUNCTIONS
    }
    assert textract == {
        "EmbeddingGenerator": set(),
        "FileProcessor": {"textract:StartDocumentTextDetection"},
        "TextractProcessor": {"textract:GetDocumentTextDetection"},
        "UrlProcessor": set(),
    }


def test_textracts_topic_reaches_the_queue_that_lets_it_in() -> None:
    view = stack(assembly("dev"), "processing")
    topic = {"Ref": "TextractCompletionTopic"}
    view.only("AWS::SNS::Subscription").has(
        TopicArn=topic, Protocol="sqs", Endpoint={"Fn::GetAtt": ["TextractQueue", "Arn"]}
    )
    policy = view.get("TextractQueuePolicy").properties["PolicyDocument"]
    assert policy["Statement"][0]["Condition"] == {"ArnEquals": {"aws:SourceArn": [topic]}}


@pytest.mark.parametrize("pages", [0, 500])
def test_the_monthly_pages_are_the_configurations(pages: int) -> None:
    told = variables(processing(textract_pages_per_month=pages), "FileProcessor")
    assert told["TEXTRACT_PAGES_PER_MONTH"] == str(pages)


def test_the_largest_upload_fits_on_the_file_processors_disk() -> None:
    config = EnvironmentConfig.get("dev").override(frontend={"max_upload_mib": 2000})
    view = stack(composed(config), "processing")
    view.get("FileProcessorFunction").has(EphemeralStorage={"Size": 2256})


@pytest.mark.parametrize("model", ["cohere.embed-v4:0", "amazon.titan-embed-text-v2:0"])
def test_bedrock_may_be_asked_for_one_model_and_needs_no_key(model: str) -> None:
    view = processing(embedding_model_id=model)
    told, may = variables(view, "EmbeddingGenerator"), grants(view, "EmbeddingGenerator")
    arn = f"arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}::foundation-model/{model}"
    assert may["bedrock:InvokeModel"] == [{"Fn::Sub": arn}]
    assert told["EMBEDDING_PROVIDER"] == "bedrock"
    assert told["EMBEDDING_MODEL_ID"] == model
    assert not {"EMBEDDING_SECRET_ARN", "EMBEDDING_ENDPOINT_URL"} & told.keys()


def test_another_endpoint_needs_its_key_and_no_right_in_bedrock() -> None:
    view = processing(
        embedding_provider="openai",
        embedding_model_id="text-embedding-3-small",
        embedding_secret_name="aistudio/openai",
    )
    told = variables(view, "EmbeddingGenerator")
    assert told["EMBEDDING_SECRET_ARN"] == "aistudio/openai"
    assert told["EMBEDDING_ENDPOINT_URL"] == "https://api.openai.com/v1"
    secrets = [
        statement["Resource"]
        for statement in role_statements(view.get("EmbeddingGeneratorRole"))
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    assert secrets == [
        [{"Ref": "DatabaseSecretArn"}],
        [
            {
                "Fn::Sub": [
                    "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
                    ":secret:${SecretName}-??????",
                    {"SecretName": "aistudio/openai"},
                ]
            }
        ],
    ]
    assert "bedrock:InvokeModel" not in grants(view, "EmbeddingGenerator")


def test_pages_that_fail_asynchronously_are_kept_with_their_error() -> None:
    view = stack(assembly("dev"), "processing")
    view.get("UrlProcessorInvokeConfig").has(
        DestinationConfig={
            "OnFailure": {"Destination": {"Fn::GetAtt": ["UrlProcessorDlq", "Arn"]}}
        },
        MaximumRetryAttempts=2,
    )
    view.get("UrlProcessorDlq").has(MessageRetentionPeriod=14 * 24 * 3600)


def test_polled_functions_have_no_dead_letter_config_that_would_never_be_used() -> None:
    view = stack(assembly("prod"), "processing")
    assert set(view.of_type("AWS::Lambda::EventInvokeConfig")) == {"UrlProcessorInvokeConfig"}
    for function in view.of_type("AWS::Lambda::Function").values():
        assert "DeadLetterConfig" not in function["Properties"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_function_runs_in_the_vpc(name: str) -> None:
    for function in stack(assembly(name), "processing").of_type("AWS::Lambda::Function").values():
        assert "VpcConfig" not in function["Properties"]
