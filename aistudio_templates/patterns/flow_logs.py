"""VPC flow logs: all traffic to S3, or rejected traffic to CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from awacs import logs
from awacs.aws import Allow, PolicyDocument, Statement
from troposphere import AccountId, GetAtt, Ref, Sub, Tags, ec2, iam

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.bucket import expiration, private_bucket
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.policies.trust import service_trust

_SERVICE = "vpc-flow-logs.amazonaws.com"
_DELIVERY_SERVICE = "delivery.logs.amazonaws.com"
_LOG_ARN = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*"
_FLOW_LOG_ARN = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*"
_AGGREGATION_SECONDS = 600
"""The longer of the two intervals EC2 offers: fewer, larger records cost less."""


@dataclass(frozen=True)
class FlowLogs(Handle):
    """A flow log with its destination and what lets it write there."""

    flow_log: Any
    destination: Any
    role: Any | None


def flow_logs(config: EnvironmentConfig, *, vpc_id: Value) -> FlowLogs | None:
    """Return the flow log that ``config.network.flow_logs`` asks for.

    ``all`` goes to a bucket, which is cheaper for volume; ``reject`` goes to a log
    group, where refused connections can be searched at once; ``none`` is ``None``.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
    """
    match config.network.flow_logs:
        case "all":
            return _to_bucket(config, vpc_id)
        case "reject":
            return _to_log_group(config, vpc_id)
        case _:
            return None


def _to_bucket(config: EnvironmentConfig, vpc_id: Value) -> FlowLogs:
    bucket = private_bucket(
        "FlowLogBucket",
        lifecycle_rules=[expiration(config.network.flow_log_retention_days)],
        access_logs=None,
        versioned=False,
        statements=_delivery_statements("FlowLogBucket"),
    )
    flow_log = _flow_log(
        config,
        vpc_id,
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=bucket.arn,
        # EC2 adds its own policy to a bucket whose policy does not let it write yet.
        DependsOn=bucket.policy.title,
    )
    return FlowLogs(flow_log, bucket, None)


def _to_log_group(config: EnvironmentConfig, vpc_id: Value) -> FlowLogs:
    group = log_group("FlowLogGroup", retention_days=config.network.flow_log_retention_days)
    role = iam.Role(
        "FlowLogRole",
        AssumeRolePolicyDocument=service_trust(_SERVICE, source_arn=Sub(_FLOW_LOG_ARN)),
        Policies=[
            iam.Policy(
                PolicyName="WriteFlowLog",
                PolicyDocument=PolicyDocument(
                    Version="2012-10-17",
                    Statement=[
                        Statement(
                            Effect=Allow,
                            Action=[
                                logs.CreateLogStream,
                                logs.DescribeLogStreams,
                                logs.PutLogEvents,
                            ],
                            Resource=[GetAtt(group, "Arn")],
                        )
                    ],
                ),
            )
        ],
    )
    flow_log = _flow_log(
        config,
        vpc_id,
        TrafficType="REJECT",
        LogDestinationType="cloud-watch-logs",
        LogGroupName=Ref(group),
        DeliverLogsPermissionArn=GetAtt(role, "Arn"),
    )
    return FlowLogs(flow_log, group, role)


def _flow_log(config: EnvironmentConfig, vpc_id: Value, **destination: Any) -> Any:
    return ec2.FlowLog(
        "FlowLog",
        ResourceId=vpc_id,
        ResourceType="VPC",
        MaxAggregationInterval=_AGGREGATION_SECONDS,
        Tags=Tags(Name=names.physical_name(config.name, "flow-log")),
        **destination,
    )


def _delivery_statements(title: str) -> list[dict[str, Any]]:
    origin = {
        "StringEquals": {"aws:SourceAccount": AccountId},
        "ArnLike": {"aws:SourceArn": Sub(_LOG_ARN)},
    }
    return [
        {
            "Sid": "FlowLogDelivery",
            "Effect": "Allow",
            "Principal": {"Service": _DELIVERY_SERVICE},
            "Action": "s3:PutObject",
            "Resource": Sub(f"${{{title}.Arn}}/AWSLogs/${{AWS::AccountId}}/*"),
            "Condition": origin,
        },
        {
            "Sid": "FlowLogDeliveryCheck",
            "Effect": "Allow",
            "Principal": {"Service": _DELIVERY_SERVICE},
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": GetAtt(title, "Arn"),
            "Condition": origin,
        },
    ]
