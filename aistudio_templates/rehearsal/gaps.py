"""Repairs of single types in the emulator's CloudFormation.

One function a gap, with the symptom observed with ministack 1.5.33; a test for each
fails once the emulator does it by itself. Never bend a template to suit the emulator.
Runs in the child; may use the emulator. Wider repairs have modules of their own:
``nested``, ``attributes``, ``invocation_report``, ``schedules`` and ``mail_events``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from aistudio_templates.rehearsal.invocation_report import report_invocations
from aistudio_templates.rehearsal.mail_events import publish_mail_events
from aistudio_templates.rehearsal.schedules import invoke_as_scheduled

_CLUSTER = "AWS::RDS::DBCluster"
_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a resource type

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]


def close_all() -> None:
    """Apply the repairs of this module and of single services; called once, before serving."""
    accept_metric_math_alarms()
    manage_cluster_passwords()
    refer_to_secrets_by_arn()
    report_invocations()
    invoke_as_scheduled()
    publish_mail_events()


def accept_metric_math_alarms() -> None:
    """Create an alarm on an expression as an alarm on its first metric.

    Observed: ``AWS::CloudWatch::Alarm Properties.Metrics (metric math) is not supported``
    fails the stack.
    """
    record = provisioners._cw_metric_alarm_record

    @functools.wraps(record)
    def accepting(name: str, properties: Properties) -> Any:
        return record(name, _on_first_metric(properties))

    provisioners._cw_metric_alarm_record = accepting


def manage_cluster_passwords() -> None:
    """Give a cluster with ``ManageMasterUserPassword`` its secret.

    Observed: ``Fn::GetAtt`` of ``MasterUserSecret.SecretArn`` fails the stack, for the
    cluster has no secret. RDS's own API does create one there.
    """
    fields, attributes = provisioners._rds_db_cluster_fields, provisioners._rds_db_cluster_attrs
    delete = provisioners._rds_db_cluster_delete

    def fields_with_choice(properties: Properties) -> dict[str, Any]:
        managed = str(properties.get("ManageMasterUserPassword")).lower() == "true"
        return {**fields(properties), "_managed": managed}

    def attributes_with_secret(cluster: dict[str, Any]) -> dict[str, Any]:
        if not cluster.get("_managed"):
            return dict(attributes(cluster))
        secret = cluster.get("MasterUserSecret") or _master_secret(cluster)
        cluster["MasterUserSecret"] = secret
        return {**attributes(cluster), "MasterUserSecret.SecretArn": secret["SecretArn"]}

    def delete_with_secret(physical_id: str, properties: Properties) -> None:
        cluster = provisioners._rds._clusters.get(physical_id) or {}
        delete(physical_id, properties)
        if secret := cluster.get("MasterUserSecret"):
            secretsmanager._secrets.pop(_secret_name(secret["SecretArn"]), None)

    provisioners._rds_db_cluster_fields = fields_with_choice
    provisioners._rds_db_cluster_attrs = attributes_with_secret
    provisioners._rds_db_cluster_delete = delete_with_secret
    provisioners._RESOURCE_HANDLERS[_CLUSTER]["delete"] = delete_with_secret


def refer_to_secrets_by_arn() -> None:
    """Let ``Ref`` of a secret return its ARN.

    Observed: it returns the secret's name, which no policy statement matches.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    """
    handler = provisioners._RESOURCE_HANDLERS[_SECRET]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_with_arn(logical_id: str, properties: Properties, stack_name: str) -> Created:
        _, attributes = create(logical_id, properties, stack_name)
        return attributes["Id"], attributes

    def update_with_arn(arn: str, *arguments: Any) -> Created:
        _, attributes = update(_secret_name(arn), *arguments)
        return attributes["Id"], attributes

    def delete_by_arn(arn: str, properties: Properties) -> None:
        delete(_secret_name(arn), properties)

    handler |= {"create": create_with_arn, "update": update_with_arn, "delete": delete_by_arn}


def _on_first_metric(properties: Properties) -> dict[str, Any]:
    """Return the alarm's properties with its first metric instead of its expression."""
    plain = {key: value for key, value in properties.items() if key != "Metrics"}
    metrics = properties.get("Metrics") or []
    if not metrics:
        return plain
    statistic = next((entry["MetricStat"] for entry in metrics if "MetricStat" in entry), None)
    if statistic is None:
        # A query alone, such as Metrics Insights: nothing to watch, so a metric of no data.
        return {**plain, "Namespace": "Rehearsal", "MetricName": metrics[0]["Id"]}
    return {**plain, **statistic["Metric"], "Period": statistic["Period"]}


def _master_secret(cluster: Mapping[str, Any]) -> dict[str, str]:
    """Create the secret that RDS would, and return the cluster's note of it."""
    content = {"username": cluster["MasterUsername"], "password": cluster["_MasterUserPassword"]}
    arn = secretsmanager.create_secret_in_process(
        f"rds!cluster-{uuid4()}", json.dumps(content), description="Managed by RDS"
    )
    return {"SecretArn": arn, "SecretStatus": "active", "KmsKeyId": "alias/aws/secretsmanager"}


def _secret_name(arn: str) -> str:
    """Return the name under which the emulator keeps the secret, or ``arn`` if it is gone."""
    secrets = secretsmanager._secrets.items()
    return next((name for name, secret in secrets if secret["ARN"] == arn), arn)
