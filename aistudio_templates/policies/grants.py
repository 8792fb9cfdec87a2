"""Grants: what a role may do, as verbs that return IAM statements.

Each names exact ARNs; a role without grants may do nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awacs import (
    awslambda,
    dynamodb,
    ec2,
    iam,
    logs,
    rds,
    rds_data,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
    xray,
)
from awacs.aws import PolicyDocument, Statement
from troposphere import GetAtt, Sub, encode_to_dict

from aistudio_templates.model import Value
from aistudio_templates.policies.statements import allow as _allow
from aistudio_templates.policies.statements import allow_if

INSIGHTS_LOG_GROUP = "/aws/lambda-insights"
"""Log group of Lambda Insights: one for all functions of an account and region."""


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


def read_named_secret(name: str) -> Statement:
    """Let a role read the value of a secret of which only the name is known.

    Six characters follow the name in its ARN, which Secrets Manager makes up.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/
    auth-and-access_iam-policies.html
    """
    arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
    return read_secret(Sub(f"{arn}:secret:${{SecretName}}-??????", SecretName=name))


def modify_cluster(cluster_arn: Value) -> tuple[Statement, ...]:
    """Let a role change the capacity of one Aurora cluster."""
    return (_allow([rds.ModifyDBCluster], cluster_arn),)


def send_messages(*queue_arns: Value) -> tuple[Statement, ...]:
    """Let a role send to some queues."""
    return (_allow([sqs.SendMessage], *queue_arns),)


def consume_messages(*queue_arns: Value) -> tuple[Statement, ...]:
    """Let a function be fed from some queues.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    actions = [
        sqs.ChangeMessageVisibility,
        sqs.DeleteMessage,
        sqs.GetQueueAttributes,
        sqs.ReceiveMessage,
    ]
    return (_allow(actions, *queue_arns),)


def read_objects(bucket_arn: Value, *, prefix: str = "") -> tuple[Statement, ...]:
    """Let a role read a bucket's objects, and learn that one is missing.

    Args:
        bucket_arn: The bucket.
        prefix: Only keys below it.
    """
    return (
        _allow([s3.GetObject], below(bucket_arn, f"/{prefix}*")),
        # Without it, a missing object is reported as forbidden.
        _allow([s3.ListBucket], bucket_arn),
    )


def write_objects(bucket_arn: Value, *, prefix: str = "") -> tuple[Statement, ...]:
    """Let a role write a bucket's objects below a prefix."""
    return (_allow([s3.PutObject, s3.AbortMultipartUpload], below(bucket_arn, f"/{prefix}*")),)


def delete_objects(bucket_arn: Value, *, prefix: str = "") -> tuple[Statement, ...]:
    """Let a role delete a bucket's objects below a prefix; versions stay."""
    return (_allow([s3.DeleteObject], below(bucket_arn, f"/{prefix}*")),)


def read_table(table_arn: Value) -> tuple[Statement, ...]:
    """Let a role read a table's items by key and by index; never scan it."""
    actions = [dynamodb.BatchGetItem, dynamodb.GetItem, dynamodb.Query]
    return (_allow(actions, table_arn, below(table_arn, "/index/*")),)


def write_table(table_arn: Value) -> tuple[Statement, ...]:
    """Let a role write a table's items."""
    return (_allow([dynamodb.PutItem, dynamodb.UpdateItem], table_arn),)


def invoke_functions(*function_arns: Value) -> tuple[Statement, ...]:
    """Let a role invoke some functions."""
    return (_allow([awslambda.InvokeFunction], *function_arns),)


def read_parameters(*parameter_arns: Value) -> tuple[Statement, ...]:
    """Let a role read some parameters of Parameter Store."""
    return (_allow([ssm.GetParameter, ssm.GetParameters], *parameter_arns),)


def join_vpc() -> tuple[Statement, ...]:
    """Let a function have network interfaces in a VPC."""
    actions = [
        ec2.AssignPrivateIpAddresses,
        ec2.CreateNetworkInterface,
        ec2.DeleteNetworkInterface,
        ec2.DescribeNetworkInterfaces,
        ec2.DescribeSubnets,
        ec2.UnassignPrivateIpAddresses,
    ]
    return (_allow(actions, "*"),)


def send_insights() -> tuple[Statement, ...]:
    """Let the extension of Lambda Insights write its log.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    Lambda-Insights-Getting-Started-cli.html
    """
    actions = [logs.CreateLogGroup, logs.CreateLogStream, logs.PutLogEvents]
    return (_allow(actions, resource_arn("logs", f"log-group:{INSIGHTS_LOG_GROUP}:*")),)


def publish_messages(topic_arn: Value) -> tuple[Statement, ...]:
    """Let a role publish to one topic."""
    return (_allow([sns.Publish], topic_arn),)


def pass_role(role_arn: Value, service: str) -> tuple[Statement, ...]:
    """Let a role hand one role to one AWS service.

    Args:
        role_arn: What is handed over.
        service: Such as ``textract.amazonaws.com``.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    return (allow_if("iam:PassedToService", service, [iam.PassRole], role_arn),)


def below(arn: Value, suffix: str) -> Value:
    """Return the ARN of what is below a resource: objects, indexes, streams.

    Args:
        arn: A ``Ref`` or ``GetAtt``, or text.
        suffix: Such as ``/*``.
    """
    if isinstance(arn, str):
        return arn + suffix
    ((function, name),) = encode_to_dict(arn).items()
    if function == "Ref":
        return Sub(f"${{{name}}}{suffix}")
    if function == "Fn::GetAtt":
        return Sub(f"${{{'.'.join(name)}}}{suffix}")
    return Sub(f"${{Arn}}{suffix}", Arn=arn)


def resource_arn(service: str, resource: str) -> Value:
    """Return an ARN in this partition, account and region.

    Args:
        service: Such as ``rds``.
        resource: Such as ``cluster:${Cluster}``; ``Fn::Sub`` resolves its names.
    """
    return Sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
