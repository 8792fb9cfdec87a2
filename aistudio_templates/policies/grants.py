"""Grants: what a role may do, as verbs that return IAM statements.

Each names exact ARNs; a role without grants may do nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awacs import logs, rds, rds_data, secretsmanager, sqs, xray
from awacs.aws import Allow, PolicyDocument, Statement
from troposphere import GetAtt, Sub

from aistudio_templates.model import Value


def _allow(actions: Sequence[Any], *resources: Value) -> Statement:
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources))


def policy(statements: Sequence[Statement]) -> PolicyDocument:
    """Return a policy document of ``statements``."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def write_logs(log_group: Any) -> tuple[Statement, ...]:
    """Let a function write its own log group's streams."""
    return (_allow([logs.CreateLogStream, logs.PutLogEvents], GetAtt(log_group, "Arn")),)


def send_traces() -> tuple[Statement, ...]:
    """Let a function send X-Ray segments.

    X-Ray has no resource to name.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    """
    return (_allow([xray.PutTraceSegments, xray.PutTelemetryRecords], "*"),)


def use_data_api(*, cluster_arn: Value, secret_arn: Value) -> tuple[Statement, ...]:
    """Let a function run SQL on one cluster through the Data API, with one secret.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html
    """
    return (
        _allow(
            [
                rds_data.BatchExecuteStatement,
                rds_data.BeginTransaction,
                rds_data.CommitTransaction,
                rds_data.ExecuteStatement,
                rds_data.RollbackTransaction,
            ],
            cluster_arn,
        ),
        read_secret(secret_arn),
    )


def read_secret(secret_arn: Value) -> Statement:
    """Let a role read one secret's value."""
    return _allow([secretsmanager.DescribeSecret, secretsmanager.GetSecretValue], secret_arn)


def modify_cluster(cluster_arn: Value) -> tuple[Statement, ...]:
    """Let a role change the capacity of one Aurora cluster."""
    return (_allow([rds.ModifyDBCluster], cluster_arn),)


def send_messages(queue_arn: Value) -> tuple[Statement, ...]:
    """Let a role send to one queue."""
    return (_allow([sqs.SendMessage], queue_arn),)


def resource_arn(service: str, resource: str) -> Value:
    """Return an ARN in this partition, account and region.

    Args:
        service: Such as ``rds``.
        resource: Such as ``cluster:${Cluster}``; ``Fn::Sub`` resolves its names.
    """
    return Sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
