"""What AWS accepts, as far as configuration has to know it; each with its source."""

from __future__ import annotations

from collections.abc import Mapping

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Retention periods of CloudWatch Logs, in days.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
API_PutRetentionPolicy.html
"""

PERFORMANCE_INSIGHTS_RETENTION_DAYS = (0, 7, *(month * 31 for month in range(1, 24)), 731)
"""Retention of Performance Insights, in days; 0 switches it off, 7 is free.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
"""

FARGATE_MEMORY_MIB: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units of a Fargate task → memory it may have, in MiB.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
task-cpu-memory-error.html
"""

INTERFACE_ENDPOINT_SERVICES = (
    "bedrock-runtime",
    "comprehend",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "events",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "rds",
    "rds-data",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "textract",
    "xray",
)
"""Services of the platform that have an interface endpoint, by their short names.

Source: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""

MAX_ACU = 256
"""Largest capacity of an Aurora Serverless v2 instance, in ACU.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
aurora-serverless-v2.setting-capacity.html
"""

TASK_SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
"""What Fargate needs to start a task of ours: its image, its log and its secrets.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
"""
