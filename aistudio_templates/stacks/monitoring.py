"""The monitoring stack: alarms, dashboards, budget, and how long logs are kept.

It comes last: everything that it watches, it knows by other stacks' typed outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from troposphere import GetAtt, Sub, sns

from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.model import (
    Outputs,
    StackTemplate,
    Value,
    described,
    exported,
    stack_template,
)
from aistudio_templates.patterns.alarm import MetricAlarm, Threshold, alarm, any_alarm
from aistudio_templates.patterns.application_monitoring import (
    amplify_traffic,
    load_balancer_traffic,
    traffic_alarms,
)
from aistudio_templates.patterns.aurora import ClusterReference
from aistudio_templates.patterns.aurora_alarms import aurora_alarms, capacity_schedule_alarm
from aistudio_templates.patterns.budget import cost_anomalies, monthly_budget
from aistudio_templates.patterns.dashboard import text_of
from aistudio_templates.patterns.function_alarms import function_alarms, queue_alarm
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.handle import Handle, resources
from aistudio_templates.patterns.job_table import TableFacts
from aistudio_templates.patterns.kms_key import service_key
from aistudio_templates.patterns.lambda_cost_dashboard import lambda_cost_dashboard
from aistudio_templates.patterns.log_retention import LogRetention, log_retention
from aistudio_templates.patterns.platform_dashboard import PlatformMetrics, platform_dashboard
from aistudio_templates.patterns.queue import QueueFacts
from aistudio_templates.patterns.service_alarms import service_alarms
from aistudio_templates.patterns.streaming import streaming_alarms
from aistudio_templates.patterns.topic import Publisher, Topic, topic
from aistudio_templates.policies.grants import INSIGHTS_LOG_GROUP, resource_arn
from aistudio_templates.stacks.database import DatabaseOutputs
from aistudio_templates.stacks.frontend import FrontendOutputs
from aistudio_templates.stacks.platform import Platform

_BOUNCE_RATE = 0.05
"""Share of bounces from which SES reviews an account.

Source: https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
"""

_COMPLAINT_RATE = 0.001
"""The same for complaints."""


@dataclass(frozen=True)
class MonitoringOutputs(Outputs):
    """What other stacks may know of monitoring."""

    alarm_topic_arn: Value = exported("String", "Topic that alarms notify", published=True)


@dataclass(frozen=True)
class _Watched:
    """The stacks that are watched."""

    platform: Platform
    frontend: FrontendOutputs

    @property
    def all(self) -> tuple[Outputs, ...]:
        """Each stack's outputs, in order."""
        platform = self.platform
        return (*(getattr(platform, field.name) for field in fields(platform)), self.frontend)


@dataclass(frozen=True)
class _Notified(Handle):
    """The topic of alarms and costs with its key, and who hears of them."""

    key: Any
    topic: Topic
    subscriptions: tuple[Any, ...]


@dataclass(frozen=True)
class _Alarms(Handle):
    """Alarms, and one that sums up each part of the platform."""

    parts: tuple[Any, ...]
    areas: tuple[Any, ...]


def build(
    config: EnvironmentConfig,
    organization: Organization,
    *,
    platform: Platform,
    frontend: FrontendOutputs,
) -> StackTemplate[MonitoringOutputs]:
    """Return the monitoring stack of ``config``.

    Args:
        config: Whether there are alarms and dashboards, and the budget.
        organization: Whom alarms notify.
        platform: The stacks that the application works with.
        frontend: The application itself.

    Raises:
        ConfigError: The price book has no prices of the region.
    """
    watched = _Watched(platform, frontend)
    notified = _alarm_topic(organization)
    topic_arn = notified.topic.arn
    alarms = _alarms(config, watched, topic_arn) if config.monitoring.alarms_enabled else None
    return stack_template(
        f"AI Studio, {config.name}: alarms, dashboards, budget and log retention",
        resources(
            notified,
            alarms,
            [monthly_budget(config, topic=notified.topic)],
            cost_anomalies(config, topic=notified.topic),
            _dashboards(config, watched, alarms),
            _retention(config, watched),
        ),
        MonitoringOutputs(alarm_topic_arn=topic_arn),
    )


def _alarm_topic(organization: Organization) -> _Notified:
    services = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"]
    key = service_key("AlarmTopicKey", "Notifications of alarms and costs", services=services)
    alarm_arns = resource_arn("cloudwatch", "alarm:*")
    notified = topic(
        "AlarmTopic",
        publishers=[Publisher(services[0], alarm_arns), *map(Publisher, services[1:])],
        kms_key_id=GetAtt(key, "Arn"),
    )
    subscriptions = []
    if organization.alert_email:
        subscriptions.append(
            sns.SubscriptionResource(
                "AlarmTopicEmail",
                TopicArn=notified.arn,
                Protocol="email",
                Endpoint=organization.alert_email,
            )
        )
    return _Notified(key, notified, tuple(subscriptions))


def _alarms(config: EnvironmentConfig, watched: _Watched, topic_arn: Value) -> _Alarms:
    areas = {
        "Application": [
            *_application_alarms(config, watched.frontend, topic_arn),
            *streaming_alarms(config, topic_arn=topic_arn),
        ],
        "Database": [
            *_database_alarms(config, watched.platform.database, topic_arn),
            *_work_alarms(topic_arn, watched.platform.database),
        ],
        "SignIn": _work_alarms(topic_arn, watched.platform.auth),
        "Processing": _work_alarms(topic_arn, watched.platform.processing),
        "Documents": _work_alarms(topic_arn, watched.platform.documents),
        "Scheduler": _work_alarms(topic_arn, watched.platform.scheduler),
        "Email": [*_reputation_alarms(topic_arn), *_work_alarms(topic_arn, watched.platform.email)],
    }
    return _Alarms(
        parts=tuple(part for area in areas.values() for part in area),
        areas=tuple(
            any_alarm(f"{area}HealthAlarm", f"{area}, {config.name}: any of its alarms", parts)
            for area, parts in areas.items()
        ),
    )


def _work_alarms(topic_arn: Value, outputs: Outputs) -> list[Any]:
    """Return the alarms on a stack's functions and queues."""
    functions = described(FunctionFacts, outputs)
    queues = described(QueueFacts, outputs)
    return [
        *(part for f in functions for part in function_alarms(f, topic_arn=topic_arn)),
        *(queue_alarm(queue, topic_arn=topic_arn) for queue in queues),
    ]


def _application_alarms(
    config: EnvironmentConfig, frontend: FrontendOutputs, topic_arn: Value
) -> list[Any]:
    if frontend.amplify_app_id is not None:
        return list(traffic_alarms(amplify_traffic(frontend.amplify_app_id), topic_arn=topic_arn))
    traffic = load_balancer_traffic(frontend.load_balancer_name)
    return [
        *traffic_alarms(traffic, topic_arn=topic_arn),
        *service_alarms(
            cluster_name=frontend.ecs_cluster_name,
            service_name=frontend.ecs_service_name,
            load_balancer_name=frontend.load_balancer_name,
            target_group_name=frontend.target_group_name,
            running=config.frontend.image is not None,
            topic_arn=topic_arn,
        ),
    ]


def _database_alarms(
    config: EnvironmentConfig, database: DatabaseOutputs, topic_arn: Value
) -> list[Any]:
    cluster = ClusterReference(
        identifier=database.cluster_identifier,
        arn=database.cluster_arn,
        readers=config.database.readers,
    )
    alarms = list(aurora_alarms(cluster, topic_arn=topic_arn))
    if database.capacity_schedule_group is not None:
        alarms.append(
            capacity_schedule_alarm(database.capacity_schedule_group, topic_arn=topic_arn)
        )
    return alarms


def _reputation_alarms(topic_arn: Value) -> list[Any]:
    # SES reviews and pauses whole accounts, so the account's own rates are what counts.
    rates = (
        ("Bounce", "BounceRate", _BOUNCE_RATE, "addresses are wrong or gone"),
        ("Complaint", "ComplaintRate", _COMPLAINT_RATE, "people mark our messages as spam"),
    )
    return [
        alarm(
            MetricAlarm(
                f"{title}RateAlarm",
                f"SES may stop sending for this account: {meaning}.",
                ("AWS/SES", f"Reputation.{metric}"),
                Threshold(rate, period_seconds=3600, evaluation_periods=1),
            ),
            dimensions={},
            topic_arn=topic_arn,
        )
        for title, metric, rate, meaning in rates
    ]


def _dashboards(config: EnvironmentConfig, watched: _Watched, alarms: _Alarms | None) -> list[Any]:
    if not config.monitoring.dashboards_enabled:
        return []
    functions = _named(described(FunctionFacts, *watched.all))
    frontend = watched.frontend
    metrics = PlatformMetrics(
        amplify_app_id=_text(frontend.amplify_app_id),
        load_balancer_name=_text(frontend.load_balancer_name),
        application_log_group=text_of(frontend.application_log_group),
        cluster_identifier=text_of(watched.platform.database.cluster_identifier),
        functions=functions,
        queues=_named(described(QueueFacts, *watched.all)),
        tables=_named(described(TableFacts, *watched.all)),
        areas=tuple(f"${{{area.title}.Arn}}" for area in alarms.areas) if alarms else (),
        parts=tuple(f"${{{part.title}.Arn}}" for part in alarms.parts) if alarms else (),
    )
    return [lambda_cost_dashboard(config, functions), platform_dashboard(config, metrics)]


def _text(value: Value) -> str | None:
    return None if value is None else text_of(value)


def _retention(config: EnvironmentConfig, watched: _Watched) -> LogRetention | None:
    groups: dict[str, Value] = {}
    if config.monitoring.lambda_insights_layer_arn:
        groups["LambdaInsights"] = INSIGHTS_LOG_GROUP
    cluster = watched.frontend.ecs_cluster_name
    if cluster is not None and config.monitoring.detailed_metrics:
        groups["ContainerInsights"] = Sub(
            "/aws/ecs/containerinsights/${Cluster}/performance", Cluster=cluster
        )
    return log_retention(config, groups)


def _named(facts: Sequence[Any]) -> tuple[Any, ...]:
    return tuple((each, text_of(each.value)) for each in facts)
