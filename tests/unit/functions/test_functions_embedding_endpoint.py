"""An endpoint that speaks OpenAI's API, and its key; the endpoint is a server on loopback."""

# ruff: noqa: N803 # argument names are boto3's

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.function_source import function_modules
from support.web_site import Answer, Site, page, redirect

with function_modules(
    "embedding_generator", "providers", "api_key", "openai_endpoint", "aistudio_shared.records"
) as modules:
    providers, api_key, openai_endpoint, records = modules

KEY = "sk-test-0123456789"


# --- the endpoint's key


class FakeSecrets:
    """A ``secretsmanager`` client with one secret."""

    def __init__(self, secret: str = json.dumps({"apiKey": KEY})) -> None:
        self.secret = secret
        self.reads = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        assert SecretId == "arn:secret"
        self.reads += 1
        return {"SecretString": self.secret}


def test_the_key_is_read_when_needed_and_kept_for_five_minutes() -> None:
    now = [0.0]
    secrets = FakeSecrets()
    key = api_key.ApiKey(secrets, "arn:secret", clock=lambda: now[0])
    assert secrets.reads == 0
    for now[0], reads in ((0.0, 1), (299.0, 1), (300.0, 2), (301.0, 2)):
        assert key.value() == KEY
        assert secrets.reads == reads
    key.forget()
    secrets.secret = json.dumps({"apiKey": " rotated\n"})
    assert key.value() == "rotated"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "sk-plain",
        "[]",
        "{}",
        '{"apiKey": ""}',
        '{"apiKey": null}',
        '{"apiKey": 7}',
        '{"apiKey": "two words"}',
        '{"apiKey": "a\\r\\nb"}',
        '{"key": "sk-plain"}',
    ],
)
def test_a_secret_without_a_key_is_told_without_its_content(secret: str) -> None:
    with pytest.raises(records.PermanentError, match="apiKey") as caught:
        api_key.ApiKey(FakeSecrets(secret), "arn:secret").value()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for content in ("plain", "two words"):
        assert content not in str(caught.value)


# --- OpenAI's API


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


def endpoint(site: Site, secrets: FakeSecrets | None = None, **changes: Any) -> Any:
    """Return a provider whose TLS connections end at the site, without TLS."""

    def connect(host: str, timeout_seconds: float) -> http.client.HTTPConnection:
        assert host == "api.example"
        return http.client.HTTPConnection("127.0.0.1", site.port, timeout=timeout_seconds)

    settings = {
        "endpoint_url": "https://api.example/v1/",
        "model_id": "text-embedding-3-small",
        "api_key": api_key.ApiKey(secrets or FakeSecrets(), "arn:secret"),
        "seconds_left": lambda: 30.0,
        "connect": connect,
    }
    return openai_endpoint.OpenAiProvider(**{**settings, **changes})


def embeddings(*indexes: int) -> Answer:
    data = [
        {"object": "embedding", "index": index, "embedding": [float(index)]} for index in indexes
    ]
    return page(json.dumps({"object": "list", "data": data}).encode(), "application/json")


def test_an_endpoint_is_asked_in_openai_s_form(site: Site) -> None:
    site.routes["/v1/embeddings"] = embeddings(1, 0)
    assert endpoint(site).embed(["a", "\u00e9"]) == [[0.0], [1.0]]
    assert json.loads(site.bodies[0]) == {
        "model": "text-embedding-3-small",
        "input": ["a", "\u00e9"],
        "encoding_format": "float",
        "dimensions": 1536,
    }
    ((path, headers),) = site.seen
    assert path == "/v1/embeddings"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == "application/json"


def test_a_model_of_fixed_dimensions_is_not_asked_for_them(site: Site) -> None:
    site.routes["/v1/embeddings"] = embeddings(0)
    endpoint(site, model_id="text-embedding-ada-002").embed(["a"])
    assert "dimensions" not in json.loads(site.bodies[0])


def test_connections_are_safe_ones() -> None:
    connection = openai_endpoint.connect_safely("api.example:8443", 7.0)
    assert isinstance(connection, http.client.HTTPSConnection)
    assert (connection.host, connection.port, connection.timeout) == ("api.example", 8443, 7.0)
    assert connection._context.check_hostname


@pytest.mark.parametrize("url", ["http://api.example/v1", "api.example/v1", "https:///v1", ""])
def test_the_key_never_travels_in_clear(site: Site, url: str) -> None:
    with pytest.raises(records.PermanentError, match="https://"):
        endpoint(site, endpoint_url=url)


def test_the_key_follows_no_redirect(site: Site) -> None:
    site.routes["/v1/embeddings"] = redirect(site.url("/elsewhere"), 307)
    with pytest.raises(records.PermanentError, match="status 307"):
        endpoint(site).embed(["a"])
    assert site.paths == ["/v1/embeddings"]


def test_a_rotated_key_is_read_again_once(site: Site) -> None:
    secrets = FakeSecrets()

    def by_key(request: Any) -> None:
        good = request.headers["Authorization"] == "Bearer new"
        (embeddings(0) if good else page(b"{}", "application/json", 401))(request)

    site.routes["/v1/embeddings"] = by_key
    provider = endpoint(site, secrets)
    with pytest.raises(records.PermanentError, match="status 401"):
        provider.embed(["a"])
    assert (len(site.seen), secrets.reads) == (2, 2)
    secrets.secret = json.dumps({"apiKey": "new"})
    assert provider.embed(["a"]) == [[0.0]]


def error_body(**error: Any) -> bytes:
    return json.dumps({"error": {"message": f"wrong key {KEY}: secret text", **error}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (
            400,
            error_body(code="context_length_exceeded"),
            "permanent",
            "status 400 (context_length_exceeded)",
        ),
        (401, error_body(code="invalid_api_key"), "permanent", "status 401 (invalid_api_key)"),
        (403, b"no json", "permanent", "status 403"),
        (
            404,
            error_body(code=None, type="invalid_request_error"),
            "permanent",
            "status 404 (invalid_request_error)",
        ),
        (422, error_body(code="odd code!"), "permanent", "status 422"),
        (408, b"", "transient", "status 408"),
        (409, b"[]", "transient", "status 409"),
        (
            429,
            error_body(code="rate_limit_exceeded"),
            "transient",
            "status 429 (rate_limit_exceeded)",
        ),
        (500, b'{"error": "text"}', "transient", "status 500"),
        (503, b"<html>", "transient", "status 503"),
    ],
)
def test_an_endpoint_s_errors_are_told_apart_and_never_quoted(
    site: Site, status: int, body: bytes, kind: str, reason: str
) -> None:
    site.routes["/v1/embeddings"] = page(body, "application/json", status)
    kinds = {"transient": providers.TransientError, "permanent": records.PermanentError}
    with pytest.raises(kinds[kind]) as caught:
        endpoint(site).embed(["a"])
    assert str(caught.value).endswith(f": {reason}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("-1", 0.0)],
)
def test_the_endpoint_may_say_when_to_come_back(site: Site, header: str, seconds: float) -> None:
    site.routes["/v1/embeddings"] = page(b"{}", "application/json", 429, Retry_After=header)
    with pytest.raises(providers.TransientError) as caught:
        endpoint(site).embed(["a"])
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "body",
    [b"no json", b"[]", b"{}", b'{"data": [{"index": 0}]}', b'{"data": [{"embedding": []}]}'],
)
def test_another_form_of_answer_is_refused(site: Site, body: bytes) -> None:
    site.routes["/v1/embeddings"] = page(body, "application/json")
    with pytest.raises(records.PermanentError, match="not of the documented form"):
        endpoint(site).embed(["a"])


def test_an_endpoint_that_does_not_answer_is_asked_again_later(site: Site) -> None:
    site.routes["/v1/embeddings"] = lambda _: None
    with pytest.raises(providers.TransientError, match="did not answer: RemoteDisconnected"):
        endpoint(site).embed(["a"])


@pytest.mark.parametrize(("left", "timeout"), [(0.2, 1.0), (30.0, 30.0), (500.0, 60.0)])
def test_the_endpoint_has_the_time_that_is_left(site: Site, left: float, timeout: float) -> None:
    waited: list[float] = []

    def connect(_: str, timeout_seconds: float) -> http.client.HTTPConnection:
        waited.append(timeout_seconds)
        return http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)

    site.routes["/v1/embeddings"] = embeddings(0)
    endpoint(site, connect=connect, seconds_left=lambda: left).embed(["a"])
    assert waited == [timeout]
