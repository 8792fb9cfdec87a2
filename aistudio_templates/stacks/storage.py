"""The storage stack: documents, knowledge repositories, and their access logs."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Sub

from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.config.hosts import application_origins
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.bucket import (
    Bucket,
    expiration,
    intelligent_tiering,
    log_delivery_statement,
    private_bucket,
    retained_versions,
)
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.load_balancer import access_log_statement
from aistudio_templates.patterns.ssm import published_parameters


@dataclass(frozen=True)
class StorageOutputs(Outputs):
    """What other stacks may know of the buckets."""

    documents_bucket_name: Value = exported(
        "String", "Bucket of uploaded documents", published=True
    )
    documents_bucket_arn: Value = exported(
        "String", "ARN of the bucket of uploaded documents", published=True
    )
    repositories_bucket_name: Value = exported(
        "String", "Bucket of knowledge repositories", published=True
    )
    repositories_bucket_arn: Value = exported(
        "String", "ARN of the bucket of knowledge repositories", published=True
    )
    access_logs_bucket_name: Value = exported("String", "Bucket of access logs", published=True)


def build(config: EnvironmentConfig, organization: Organization) -> StackTemplate[StorageOutputs]:
    """Return the storage stack: three buckets, none of which any stack deletes."""
    logs = _access_logs(config)
    documents = _content("DocumentsBucket", config, organization, logs)
    repositories = _content("RepositoriesBucket", config, organization, logs)
    published = published_parameters(
        config.name,
        {
            "documents-bucket-name": documents.name,
            "repositories-bucket-name": repositories.name,
        },
    )
    outputs = StorageOutputs(
        documents_bucket_name=documents.name,
        documents_bucket_arn=documents.arn,
        repositories_bucket_name=repositories.name,
        repositories_bucket_arn=repositories.arn,
        access_logs_bucket_name=logs.name,
    )
    return stack_template(
        f"AI Studio, {config.name}: document and repository buckets with their access logs",
        resources(logs, documents, repositories, published),
        outputs,
    )


def _access_logs(config: EnvironmentConfig) -> Bucket:
    # The ARN pattern stands for the buckets themselves: naming them here would make
    # this policy and their logging configuration wait for each other.
    buckets = Sub("arn:${AWS::Partition}:s3:::*")
    on_ecs = config.frontend.hosting == "ecs"
    balancers = [access_log_statement("AccessLogsBucket")] if on_ecs else []
    return private_bucket(
        "AccessLogsBucket",
        lifecycle_rules=[expiration(config.storage.access_log_retention_days)],
        access_logs=None,
        versioned=False,
        statements=[
            log_delivery_statement("AccessLogsBucket", "logging.s3.amazonaws.com", buckets),
            *balancers,
        ],
    )


def _content(
    title: str, config: EnvironmentConfig, organization: Organization, logs: Bucket
) -> Bucket:
    return private_bucket(
        title,
        lifecycle_rules=[
            intelligent_tiering(config.storage.intelligent_tiering_after_days),
            *retained_versions(config.storage.noncurrent_version_retention_days),
        ],
        access_logs=(logs.name, f"{title}/"),
        allowed_origins=application_origins(config, organization),
        event_notifications=True,
    )
