"""The executor: runs over a real connection, schedules in EventBridge Scheduler."""

import contextlib
import http.client
import http.server
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import validate_parameters

from support import fake_data_api
from support.fake_aws import FakeContext, refused
from support.fake_people import FakePeople
from support.function_source import function_modules

with function_modules(
    "schedule_executor",
    "application",
    "events",
    "execution",
    "json_web_token",
    "management",
    "schedule_expression",
    "settings",
    "handler",
) as modules:
    application, events, execution, json_web_token, management, expressions, settings, handler = (
        modules
    )

SECRET = "0123456789abcdef0123456789ABCDEF"
NOW = 1_795_507_200.0
TIME = "2026-11-24T16:00:00Z"
RUN = {"source": "aws.scheduler", "scheduledExecutionId": 1, "scheduledTime": TIME}

TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJpc3MiOiJzY2hlZHVsZS1leGVjdXRvciIsImF1ZCI6ImFzc2lzdGFudC1hcmNoaXRlY3QtYXBpIiwic2NoZWR1bG"
    "VJZCI6MSwiZXhlY3V0aW9uSWQiOjEsImlhdCI6MTc5NTUwNzIwMCwiZXhwIjoxNzk1NTA3NTAwfQ"
    ".QXhZYJFb2ziizCaEWf3DVfoZkoLGXrJR3AXvX4GhfBM"
)
"""Made with OpenSSL: ``printf '%s' "$head.$claims" | openssl dgst -sha256 -hmac "$secret"``."""


class Parameters:
    """An ``ssm`` and a ``secretsmanager`` client."""

    def __init__(self) -> None:
        self.url = "https://app.example.org"
        self.secret: str = json.dumps({"INTERNAL_API_SECRET": SECRET})
        self.reads: list[str] = []

    def get_parameter(self, *, Name: str) -> dict[str, dict[str, str]]:  # noqa: N803 # boto3's
        self.reads.append(Name)
        return {"Parameter": {"Value": self.url}}

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 # boto3's
        self.reads.append(SecretId)
        return {"SecretString": self.secret}


class Scheduler:
    """A ``scheduler`` client that keeps its schedules and checks requests by AWS's model."""

    def __init__(self) -> None:
        self.schedules: dict[str, dict[str, Any]] = {}
        self.tokens: list[str] = []
        self.failures: list[ClientError] = []
        self.model = get_session().get_service_model("scheduler")

    def _checked(self, operation: str, request: dict[str, Any]) -> None:
        validate_parameters(request, self.model.operation_model(operation).input_shape)
        assert len(request["ClientToken"]) <= 64
        assert request["GroupName"] == "aistudio-dev"
        self.tokens.append(request.pop("ClientToken"))
        if self.failures:
            raise self.failures.pop(0)

    def _put(self, request: dict[str, Any]) -> dict[str, str]:
        self.schedules[request["Name"]] = request
        return {"ScheduleArn": f"arn:aws:scheduler:::schedule/aistudio-dev/{request['Name']}"}

    def create_schedule(self, **request: Any) -> dict[str, str]:
        self._checked("CreateSchedule", request)
        if request["Name"] in self.schedules:
            raise refused("ConflictException")
        return self._put(request)

    def update_schedule(self, **request: Any) -> dict[str, str]:
        self._checked("UpdateSchedule", request)
        if request["Name"] not in self.schedules:
            raise refused("ResourceNotFoundException")
        return self._put(request)

    def delete_schedule(self, **request: Any) -> None:
        self._checked("DeleteSchedule", request)
        if self.schedules.pop(request["Name"], None) is None:
            raise refused("ResourceNotFoundException")


class Site:
    """The application: answers in turn, the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: list[tuple[int, bytes]] = [(200, b'{"executionId": 1, "promptCount": 2}')]
        self.headers: dict[str, str] = {}
        self.wait_seconds = 0.0
        self.drip = False
        site = self

        class Receiver(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.requests.append(
                    {"path": self.path, "headers": self.headers, "body": json.loads(body)}
                )
                status, answer = site.answers[0]
                if len(site.answers) > 1:
                    site.answers.pop(0)
                time.sleep(site.wait_seconds)
                self.send_response(status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self._write(answer)

            def _write(self, answer: bytes) -> None:
                try:
                    for piece in [bytes([byte]) for byte in answer] if site.drip else [answer]:
                        self.wfile.write(piece)
                        if site.drip:
                            time.sleep(0.05)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.daemon_threads = True
        self.connections: list[tuple[str, int]] = []

    def connect(self, host: str, port: int, timeout: float) -> http.client.HTTPConnection:
        """Connect to this server, whatever the host is called: it has no certificate."""
        self.connections.append((host, port))
        return http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=timeout)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture
def database() -> Iterator[FakePeople]:
    database = FakePeople()
    database.add_schedule()
    yield database
    database.close()


@pytest.fixture
def parameters() -> Parameters:
    return Parameters()


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


class Invoke:
    """Invokes the handler.

    Attributes:
        now: What the clock says, in seconds since the epoch.
    """

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self, event: Any, *, request_id: str = "request") -> Any:
        context = FakeContext()
        context.aws_request_id = request_id
        return handler.handler(event, context)


@pytest.fixture
def invoke(
    monkeypatch: pytest.MonkeyPatch,
    database: FakePeople,
    parameters: Parameters,
    scheduler: Scheduler,
    site: Site,
) -> Invoke:
    """Invoke the handler, with AWS and the application in memory."""
    variables = {
        **fake_data_api.ENVIRONMENT,
        "ENVIRONMENT": "dev",
        "APPLICATION_ENDPOINT_PARAMETER": "/aistudio/dev/application-endpoint",
        "INTERNAL_API_SECRET_ARN": "arn:secret",
        "SCHEDULE_GROUP_NAME": "aistudio-dev",
        "SCHEDULER_EXECUTION_ROLE_ARN": "arn:aws:iam::111122223333:role/r",
        "EXECUTION_DLQ_ARN": "arn:aws:sqs:us-east-1:111122223333:dlq",
        "MAX_SCHEDULES_PER_OWNER": "3",
        "FLEXIBLE_WINDOW_MINUTES": "5",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clients = {
        "rds-data": database,
        "ssm": parameters,
        "secretsmanager": parameters,
        "scheduler": scheduler,
    }
    fake = SimpleNamespace(client=lambda name, **_: clients[name])
    monkeypatch.setattr(handler, "boto3", fake)
    monkeypatch.setattr("aistudio_shared.data_api.boto3", fake)
    monkeypatch.setitem(handler.DataApi.__init__.__kwdefaults__, "sleep", lambda _: None)
    handler._settings.cache_clear()
    invoke = Invoke()
    made = application.Application

    def executor(rows: Any, found: Any) -> Any:
        return execution.Executor(
            rows,
            found,
            application=lambda url: made(url, connect=site.connect, sleep=lambda _: None),
            now=lambda: invoke.now,
        )

    monkeypatch.setattr(handler, "Executor", executor)
    return invoke


# --- running a schedule


def test_a_run_is_one_request_with_our_token_and_one_row(
    invoke: Invoke, database: FakePeople, site: Site
) -> None:
    assert invoke(RUN) == {"statusCode": 200, "status": "completed", "executionId": 1}
    (request,) = site.requests
    assert request["path"] == "/api/assistant-architect/execute/scheduled"
    assert request["body"] == {
        "scheduleId": 1,
        "toolId": 5,
        "inputs": {"question": "how are you"},
        "userId": "u1",
        "triggeredBy": "eventbridge",
        "scheduledAt": TIME,
    }
    headers = request["headers"]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "schedule-execution-1"
    assert headers["X-Internal-Request"] == "schedule-executor"
    assert headers["X-Request-Id"] == "request"
    assert site.connections == [("app.example.org", 443)]
    row = database.one("schedule_executions")
    assert (row["status"], row["scheduled_for"]) == ("succeeded", "2026-11-24 16:00:00")
    assert json.loads(row["result"]) == {"executionId": 1, "promptCount": 2}
    assert row["finished_at"] is not None


def test_an_inactive_schedule_is_skipped(invoke: Invoke, database: FakePeople, site: Site) -> None:
    database.rows("UPDATE schedules SET active = false")
    assert invoke(RUN)["status"] == "skipped"
    assert site.requests == []
    assert database.rows("SELECT * FROM schedule_executions") == []


def test_a_schedule_without_a_row_is_an_error(invoke: Invoke, site: Site) -> None:
    with pytest.raises(execution.UnknownScheduleError, match="schedule 9 does not exist"):
        invoke({**RUN, "scheduledExecutionId": 9})
    assert site.requests == []


def test_the_same_event_twice_runs_once(invoke: Invoke, database: FakePeople, site: Site) -> None:
    invoke(RUN)
    assert invoke(RUN, request_id="another")["status"] == "skipped"
    assert invoke(RUN)["status"] == "skipped"
    assert len(site.requests) == 1
    assert len(database.rows("SELECT * FROM schedule_executions")) == 1


def test_a_failed_run_is_raised_and_run_again_under_the_same_key(
    invoke: Invoke, database: FakePeople, site: Site
) -> None:
    site.answers = [(500, b"oh"), (200, b"{}")]
    with pytest.raises(application.ApplicationError, match="the application answered 500"):
        invoke(RUN)
    row = database.one("schedule_executions")
    assert (row["status"], row["failure"]) == (
        "failed",
        "ApplicationError: the application answered 500",
    )
    assert invoke(RUN)["status"] == "completed"
    row = database.one("schedule_executions")
    assert (row["status"], row["failure"]) == ("succeeded", None)
    keys = [request["headers"]["Idempotency-Key"] for request in site.requests]
    assert keys == ["schedule-execution-1"] * 2


@pytest.mark.parametrize(
    ("invocation", "started", "status"),
    [
        ("first", "-10 seconds", "completed"),
        ("second", "-10 seconds", "skipped"),
        ("second", "-1000 seconds", "completed"),
    ],
)
def test_who_may_go_on_with_what_an_invocation_left_behind(
    invoke: Invoke, database: FakePeople, invocation: str, started: str, status: str
) -> None:
    database.rows(
        "INSERT INTO schedule_executions (schedule_id, scheduled_for, invocation_id, started_at)"
        " VALUES (1, '2026-11-24 16:00:00', 'first', datetime('now', ?))",
        started,
    )
    assert invoke(RUN, request_id=invocation)["status"] == status


def test_an_accepted_run_is_the_applications_to_finish(
    invoke: Invoke, database: FakePeople, site: Site
) -> None:
    site.answers = [(202, b'{"executionId": 1}')]
    assert invoke(RUN)["status"] == "accepted"
    row = database.one("schedule_executions")
    assert (row["status"], row["result"]) == ("running", None)


@pytest.mark.parametrize(
    "case",
    [
        ("succeeded", 200, "succeeded"),
        ("succeeded", 500, "succeeded"),
        ("running", 200, "succeeded"),
        ("failed", 200, "failed"),
    ],
)
def test_what_the_application_wrote_itself_stays(
    invoke: Invoke, database: FakePeople, site: Site, case: tuple[str, int, str]
) -> None:
    wrote, answer, status = case
    database.rows(
        "CREATE TRIGGER app AFTER INSERT ON schedule_executions BEGIN UPDATE schedule_executions"
        f" SET status = '{wrote}', result = '{{\"text\": \"own\"}}'; END"
    )
    site.answers = [(answer, b'{"executionId": 1}')]
    with contextlib.suppress(application.ApplicationError):
        invoke(RUN)
    row = database.one("schedule_executions")
    assert (row["status"], row["result"], row["failure"]) == (status, '{"text": "own"}', None)


def test_without_a_time_attempts_of_one_invocation_are_one_execution(
    invoke: Invoke, database: FakePeople, site: Site
) -> None:
    event = {"source": "aws.scheduler", "scheduledExecutionId": "1"}
    site.answers = [(500, b"oh"), (200, b"{}")]
    with pytest.raises(application.ApplicationError):
        invoke(event)
    invoke.now += 130
    assert invoke(event)["status"] == "completed"
    assert database.rows("SELECT scheduled_for FROM schedule_executions") == [
        ("2026-11-24 08:00:00",)
    ]


def test_a_database_that_sleeps_is_waited_for(invoke: Invoke, database: FakePeople) -> None:
    database.asleep(3)
    assert invoke(RUN)["status"] == "completed"


def test_a_failure_that_cannot_be_recorded_hides_nothing(
    invoke: Invoke, database: FakePeople, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers = [(500, b"oh")]
    database.failures = [None, None, refused("AccessDeniedException")]
    with pytest.raises(application.ApplicationError, match="500"):
        invoke(RUN)
    assert "failure not recorded" in capsys.readouterr().out


def test_neither_secret_nor_token_nor_input_is_logged(
    invoke: Invoke, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(RUN)
    site.answers = [(500, b"the answer's text")]
    with pytest.raises(application.ApplicationError):
        invoke({**RUN, "scheduledTime": "2026-11-25T16:00:00Z"})
    written = capsys.readouterr().out
    assert '"completed"' in written
    for hidden in (SECRET, TOKEN, "how are you", "the answer's text"):
        assert hidden not in written


# --- the application's address and the secret


def test_both_are_read_once_and_again_after_a_401(
    invoke: Invoke, parameters: Parameters, site: Site
) -> None:
    times = [f"2026-11-2{day}T16:00:00Z" for day in range(4)]
    for when in times[:2]:
        invoke({**RUN, "scheduledTime": when})
    assert parameters.reads == ["/aistudio/dev/application-endpoint", "arn:secret"]
    site.answers = [(401, b"{}"), (200, b"{}")]
    with pytest.raises(application.ApplicationError, match="401"):
        invoke({**RUN, "scheduledTime": times[2]})
    invoke({**RUN, "scheduledTime": times[2]})
    assert len(parameters.reads) == 4


def test_values_are_read_again_when_they_are_old(parameters: Parameters) -> None:
    clock = [0.0]
    found = settings.Settings(
        parameters, parameters, endpoint_parameter="e", secret_arn="s", clock=lambda: clock[0]
    )
    assert found.base_url() == "https://app.example.org"
    parameters.url = " https://new.example.org\n"
    clock[0] = settings.KEPT_SECONDS - 1
    assert found.base_url() == "https://app.example.org"
    clock[0] = settings.KEPT_SECONDS
    assert found.base_url() == "https://new.example.org"


@pytest.mark.parametrize("secret", ["", "geheim", '"text"', "{}", '{"INTERNAL_API_SECRET": ""}'])
def test_a_secret_of_another_form_is_refused_and_not_shown(
    invoke: Invoke, parameters: Parameters, database: FakePeople, site: Site, secret: str
) -> None:
    parameters.secret = secret
    with pytest.raises(settings.SettingsError) as caught:
        invoke(RUN)
    assert str(caught.value) == "the secret must be JSON with the key INTERNAL_API_SECRET"
    assert caught.value.__cause__ is None
    assert site.requests == []
    assert database.one("schedule_executions")["status"] == "failed"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.org",
        "HTTP://app.example.org",
        "app.example.org",
        "ftp://app.example.org",
        "https://",
        "https://user:pass@app.example.org",
        "https://app.example.org?a=b",
        "https://app.example.org#f",
        "https://app.example.org:port",
        "https://app.example.org\r\nX-Evil: 1",
        "",
    ],
)
def test_only_https_is_called(
    invoke: Invoke, parameters: Parameters, database: FakePeople, site: Site, url: str
) -> None:
    parameters.url = url
    with pytest.raises(application.EndpointError) as caught:
        invoke(RUN)
    assert "pass" not in str(caught.value)
    assert site.connections == []
    assert database.one("schedule_executions")["status"] == "failed"


def test_an_address_may_have_a_port_and_a_path(
    invoke: Invoke, parameters: Parameters, site: Site
) -> None:
    parameters.url = "https://app.example.org:8443/school/"
    invoke(RUN)
    assert site.connections == [("app.example.org", 8443)]
    assert site.requests[0]["path"].startswith("/school/api/")


def test_certificates_are_checked() -> None:
    connection: Any = application.https_connection("app.example.org", 443, 1.0)
    assert isinstance(connection, http.client.HTTPSConnection)
    context = connection._context  # type: ignore[attr-defined]
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


# --- one request


def post(site: Site, *, seconds: float = 5.0, connect: Any = None, slept: Any = None) -> Any:
    app = application.Application(
        "https://app.example.org",
        connect=connect or site.connect,
        sleep=(slept if slept is not None else []).append,
    )
    return app.post("/p", {"a": 1}, headers={}, seconds=seconds)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_application_is_asked_again(site: Site, status: int) -> None:
    site.answers = [(status, b""), (status, b""), (200, b'{"ok": true}')]
    slept: list[float] = []
    assert post(site, slept=slept).body == {"ok": True}
    assert slept == [1.0, 2.0]


def test_and_not_more_than_three_times(site: Site) -> None:
    site.answers = [(503, b"")]
    with pytest.raises(application.ApplicationError, match="503"):
        post(site)
    assert len(site.requests) == 3


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500, 502, 504])
def test_other_answers_are_final_and_redirects_are_not_followed(site: Site, status: int) -> None:
    site.answers = [(status, b"{}")]
    site.headers = {"Location": "https://elsewhere.example.org/"}
    with pytest.raises(application.ApplicationError) as caught:
        post(site)
    assert caught.value.status == status
    assert len(site.requests) == 1
    assert len(site.connections) == 1


def test_a_refused_connection_is_tried_again(site: Site) -> None:
    refusals = [ConnectionRefusedError(), OSError("no route")]

    def connect(host: str, port: int, timeout: float) -> http.client.HTTPConnection:
        connection = site.connect(host, port, timeout)
        if refusals:
            failure = refusals.pop(0)
            connection.connect = lambda: (_ for _ in ()).throw(failure)  # type: ignore[method-assign]
        return connection

    assert post(site, connect=connect).status == 200
    assert len(site.requests) == 1


def test_a_connection_that_breaks_afterwards_is_not(site: Site) -> None:
    def connect(host: str, port: int, timeout: float) -> http.client.HTTPConnection:
        connection = site.connect(host, port, timeout)
        connection.getresponse = lambda: (_ for _ in ()).throw(ConnectionResetError())  # type: ignore[method-assign]
        return connection

    with pytest.raises(application.ApplicationError, match="ConnectionResetError"):
        post(site, connect=connect)
    assert len(site.connections) == 1


def test_a_silent_application_is_left_in_time(site: Site) -> None:
    site.wait_seconds = 0.6
    began = time.monotonic()
    with pytest.raises(application.ApplicationError, match="TimeoutError"):
        post(site, seconds=0.2)
    assert time.monotonic() - began < 0.55
    assert len(site.connections) == 1


def test_so_is_one_that_answers_byte_by_byte(site: Site) -> None:
    site.drip = True
    site.answers = [(200, b'{"a": "' + b"x" * 40 + b'"}')]
    began = time.monotonic()
    with pytest.raises(application.ApplicationError, match="no answer"):
        post(site, seconds=0.4)
    assert time.monotonic() - began < 1.5


def test_no_request_is_sent_without_time(site: Site) -> None:
    with pytest.raises(application.ApplicationError, match="in time"):
        post(site, seconds=0)
    assert site.connections == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>sign in</html>",
        b"[]",
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
    ],
)
def test_a_200_that_is_no_json_object_is_no_success(site: Site, answer: bytes) -> None:
    site.answers = [(200, answer)]
    with pytest.raises(application.ApplicationError, match="without a JSON object"):
        post(site)
    assert len(site.requests) == 1


def test_an_endless_answer_is_cut_off(site: Site) -> None:
    site.answers = [(200, b'{"a": "' + b"x" * application.MAX_ANSWER_BYTES + b'"}')]
    with pytest.raises(application.ApplicationError, match="more than 1000000 bytes"):
        post(site)


def test_an_answer_that_the_database_would_not_take_is_stored_without_it(
    invoke: Invoke, database: FakePeople, site: Site
) -> None:
    site.answers = [(200, rb'{"a\u0000": ["b\u0000", {"c": "\ud800"}]}')]
    invoke(RUN)
    assert json.loads(database.one("schedule_executions")["result"]) == {"a": ["b", {"c": "?"}]}


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(json_web_token.WeakSecretError):
        json_web_token.signed({"iss": "x"}, "0" * 31)


# --- events


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({}, "must have source 'aws.scheduler' or one of the actions create, update, delete"),
        ({"action": "list", "scheduledExecutionId": 1}, "one of the actions"),
        ({"action": ["create"], "scheduledExecutionId": 1}, "one of the actions"),
        ({"source": "aws.events", "scheduledExecutionId": 1}, "one of the actions"),
        ({"source": "aws.scheduler"}, "scheduledExecutionId must be a positive integer"),
        ({**RUN, "scheduledExecutionId": 0}, "scheduledExecutionId"),
        ({**RUN, "scheduledExecutionId": True}, "scheduledExecutionId"),
        ({**RUN, "scheduledExecutionId": 1.5}, "scheduledExecutionId"),
        ({**RUN, "scheduledExecutionId": "1; DROP"}, "scheduledExecutionId"),
        ({**RUN, "scheduledExecutionId": 2**63}, "scheduledExecutionId"),
        ({**RUN, "scheduledTime": "yesterday"}, "scheduledTime must be a time"),
        ({**RUN, "scheduledTime": 5}, "scheduledTime must be a time"),
        ({**RUN, "scheduledTime": events.SCHEDULED_TIME}, "scheduledTime must be a time"),
        ({**RUN, "scheduledTime": "2026-11-24T16:00:00"}, "must name its offset"),
        ({"action": "create", "scheduledExecutionId": 1, "cronExpression": 5}, "must be text"),
        ({"action": "create", "scheduledExecutionId": 1, "timezone": 5}, "timezone must be text"),
    ],
)
def test_events_that_are_not_understood(invoke: Invoke, event: Any, message: str) -> None:
    with pytest.raises(events.InvalidEventError, match=message):
        invoke(event)


# --- managing schedules

CREATE = {
    "action": "create",
    "scheduledExecutionId": 1,
    "cronExpression": "30 7 ? * MON *",
    "timezone": "Europe/London",
}
NAME = "aistudio-dev-schedule-1"


def test_create_makes_a_schedule_that_invokes_this_function(
    invoke: Invoke, scheduler: Scheduler
) -> None:
    answer = invoke(CREATE)
    assert answer == {
        "statusCode": 200,
        "status": "created",
        "scheduleName": NAME,
        "scheduleArn": f"arn:aws:scheduler:::schedule/aistudio-dev/{NAME}",
    }
    made = scheduler.schedules[NAME]
    assert made["ScheduleExpression"] == "cron(30 7 ? * MON *)"
    assert made["ScheduleExpressionTimezone"] == "Europe/London"
    assert made["State"] == "ENABLED"
    assert made["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    target = made["Target"]
    assert target["Arn"] == "arn:aws:lambda:us-east-1:111122223333:function:function"
    assert target["RoleArn"] == "arn:aws:iam::111122223333:role/r"
    assert target["DeadLetterConfig"] == {"Arn": "arn:aws:sqs:us-east-1:111122223333:dlq"}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
    assert scheduler.tokens == ["create-request"]


def test_what_a_schedule_sends_is_an_event_that_runs_it(
    invoke: Invoke, scheduler: Scheduler
) -> None:
    invoke(CREATE)
    sent = scheduler.schedules[NAME]["Target"]["Input"]
    event = json.loads(sent.replace("<aws.scheduler.scheduled-time>", TIME))
    assert event == RUN
    assert invoke(event)["status"] == "completed"


def test_without_an_expression_the_rows_own_is_meant(
    invoke: Invoke, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEXIBLE_WINDOW_MINUTES", "0")
    invoke({"action": "create", "scheduledExecutionId": "1"})
    made = scheduler.schedules[NAME]
    assert made["ScheduleExpression"] == "cron(0 8 ? * MON-FRI *)"
    assert made["ScheduleExpressionTimezone"] == "America/Los_Angeles"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_creating_twice_updates_and_updating_what_is_gone_creates(
    invoke: Invoke, scheduler: Scheduler
) -> None:
    update = {**CREATE, "action": "update", "cronExpression": "0 9 ? * FRI *"}
    assert invoke(update)["status"] == "created"
    assert invoke(CREATE)["status"] == "updated"
    assert invoke(update)["status"] == "updated"
    assert scheduler.schedules[NAME]["ScheduleExpression"] == "cron(0 9 ? * FRI *)"


def test_an_inactive_schedule_is_kept_disabled(
    invoke: Invoke, scheduler: Scheduler, database: FakePeople
) -> None:
    invoke(CREATE)
    database.rows("UPDATE schedules SET active = false")
    invoke({"action": "update", "scheduledExecutionId": 1})
    assert scheduler.schedules[NAME]["State"] == "DISABLED"


def test_an_inactive_schedule_does_not_count(
    invoke: Invoke, scheduler: Scheduler, database: FakePeople
) -> None:
    for name in ("b", "c", "d"):
        database.add_schedule(name)
    inactive = database.add_schedule("e", active=0)
    answer = invoke({"action": "create", "scheduledExecutionId": inactive})
    assert scheduler.schedules[answer["scheduleName"]]["State"] == "DISABLED"


def test_delete_is_idempotent_and_needs_no_row(
    invoke: Invoke, scheduler: Scheduler, database: FakePeople
) -> None:
    invoke(CREATE)
    database.rows("DELETE FROM schedules")
    delete = {"action": "delete", "scheduledExecutionId": 1}
    for _ in range(2):
        answer = invoke(delete)
        assert answer == {"statusCode": 200, "status": "deleted", "scheduleName": NAME}
    assert scheduler.schedules == {}


@pytest.mark.parametrize("action", ["create", "update"])
def test_an_owner_has_so_many_active_schedules_and_no_more(
    invoke: Invoke, scheduler: Scheduler, database: FakePeople, action: str
) -> None:
    for name in ("b", "c"):
        database.add_schedule(name)
    database.add_schedule("d", active=0)
    database.add_schedule("e", owner_id="u2")
    assert invoke({**CREATE, "action": action})["status"] == "created"
    database.rows("UPDATE schedules SET active = true WHERE name = 'd'")
    with pytest.raises(management.TooManySchedulesError, match="3 other active schedules"):
        invoke({**CREATE, "action": action, "scheduledExecutionId": 4})
    assert list(scheduler.schedules) == [NAME]


@pytest.mark.parametrize("action", ["create", "update"])
def test_a_schedule_needs_its_row(invoke: Invoke, scheduler: Scheduler, action: str) -> None:
    with pytest.raises(execution.UnknownScheduleError, match="schedule 7 does not exist"):
        invoke({**CREATE, "action": action, "scheduledExecutionId": 7})
    assert scheduler.schedules == {}


def test_eventbridge_schedulers_own_verdict_is_passed_on(
    invoke: Invoke, scheduler: Scheduler
) -> None:
    scheduler.failures = [refused("ValidationException", "Invalid Schedule Expression")]
    with pytest.raises(expressions.InvalidScheduleError, match="Invalid Schedule Expression"):
        invoke(CREATE)


@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_other_errors_of_eventbridge_scheduler_are_raised(
    invoke: Invoke, scheduler: Scheduler, action: str
) -> None:
    scheduler.failures = [refused("ThrottlingException")]
    with pytest.raises(ClientError, match="ThrottlingException"):
        invoke({**CREATE, "action": action})


@pytest.mark.parametrize("value", ["-1", "five", "1.5", "²"])
def test_numbers_of_the_environment_are_checked(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FLEXIBLE_WINDOW_MINUTES", value)
    with pytest.raises(handler.InvalidNumberError, match="FLEXIBLE_WINDOW_MINUTES"):
        invoke(CREATE)


def test_missing_variables_are_all_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXECUTION_DLQ_ARN")
    monkeypatch.delenv("SCHEDULE_GROUP_NAME")
    with pytest.raises(Exception, match="EXECUTION_DLQ_ARN, SCHEDULE_GROUP_NAME"):
        invoke(CREATE)


# --- expressions


@pytest.mark.parametrize(
    "cron",
    [
        "0 8 ? * MON-FRI *",
        "0 8 * * ? *",
        "0/15 8-17 ? * 2-6 *",
        "0,30 */2 1,15 JAN,jul ? 2026-2030",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 3W * ? *",
        "0 0 ? * 6L *",
        "0 0 ? * TUE#2 *",
        "59 23 31 12 ? 2199",
    ],
)
def test_expressions(cron: str) -> None:
    expected = f"cron({cron})"
    assert expressions.schedule_expression(cron) == expected
    assert expressions.schedule_expression(f" cron( {cron.replace(' ', '  ')} ) ") == expected


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("", "six fields"),
        ("0 8 * * *", "got 5"),
        ("0 8 * * ? * *", "got 7"),
        ("rate(1 minute)", "got 2"),
        ("60 8 * * ? *", "minutes .0-59. cannot be '60'"),
        ("-1 8 * * ? *", "minutes"),
        ("0 24 * * ? *", "hours"),
        ("0 8 0 * ? *", "day-of-month"),
        ("0 8 32 * ? *", "day-of-month"),
        ("0 8 32W * ? *", "day-of-month"),
        ("0 8 * 13 ? *", "month"),
        ("0 8 * FOO ? *", "month"),
        ("0 8 ? * 8 *", "day-of-week"),
        ("0 8 ? * 3#6 *", "day-of-week"),
        ("0 8 ? * 3#1,6#3 *", "day-of-week"),
        ("0 8 ? * MON-XXX *", "day-of-week"),
        ("0 8 * * ? 1969", "year"),
        ("0 8 * * ? 2200", "year"),
        ("0 17-8 * * ? *", "hours"),
        ("0/0 8 * * ? *", "minutes"),
        ("*/ 8 * * ? *", "minutes"),
        (", 8 * * ? *", "minutes"),
        ("? 8 * * ? *", "minutes"),
        ("0 8 * * ? ٢٠٢٦", "year"),
        ("0 8 * * * *", "exactly one of day-of-month and day-of-week must be ?"),
        ("0 8 1 * MON *", "exactly one"),
        ("0 8 ? * ? *", "exactly one"),
        (",".join(["0"] * 150) + " 8 * * ? *", "250 characters"),
    ],
)
def test_expressions_that_are_refused(cron: str, message: str) -> None:
    with pytest.raises(expressions.InvalidScheduleError, match=message):
        expressions.schedule_expression(cron)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Etc/GMT+8"])
def test_time_zones(zone: str) -> None:
    assert expressions.checked_timezone(zone) == zone


@pytest.mark.parametrize(
    "zone", ["", "Mars/Base", "America", "../etc/passwd", "UTC\n", "PST8PDT; x", "A" * 51, "/UTC"]
)
def test_time_zones_that_are_refused(zone: str) -> None:
    with pytest.raises(expressions.InvalidScheduleError, match="no IANA time zone"):
        expressions.checked_timezone(zone)


def test_without_a_time_zone_database_the_form_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_exists", lambda _: False)
    assert expressions.checked_timezone("America/Los_Angeles") == "America/Los_Angeles"
    with pytest.raises(expressions.InvalidScheduleError):
        expressions.checked_timezone("not a zone")
