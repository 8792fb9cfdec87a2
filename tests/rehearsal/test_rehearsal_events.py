"""Repairs of what the emulator's services tell each other: schedules, failures, mail.

``TestRepairs`` shows each repair at work; ``TestEmulatorStillLacks`` fails once the
emulator does it by itself, and the repair can go.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from aistudio_templates.rehearsal import Emulator, emulator
from support.patience import until

OWNER = "us-east-1:000000000000"
ROLE = "arn:aws:iam::000000000000:role/x"
CONTEXT = {
    "arn": "<aws.scheduler.schedule-arn>",
    "attempt": "<aws.scheduler.attempt-number>",
    "execution": "<aws.scheduler.execution-id>",
    "time": "<aws.scheduler.scheduled-time>",
}


class Services:
    """The emulator's services."""

    def __init__(self, running: Emulator) -> None:
        self._endpoint_url = running.endpoint_url
        self._session: Any = boto3.Session(*running.credentials, region_name=running.region)
        self.functions = self.client("lambda")
        self.sqs = self.client("sqs")

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url)

    def queue(self, name: str) -> str:
        """Make a queue and return its ARN."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{OWNER}:{name}"

    def function(self, name: str, code: str) -> str:
        """Make a function and return its ARN."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as files:
            files.writestr("index.py", code)
        created = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=ROLE,
            Code={"ZipFile": content.getvalue()},
        )
        return str(created["FunctionArn"])

    def received(self, queue: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for messages, and return their bodies."""
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        bodies: list[dict[str, Any]] = []

        def more() -> int:
            answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                bodies.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(bodies)

        until(more, lambda found: found >= count)
        return bodies


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with emulator() as running:
        made = Services(running)
        made.client("sesv2").create_email_identity(EmailIdentity="school@example.org")
        yield made


class TestRepairs:
    def test_a_scheduled_function_that_fails_is_tried_again_and_its_event_put_aside(
        self, services: Services
    ) -> None:
        services.queue("attempts")
        failures = services.queue("failures")
        code = (
            "import boto3, json\n"
            "def handler(event, context):\n"
            "    sqs = boto3.client('sqs')\n"
            "    url = sqs.get_queue_url(QueueName='attempts')['QueueUrl']\n"
            "    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))\n"
            "    raise ValueError('as always')\n"
        )
        arn = services.function("failing", code)
        services.functions.put_function_event_invoke_config(
            FunctionName="failing",
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": failures}},
        )
        created = services.client("scheduler").create_schedule(
            Name="once",
            ScheduleExpression="at(2026-01-02T03:04:05)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": ROLE, "Input": json.dumps(CONTEXT)},
        )

        (failure,) = services.received("failures")
        assert failure["responsePayload"]["errorMessage"] == "as always"
        event = failure["requestPayload"]
        assert services.received("attempts", 2) == [event, event]
        assert event["time"] == "2026-01-02T03:04:05Z"
        assert event["arn"] == created["ScheduleArn"]
        assert event["attempt"] == "1"
        assert re.fullmatch("[0-9a-f]{16}", event["execution"])

    @pytest.mark.parametrize(
        ("expression", "time"),
        [
            ("at(2026-01-02T03:04:05)", "2026-01-02T03:04:05Z"),
            ("cron(0 3 * * ? *)", "2026-01-02T03:04:00Z"),
            ("rate(1 minute)", "2026-01-02T03:04:07Z"),
        ],
    )
    def test_the_time_is_the_one_it_was_due_at(self, expression: str, time: str) -> None:
        program = (
            "from ministack.services import eventbridge\n"
            "from aistudio_templates.rehearsal.schedules import invoke_as_scheduled\n"
            "eventbridge._invoke_target = lambda target, *rest: print(target['Input'])\n"
            "invoke_as_scheduled()\n"
            "target = {'Arn': 'a', 'Input': '<aws.scheduler.scheduled-time>'}\n"
            f"schedule = {{'GroupName': 'g', 'Arn': 's', 'ScheduleExpression': {expression!r}}}\n"
            "eventbridge._invoke_target(target, {'Time': 1767323047.25}, schedule)\n"
        )
        assert said(program).strip() == time

    def test_the_input_of_a_rule_of_eventbridge_stays_as_it_is(self, services: Services) -> None:
        arn = services.queue("from-a-rule")
        events = services.client("events")
        events.put_rule(Name="rule", EventPattern=json.dumps({"source": ["school"]}))
        target = {"Id": "1", "Arn": arn, "Input": json.dumps(CONTEXT)}
        events.put_targets(Rule="rule", Targets=[target])
        events.put_events(Entries=[{"Source": "school", "DetailType": "bell", "Detail": "{}"}])
        assert services.received("from-a-rule") == [CONTEXT]

    @pytest.mark.parametrize(
        ("name", "recipient", "kinds"),
        [
            ("plain", "pupil@example.org", ["Delivery"]),
            ("named", "Pupil <pupil@example.org>", ["Delivery"]),
            ("bounces", "bounce@simulator.amazonses.com", ["Bounce"]),
            ("tagged", "complaint+1@simulator.amazonses.com", ["Delivery", "Complaint"]),
        ],
    )
    def test_a_topic_hears_what_becomes_of_mail(
        self, services: Services, name: str, recipient: str, kinds: list[str]
    ) -> None:
        topic_arn = heard_set(services, name, "BOUNCE", "COMPLAINT", "DELIVERY")
        message_id = sent(
            services,
            recipient,
            ConfigurationSetName=name,
            EmailTags=[{"Name": "notification_id", "Value": "7"}],
        )
        envelopes = services.received(name, len(kinds))
        assert {envelope["TopicArn"] for envelope in envelopes} == {topic_arn}
        told = [json.loads(envelope["Message"]) for envelope in envelopes]
        assert [event["eventType"] for event in told] == kinds
        for event in told:
            assert event["mail"]["messageId"] == message_id
            assert event["mail"]["destination"] == [recipient.partition("<")[2][:-1] or recipient]
            assert event["mail"]["tags"]["notification_id"] == ["7"]
            assert event["mail"]["tags"]["ses:configuration-set"] == [name]
            assert event["eventType"].lower() in event

    def test_a_topic_hears_nothing_that_it_did_not_ask_for(self, services: Services) -> None:
        heard_set(services, "complaints", "COMPLAINT")
        complainer = "complaint@simulator.amazonses.com"
        sent(services, "pupil@example.org", ConfigurationSetName="complaints")
        sent(services, complainer)
        sent(services, complainer, ConfigurationSetName="complaints")
        (envelope,) = services.received("complaints")
        event = json.loads(envelope["Message"])
        assert event["eventType"] == "Complaint"
        assert event["mail"]["tags"] == {"ses:configuration-set": ["complaints"]}

    def test_functions_cannot_leave_the_machine_past_a_proxy_either(
        self, services: Services
    ) -> None:
        code = (
            "import http.client\n"
            "def handler(event, context):\n"
            "    connection = http.client.HTTPSConnection(event['host'], timeout=5)\n"
            "    try: connection.connect()\n"
            "    except OSError as error: return str(error)\n"
            "    return 'left'\n"
        )
        services.function("leaving", code)
        for host in ("192.0.2.1", "dev.example.com"):
            answer = services.functions.invoke(
                FunctionName="leaving", Payload=json.dumps({"host": host})
            )
            assert "a rehearsal stays on this machine" in answer["Payload"].read().decode()


class TestEmulatorStillLacks:
    """Says that a repair can go, by asking the emulator without it."""

    def test_context_attributes(self) -> None:
        program = (
            "from ministack.services import eventbridge, scheduler\n"
            "eventbridge._dispatch_to_lambda = lambda arn, payload: print(payload)\n"
            "target = {'Arn': 'arn:aws:lambda:us-east-1:000000000000:function:f',\n"
            "    'RoleArn': 'r', 'Input': '<aws.scheduler.scheduled-time>'}\n"
            "scheduler._create_schedule('s', {'Target': target,\n"
            "    'ScheduleExpression': 'at(2026-01-02T03:04:05)',\n"
            "    'FlexibleTimeWindow': {'Mode': 'OFF'}})\n"
            "scheduler._tick_schedules()\n"
        )
        assert said(program).strip() == "<aws.scheduler.scheduled-time>"

    def test_retries_of_scheduled_functions(self) -> None:
        program = (
            "import threading\n"
            "from ministack.services import eventbridge, lambda_svc\n"
            "lambda_svc._get_func_record_for_ref = lambda arn: ({'a': 1}, {'b': 2}, 'f')\n"
            "lambda_svc._execute_function_with_config_scope = lambda *rest: print('once')\n"
            "lambda_svc.invoke_async_with_retry = lambda *rest: print('time and again')\n"
            "eventbridge._dispatch_to_lambda('arn', '{}')\n"
            "for thread in threading.enumerate()[1:]: thread.join(5)\n"
        )
        assert said(program).strip() == "once"

    def test_events_of_mail(self) -> None:
        program = (
            "import asyncio, json\n"
            "from ministack.services import ses_v2, sns\n"
            "sns.publish_internal = lambda *rest, **more: print('published')\n"
            "ses_v2._identities['a@b.c'] = {'VerifiedForSendingStatus': True}\n"
            "ses_v2._config_sets['set'] = {'EventDestinations': {'d': {'Enabled': True,\n"
            "    'MatchingEventTypes': ['DELIVERY'], 'SnsDestination': {'TopicArn': 't'}}}}\n"
            "body = {'FromEmailAddress': 'a@b.c', 'Destination': {'ToAddresses': ['d@e.f']},\n"
            "    'ConfigurationSetName': 'set',\n"
            "    'Content': {'Simple': {'Subject': {'Data': 'x'}, 'Body': {}}}}\n"
            "answer = ses_v2.handle_request('POST', '/v2/email/outbound-emails', {},\n"
            "    json.dumps(body).encode(), {})\n"
            "print(asyncio.run(answer)[0])\n"
        )
        assert said(program).split() == ["200"]


def said(program: str) -> str:
    """Return what a Python program prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def heard_set(services: Services, name: str, *types: str) -> str:
    """Make a configuration set; return the ARN of the topic that hears of its messages.

    Args:
        services: The emulator's.
        name: Of set, topic, and the queue that hears what the topic does.
        *types: What the topic hears of.
    """
    ses, sns = services.client("sesv2"), services.client("sns")
    topic_arn = str(sns.create_topic(Name=name)["TopicArn"])
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="feedback",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": list(types),
            "SnsDestination": {"TopicArn": topic_arn},
        },
    )
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=services.queue(name))
    return topic_arn


def sent(services: Services, recipient: str, **more: Any) -> str:
    """Send a message, and return SES's id of it."""
    answer = services.client("sesv2").send_email(
        FromEmailAddress="school@example.org",
        Destination={"ToAddresses": [recipient]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "y"}}}},
        **more,
    )
    return str(answer["MessageId"])
