"""What is asked of providers, what is believed of their answers, and when they are asked again."""

import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from support.function_source import function_modules

with function_modules(
    "embedding_generator",
    "providers",
    "retries",
    "bedrock",
    "aistudio_shared.records",
) as modules:
    providers, retries, bedrock, records = modules

VECTOR = [0.25] * 1536


# --- batches and vectors


@dataclass
class Row:
    content: str


@pytest.mark.parametrize(
    ("lengths", "texts", "characters", "groups"),
    [
        ([], 3, 10, []),
        ([1, 1, 1, 1], 3, 10, [[1, 1, 1], [1]]),
        ([5, 5, 1], 3, 10, [[5, 5], [1]]),
        ([11, 1], 3, 10, [[11], [1]]),
        ([1, 11, 1], 3, 10, [[1], [11], [1]]),
        ([4, 4, 4], 1, 10, [[4], [4], [4]]),
    ],
)
def test_requests_hold_what_a_provider_takes(
    lengths: list[int], texts: int, characters: int, groups: list[list[int]]
) -> None:
    rows = [Row("a" * length) for length in lengths]
    limits = providers.RequestLimits(texts=texts, characters=characters)
    found = list(providers.requests(rows, limits))
    assert [[len(row.content) for row in group] for group in found] == groups
    assert [row for group in found for row in group] == rows


def test_vectors_are_taken_as_numbers() -> None:
    whole = [*VECTOR[:-1], 1]
    assert providers.checked([VECTOR, whole], 2) == [VECTOR, whole]
    assert isinstance(providers.checked([whole], 1)[0][-1], float)


@pytest.mark.parametrize(
    ("vectors", "count", "reason"),
    [
        ([], 1, "0 vectors for 1 texts"),
        ([VECTOR, VECTOR], 1, "2 vectors for 1 texts"),
        ([VECTOR[:-1]], 1, "1535 dimensions, not 1536"),
        ([[*VECTOR, 0.0]], 1, "1537 dimensions, not 1536"),
        ([[]], 1, "0 dimensions"),
        (["AAAA"], 1, "no dimensions"),
        ([None], 1, "no dimensions"),
        ([[*VECTOR[:-1], math.nan]], 1, "no finite number"),
        ([[*VECTOR[:-1], math.inf]], 1, "no finite number"),
        ([[*VECTOR[:-1], 1e39]], 1, "no finite number"),
        ([[*VECTOR[:-1], 10**400]], 1, "no finite number"),
        ([[*VECTOR[:-1], "0.1"]], 1, "no finite number"),
        ([[*VECTOR[:-1], None]], 1, "no finite number"),
        ([[*VECTOR[:-1], True]], 1, "no finite number"),
    ],
)
def test_vectors_that_do_not_fit_the_column_are_refused(
    vectors: list[Any], count: int, reason: str
) -> None:
    with pytest.raises(records.PermanentError, match=reason):
        providers.checked(vectors, count)


# --- patience


class Clock:
    """Time that passes only in pauses."""

    def __init__(self, left: float = 100.0) -> None:
        self.left = left
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.left -= seconds

    def patiently(self, call: Callable[[], Any]) -> Any:
        return retries.patiently(
            call,
            seconds_left=lambda: self.left,
            sleep=self.sleep,
            jitter=lambda _, longest: longest,
        )


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def call() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return call


def transient(retry_after: float = 0.0) -> Exception:
    error: Exception = providers.TransientError("busy", retry_after)
    return error


def test_pauses_grow_between_attempts() -> None:
    clock = Clock()
    assert clock.patiently(failing(*(transient() for _ in range(5)))) == "answer"
    assert clock.pauses == [1, 2, 4, 8, 16]


def test_after_six_attempts_sqs_takes_over() -> None:
    clock = Clock()
    with pytest.raises(providers.TransientError, match="busy"):
        clock.patiently(failing(*(transient() for _ in range(6))))
    assert len(clock.pauses) == 5


@pytest.mark.parametrize(("retry_after", "pause"), [(7.0, 7.0), (0.5, 1.0)])
def test_the_provider_s_wish_counts_if_it_is_the_longer_one(
    retry_after: float, pause: float
) -> None:
    clock = Clock()
    assert clock.patiently(failing(transient(retry_after))) == "answer"
    assert clock.pauses == [pause]


@pytest.mark.parametrize(("left", "retry_after"), [(0.5, 0.0), (1.0, 0.0), (30.0, 60.0)])
def test_no_pause_outlasts_the_function(left: float, retry_after: float) -> None:
    clock = Clock(left)
    with pytest.raises(providers.TransientError, match="busy"):
        clock.patiently(failing(transient(retry_after)))
    assert clock.pauses == []


def test_without_time_nothing_is_asked() -> None:
    with pytest.raises(providers.TransientError, match="time is nearly over"):
        Clock(0).patiently(lambda: pytest.fail("asked"))


def test_a_refusal_is_not_repeated() -> None:
    clock = Clock()
    with pytest.raises(records.PermanentError):
        clock.patiently(failing(records.PermanentError("no")))
    assert clock.pauses == []


def test_pauses_differ_from_caller_to_caller() -> None:
    pauses: list[float] = []
    for _ in range(20):
        retries.patiently(failing(transient()), seconds_left=lambda: 100.0, sleep=pauses.append)
    assert all(0.5 <= pause <= 1 for pause in pauses)
    assert len(set(pauses)) > 1


# --- Bedrock


class FakeBedrock:
    """A ``bedrock-runtime`` client with one answer, or one error."""

    def __init__(self, answer: Any = None, error: Exception | None = None) -> None:
        self.answer, self.error = answer, error
        self.asked: list[dict[str, Any]] = []

    def invoke_model(self, **request: Any) -> dict[str, Any]:
        self.asked.append({**request, "body": json.loads(request["body"])})
        if self.error is not None:
            raise self.error
        content = (
            self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        )
        return {"body": io.BytesIO(content), "contentType": "application/json"}


@pytest.mark.parametrize(
    "model_id",
    [
        "cohere.embed-v4:0",
        "us.cohere.embed-v4:0",
        "global.cohere.embed-v4:0",
        "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.cohere.embed-v4:0",
    ],
)
@pytest.mark.parametrize("embeddings", [{"float": [VECTOR, VECTOR]}, [VECTOR, VECTOR]])
def test_cohere_is_asked_for_1536_dimensions(model_id: str, embeddings: Any) -> None:
    client = FakeBedrock({"id": "1", "embeddings": embeddings, "texts": ["a", "b"]})
    provider = bedrock.BedrockProvider(client, model_id)
    assert provider.embed(["a", "b"]) == [VECTOR, VECTOR]
    assert client.asked == [
        {
            "modelId": model_id,
            "contentType": "application/json",
            "accept": "application/json",
            "body": {
                "input_type": "search_document",
                "texts": ["a", "b"],
                "embedding_types": ["float"],
                "output_dimension": 1536,
            },
        }
    ]
    assert provider.limits.texts == 96


@pytest.mark.parametrize(
    "model_id", ["amazon.titan-embed-text-v1", "amazon.titan-embed-g1-text-02"]
)
def test_titan_takes_one_text_at_a_time(model_id: str) -> None:
    client = FakeBedrock({"embedding": VECTOR, "inputTextTokenCount": 1})
    provider = bedrock.BedrockProvider(client, model_id)
    assert provider.embed(["a"]) == [VECTOR]
    assert client.asked[0]["body"] == {"inputText": "a"}
    assert provider.limits.texts == 1


@pytest.mark.parametrize(
    ("model_id", "reason"),
    [
        ("amazon.titan-embed-text-v2:0", "gives fewer than 1536 dimensions"),
        ("cohere.embed-english-v3", "gives fewer than 1536 dimensions"),
        ("us.cohere.embed-multilingual-v3", "gives fewer than 1536 dimensions"),
        ("anthropic.claude-3-haiku", "is not an embedding model that this function knows"),
        ("xcohere.embed-v4:0", "is not an embedding model that this function knows"),
    ],
)
def test_a_model_that_does_not_fit_is_named(model_id: str, reason: str) -> None:
    with pytest.raises(records.PermanentError, match=f"^{model_id} {reason}$"):
        bedrock.BedrockProvider(FakeBedrock(), model_id)


def bedrock_error(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "quotes the text"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "InvokeModel")


@pytest.mark.parametrize(
    ("error", "expected", "reason"),
    [
        (bedrock_error("ThrottlingException", 429), "transient", "ThrottlingException"),
        (bedrock_error("ModelTimeoutException", 408), "transient", "ModelTimeoutException"),
        (bedrock_error("ModelNotReadyException", 429), "transient", "ModelNotReadyException"),
        (bedrock_error("ModelErrorException", 424), "transient", "ModelErrorException"),
        (bedrock_error("ServiceUnavailableException", 503), "transient", "ServiceUnavailable"),
        (bedrock_error("ServiceQuotaExceededException", 400), "transient", "ServiceQuota"),
        (bedrock_error("SomethingNew", 502), "transient", "SomethingNew"),
        (ReadTimeoutError(endpoint_url="https://bedrock"), "transient", "ReadTimeoutError"),
        (bedrock_error("ValidationException", 400), "permanent", "ValidationException"),
        (bedrock_error("AccessDeniedException", 403), "permanent", "AccessDeniedException"),
        (bedrock_error("ResourceNotFoundException", 404), "permanent", "ResourceNotFound"),
    ],
)
def test_bedrock_s_errors_are_told_apart(error: Exception, expected: str, reason: str) -> None:
    provider = bedrock.BedrockProvider(FakeBedrock(error=error), "cohere.embed-v4:0")
    kinds = {"transient": providers.TransientError, "permanent": records.PermanentError}
    with pytest.raises(kinds[expected], match=reason) as caught:
        provider.embed(["a"])
    assert "quotes the text" not in str(caught.value)


def test_a_model_that_needs_an_inference_profile_is_told() -> None:
    message = "Invocation of model ID cohere.embed-v4:0 with on-demand throughput isn't supported."
    error = ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Invoke")
    provider = bedrock.BedrockProvider(FakeBedrock(error=error), "cohere.embed-v4:0")
    with pytest.raises(records.PermanentError, match="only through an inference profile"):
        provider.embed(["a"])


def test_a_model_without_a_subscription_is_told() -> None:
    provider = bedrock.BedrockProvider(
        FakeBedrock(error=bedrock_error("AccessDeniedException", 403)), "cohere.embed-v4:0"
    )
    with pytest.raises(records.PermanentError, match="may have to subscribe to this model"):
        provider.embed(["a"])


@pytest.mark.parametrize("answer", [{}, {"embeddings": None}, {"embeddings": {}}, [], b"no json"])
def test_an_answer_of_another_form_is_refused(answer: Any) -> None:
    provider = bedrock.BedrockProvider(FakeBedrock(answer), "cohere.embed-v4:0")
    with pytest.raises(records.PermanentError, match="not of the documented form"):
        provider.embed(["a"])
