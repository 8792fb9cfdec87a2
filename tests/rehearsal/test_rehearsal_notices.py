"""Schedules, executions and notifications, by the deployed functions.

The set of dev runs in the emulator, whose EventBridge Scheduler fires and whose SES takes
mail; PostgreSQL is real, behind a stand-in for the Data API, and so is the TLS by which the
application is called.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import pytest

from support.application import Application, application, claims_of
from support.loopback_server import Response
from support.patience import until
from support.pipeline_bench import Bench, bench

NOTIFICATION_QUEUE = "aistudio-dev-notification-queue"
NOTIFICATION_DLQ = "aistudio-dev-notification-dlq"
EXECUTION_DLQ = "aistudio-dev-schedule-execution-dlq"
GROUP = "aistudio-dev-schedules"
FAR_AWAY = "0 8 1 1 ? 2199"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("templates")) as ready:
        yield ready


@pytest.fixture(scope="module")
def app(deployed: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application, where the executor looks for it."""
    if shutil.which("openssl") is None:
        pytest.skip("the command openssl makes the certificate")
    with application(tmp_path_factory.mktemp("tls")) as running:
        deployed.client("ssm").put_parameter(
            Name="/aistudio/dev/ecs-internal-endpoint", Value=running.url, Overwrite=True
        )
        deployed.configure("schedule-executor", SSL_CERT_FILE=str(running.certificate))
        yield running


class People:
    """Users, their schedules, and what came of these, as the application writes them."""

    def __init__(self, deployed: Bench) -> None:
        self._deployed = deployed

    def user(self, user_id: str, email: str) -> str:
        self._deployed.database.rows(
            "INSERT INTO users (id, email) VALUES (%(id)s, %(email)s) RETURNING id",
            id=user_id,
            email=email,
        )
        return user_id

    def schedule(self, owner: str, name: str, expression: str = FAR_AWAY) -> int:
        ((schedule_id,),) = self._deployed.database.rows(
            "INSERT INTO schedules (owner_id, name, assistant_id, expression, timezone, input)"
            " VALUES (%(owner)s, %(name)s, 12, %(expression)s, 'America/Los_Angeles',"
            " '{\"grade\": 5}') RETURNING id",
            owner=owner,
            name=name,
            expression=expression,
        )
        return int(schedule_id)

    def execution(self, schedule_id: int, result: Mapping[str, Any]) -> int:
        """Insert an execution that succeeded."""
        ((execution_id,),) = self._deployed.database.rows(
            "INSERT INTO schedule_executions (schedule_id, scheduled_for, status, result,"
            " finished_at) VALUES (%(id)s, clock_timestamp(), 'succeeded', %(result)s, now())"
            " RETURNING id",
            id=schedule_id,
            result=json.dumps(result),
        )
        return int(execution_id)

    def executions(self, schedule_id: int) -> list[tuple[int, str, Any, str | None]]:
        """Return id, status, result and failure of a schedule's executions."""
        return self._deployed.database.rows(
            "SELECT id, status, result, failure FROM schedule_executions"
            " WHERE schedule_id = %(id)s ORDER BY id",
            id=schedule_id,
        )

    def notify(self, user_id: str, execution_id: int) -> None:
        body = {
            "executionResultId": execution_id,
            "userId": user_id,
            "notificationType": "email",
            "scheduleName": "Attendance",
        }
        self._deployed.send(NOTIFICATION_QUEUE, body)

    def notification(self, execution_id: int, *states: str) -> tuple[str, str | None, str | None]:
        """Wait for a notification in one of some states.

        Returns:
            Its state, SES's id of the message, and why it failed.
        """
        ((state, message_id, failure),) = until(
            lambda: self._deployed.database.rows(
                "SELECT status, provider_message_id, failure FROM notifications"
                " WHERE schedule_execution_id = %(id)s",
                id=execution_id,
            ),
            lambda rows: rows and rows[0][0] in states,
        )
        return state, message_id, failure


@pytest.fixture(scope="module")
def people(deployed: Bench) -> People:
    return People(deployed)


class TestSchedules:
    def test_a_row_becomes_a_schedule_of_eventbridge_and_ends_as_one(
        self, deployed: Bench, people: People
    ) -> None:
        scheduler = deployed.client("scheduler")
        schedule_id = people.schedule("1", "managed", "0 8 ? * MON-FRI *")
        name = f"aistudio-dev-schedule-{schedule_id}"
        event = {"action": "create", "scheduledExecutionId": schedule_id}
        succeeded, answer = deployed.invoke("schedule-executor", event)
        assert succeeded, answer
        assert (answer["status"], answer["scheduleName"]) == ("created", name)

        found = scheduler.get_schedule(Name=name, GroupName=GROUP)
        variables = deployed.variables("schedule-executor")
        assert found["ScheduleExpression"] == "cron(0 8 ? * MON-FRI *)"
        assert found["ScheduleExpressionTimezone"] == "America/Los_Angeles"
        assert (found["State"], found["FlexibleTimeWindow"]["MaximumWindowInMinutes"]) == (
            "ENABLED",
            5,
        )
        target = found["Target"]
        assert target["Arn"].endswith(":function:aistudio-dev-schedule-executor")
        assert target["RoleArn"] == variables["SCHEDULER_EXECUTION_ROLE_ARN"]
        assert target["DeadLetterConfig"] == {"Arn": variables["EXECUTION_DLQ_ARN"]}
        assert json.loads(target["Input"])["scheduledExecutionId"] == schedule_id

        deployed.database.rows(
            "UPDATE schedules SET active = false WHERE id = %(id)s RETURNING id", id=schedule_id
        )
        deployed.invoke("schedule-executor", {**event, "action": "update"})
        assert scheduler.get_schedule(Name=name, GroupName=GROUP)["State"] == "DISABLED"

        succeeded, answer = deployed.invoke("schedule-executor", {**event, "action": "delete"})
        assert (succeeded, answer["status"]) == (True, "deleted")
        with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
            scheduler.get_schedule(Name=name, GroupName=GROUP)

    def test_a_malformed_expression_is_refused_with_its_reason(
        self, deployed: Bench, people: People
    ) -> None:
        schedule_id = people.schedule("1", "malformed", "0 25 * * ? *")
        event = {"action": "create", "scheduledExecutionId": schedule_id}
        succeeded, answer = deployed.invoke("schedule-executor", event)
        assert not succeeded
        assert answer["errorMessage"] == "the cron field hours (0-23) cannot be '25'"

    def test_a_schedule_fires_and_the_application_runs_it(
        self, deployed: Bench, people: People, app: Application
    ) -> None:
        schedule_id = people.schedule("teacher", "fires")
        due = datetime.now(UTC).replace(microsecond=0)
        fire_at(deployed, schedule_id, due)

        ((execution_id, status, result, failure),) = until(
            lambda: people.executions(schedule_id),
            lambda rows: rows and rows[0][1] != "running",
        )
        assert (status, failure) == ("succeeded", None)
        assert result["text"] == "All students are here."

        ((headers, body),) = [one for one in app.asked if one[1]["scheduleId"] == schedule_id]
        assert body["scheduledAt"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
        assert (body["toolId"], body["inputs"], body["userId"]) == (12, {"grade": 5}, "teacher")
        assert headers["idempotency-key"] == f"schedule-execution-{execution_id}"
        claims = claims_of(headers["authorization"].removeprefix("Bearer "), secret(deployed))
        assert claims["executionId"] == execution_id
        assert claims["iat"] <= time.time() < claims["exp"]

    def test_an_execution_that_fails_says_why_is_tried_again_and_put_aside(
        self,
        deployed: Bench,
        people: People,
        app: Application,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        schedule_id = people.schedule("teacher", "fails")
        monkeypatch.setattr(app, "response", Response(b"{}", 500))
        fire_at(deployed, schedule_id, datetime.now(UTC))
        message = deployed.taken_from(
            EXECUTION_DLQ,
            lambda found: (
                json.loads(found["Body"])["requestPayload"]["scheduledExecutionId"] == schedule_id
            ),
        )
        reason = json.loads(message["Body"])["responsePayload"]["errorMessage"]
        assert reason == "the application answered 500"
        ((execution_id, status, _, failure),) = people.executions(schedule_id)
        assert status == "failed"
        assert reason in str(failure)
        keys = [h["idempotency-key"] for h, body in app.asked if body["scheduleId"] == schedule_id]
        # All attempts are one execution.
        assert keys == [f"schedule-execution-{execution_id}"] * 3

    def test_an_application_that_cannot_prove_who_it_is_is_told_nothing(
        self, deployed: Bench, people: People, app: Application
    ) -> None:
        schedule_id = people.schedule("teacher", "impostor")
        event = {"source": "aws.scheduler", "scheduledExecutionId": schedule_id}
        with deployed.configured("schedule-executor", SSL_CERT_FILE=os.devnull):
            succeeded, answer = deployed.invoke("schedule-executor", event)
        assert not succeeded
        assert "certificate verify failed" in answer["errorMessage"]
        ((_, status, _, failure),) = people.executions(schedule_id)
        assert status == "failed"
        assert "certificate verify failed" in str(failure)
        assert schedule_id not in [body["scheduleId"] for _, body in app.asked]


class TestNotifications:
    def test_a_message_is_sent_once_and_its_delivery_recorded(
        self, deployed: Bench, people: People
    ) -> None:
        user = people.user("parent", "parent@example.org")
        execution_id = people.execution(
            people.schedule(user, "told"), {"text": "All students are here."}
        )
        people.notify(user, execution_id)

        state, message_id, failure = people.notification(execution_id, "delivered")
        assert (state, failure) == ("delivered", None)
        (mail,) = sent_to(deployed, "parent@example.org")
        assert mail["MessageId"] == message_id
        assert mail["Source"] == "noreply@example.com"
        assert "Attendance" in mail["Subject"]
        assert "All students are here." in mail["BodyText"]
        assert "All students are here." in mail["BodyHtml"]
        assert "https://dev.example.com/" in mail["BodyText"]

        people.notify(user, execution_id)
        deployed.drained(NOTIFICATION_QUEUE)
        assert sent_to(deployed, "parent@example.org") == [mail]

    def test_after_a_bounce_nothing_more_is_sent_to_an_address(
        self, deployed: Bench, people: People
    ) -> None:
        address = "bounce@simulator.amazonses.com"
        user = people.user("gone", address)
        schedule_id = people.schedule(user, "bounces")
        first = people.execution(schedule_id, {"text": "one"})
        people.notify(user, first)
        _, _, failure = people.notification(first, "bounced")
        assert failure == "Permanent bounce: General 5.1.1"

        second = people.execution(schedule_id, {"text": "two"})
        people.notify(user, second)
        _, message_id, failure = people.notification(second, "failed")
        assert (message_id, failure) == (None, "the address is suppressed: bounce")
        assert len(sent_to(deployed, address)) == 1

    def test_a_notification_for_somebody_else_is_put_aside_with_its_reason(
        self, deployed: Bench, people: People
    ) -> None:
        execution_id = people.execution(people.schedule("1", "private"), {"text": "mine"})
        people.notify("2", execution_id)
        message = deployed.taken_from(NOTIFICATION_DLQ, bool)
        reason = message["MessageAttributes"]["Reason"]["StringValue"]
        assert reason == f"the user does not own execution {execution_id}"


def fire_at(deployed: Bench, schedule_id: int, due: datetime) -> None:
    """Create a schedule by the executor, and move it to a moment, which no cron field names."""
    event = {"action": "create", "scheduledExecutionId": schedule_id}
    succeeded, answer = deployed.invoke("schedule-executor", event)
    assert succeeded, answer
    scheduler = deployed.client("scheduler")
    found = scheduler.get_schedule(Name=answer["scheduleName"], GroupName=GROUP)
    given = ("Name", "GroupName", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})", **{name: found[name] for name in given}
    )


def secret(deployed: Bench) -> str:
    """Return what signs calls of the application, as the application reads it."""
    arn = deployed.variables("schedule-executor")["INTERNAL_API_SECRET_ARN"]
    content = deployed.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return str(json.loads(content)["INTERNAL_API_SECRET"])


def sent_to(deployed: Bench, address: str) -> list[dict[str, Any]]:
    """Return the messages that the emulator's SES took for an address."""
    with urlopen(f"{deployed.endpoint_url}/_ministack/ses/messages") as answer:
        accounts = json.load(answer)["messages"]
    return [mail for mails in accounts.values() for mail in mails if address in mail["To"]]
