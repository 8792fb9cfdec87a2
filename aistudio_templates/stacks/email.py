"""The e-mail stack: notifications, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from troposphere import Ref

from aistudio_templates import names
from aistudio_templates.assets import function_asset
from aistudio_templates.config import EnvironmentConfig, Organization, application_host
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.access import (
    Access,
    combined,
    data_api_access,
    job_status_access,
)
from aistudio_templates.patterns.email_identity import EmailIdentity, Mailing, mailing
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.queue import QueueFacts, subscription
from aistudio_templates.patterns.queue_worker import QueueWorker, Work, queue_worker
from aistudio_templates.patterns.ssm import published_parameters
from aistudio_templates.patterns.topic import Topic
from aistudio_templates.policies.service_grants import send_email
from aistudio_templates.stacks.database import DatabaseOutputs
from aistudio_templates.stacks.processing import ProcessingOutputs

_FEEDBACK_CONCURRENCY = 2
"""The least that an event source takes: each event is one statement or two."""


@dataclass(frozen=True)
class EmailOutputs(Outputs):
    """What other stacks may know of notifications."""

    notification_queue: QueueFacts = exported("String", "Name of the queue of notifications")
    notification_queue_url: Value = exported(
        "String", "URL of the queue of notifications", published=True
    )
    notification_queue_arn: Value = exported("String", "ARN of the queue of notifications")
    notification_dlq: QueueFacts = exported(
        "String", "Name of the dead-letter queue of notifications"
    )
    feedback_queue: QueueFacts = exported("String", "Name of the queue of bounces and complaints")
    feedback_dlq: QueueFacts = exported(
        "String", "Name of the dead-letter queue of bounces and complaints"
    )
    notification_sender: FunctionFacts = exported(
        "String", "Name of the function that sends notifications"
    )
    feedback_processor: FunctionFacts = exported(
        "String", "Name of the function that records bounces and complaints"
    )
    configuration_set_name: Value = exported("String", "SES configuration set", published=True)
    dkim_record_1: Value = exported("String", "First DNS record of DKIM", published=True)
    dkim_record_2: Value = exported("String", "Second DNS record of DKIM", published=True)
    dkim_record_3: Value = exported("String", "Third DNS record of DKIM", published=True)
    mail_from_mx_record: Value = exported(
        "String", "DNS record by which bounces come back", published=True
    )
    mail_from_spf_record: Value = exported(
        "String", "DNS record that lets SES send", published=True
    )


@dataclass(frozen=True)
class _Shared:
    """What both functions have in common."""

    access: Access
    layers: tuple[Value, ...]


def build(
    config: EnvironmentConfig,
    organization: Organization,
    *,
    database: DatabaseOutputs,
    processing: ProcessingOutputs,
) -> StackTemplate[EmailOutputs]:
    """Return the e-mail stack: who sends, the sender, and what hears of bounces.

    Args:
        config: The environment.
        organization: Its domain, and the sender's address.
        database: Where notifications are.
        processing: The layer that functions share, and the table of claims.
    """
    mail = mailing(
        "Email",
        configuration_name=names.physical_name(config.name, "email-config"),
        identity_kind=config.email.identity,
        sender_address=sender_address(config, organization),
    )
    shared = _Shared(
        data_api_access(config, cluster_arn=database.cluster_arn, secret_arn=database.secret_arn),
        (processing.layer_arn,),
    )
    sending = combined(_claims_access(processing), _sending_access(config, organization, mail))
    sender = _notification_sender(config, shared, sending)
    feedback = _feedback_processor(config, shared, mail.events)
    heard = subscription(feedback.queue, mail.events.arn)
    return stack_template(
        f"AI Studio, {config.name}: notifications by e-mail, bounces and complaints",
        resources(mail, sender, feedback, [heard], _published(config, mail, sender)),
        _outputs(mail, sender, feedback),
        assets=(*sender.assets, *feedback.assets),
    )


def sender_address(config: EnvironmentConfig, organization: Organization) -> str:
    """Return what stands in ``From``: the organisation's choice, or a name below its domain."""
    default = f"{config.email.sender_name}@{organization.base_domain}"
    return organization.notification_email or default


def _published(config: EnvironmentConfig, mail: Mailing, sender: QueueWorker) -> Iterator[Any]:
    return published_parameters(
        config.name,
        {
            "notification-queue-url": sender.queue.url,
            "notification-sender-function-arn": sender.function.arn,
            "ses-configuration-set": Ref(mail.configuration),
        },
    )


def _outputs(mail: Mailing, sender: QueueWorker, feedback: QueueWorker) -> EmailOutputs:
    return EmailOutputs(
        notification_queue=sender.queue.facts,
        notification_queue_url=sender.queue.url,
        notification_queue_arn=sender.queue.arn,
        notification_dlq=sender.dlq_facts,
        feedback_queue=feedback.queue.facts,
        feedback_dlq=feedback.dlq_facts,
        notification_sender=sender.function.facts,
        feedback_processor=feedback.function.facts,
        configuration_set_name=Ref(mail.configuration),
        **_dns_outputs(mail.identity),
    )


def _dns_outputs(identity: EmailIdentity) -> dict[str, Value]:
    fields = (
        "dkim_record_1",
        "dkim_record_2",
        "dkim_record_3",
        "mail_from_mx_record",
        "mail_from_spf_record",
    )
    return dict(zip(fields, identity.dns_records, strict=True)) if identity.dns_records else {}


def _claims_access(processing: ProcessingOutputs) -> Access:
    return job_status_access(
        table_name=processing.job_status_table.value, table_arn=processing.job_status_table_arn
    )


def _sending_access(config: EnvironmentConfig, organization: Organization, mail: Mailing) -> Access:
    return Access(
        {
            "APPLICATION_URL": f"https://{application_host(config, organization)}",
            "CONFIGURATION_SET_NAME": Ref(mail.configuration),
            "EMAIL_TIMEZONE": config.database.schedule_timezone,
            "SENDER_ADDRESS": mail.identity.sender_address,
        },
        send_email(
            mail.identity.sender_address,
            identity_arns=mail.identity.arns,
            configuration_set_arn=mail.configuration_arn,
        ),
    )


def _notification_sender(
    config: EnvironmentConfig, shared: _Shared, sending: Access
) -> QueueWorker:
    return queue_worker(
        "NotificationSender",
        config,
        work=Work(
            "NotificationQueue",
            batch_size=5,
            batching_window_seconds=10,
            max_concurrency=config.email.sender_concurrency,
            name=names.physical_name(config.name, "notification-queue"),
            dlq_name=names.physical_name(config.name, "notification-dlq"),
        ),
        code=python_code(function_asset("notification_sender")),
        description="Sends notifications of finished executions",
        size=Size(memory_mib=1024, timeout_seconds=180),
        access=combined(shared.access, sending),
        layers=shared.layers,
    )


def _feedback_processor(config: EnvironmentConfig, shared: _Shared, events: Topic) -> QueueWorker:
    return queue_worker(
        "FeedbackProcessor",
        config,
        work=Work(
            "FeedbackQueue",
            batch_size=10,
            max_concurrency=_FEEDBACK_CONCURRENCY,
            topic_arns=[events.arn],
        ),
        code=python_code(function_asset("feedback_processor")),
        description="Records what became of notifications: delivered, bounced, complained of",
        size=Size(memory_mib=256, timeout_seconds=60),
        access=shared.access,
        layers=shared.layers,
    )
