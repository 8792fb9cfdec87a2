"""DynamoDB tables of jobs: one item a job, with a time to live and indexes to find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, dynamodb

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Described, Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.properties import present

TIME_TO_LIVE = "ttl"
"""Attribute with the time, in epoch seconds, after which an item is removed."""


@dataclass(frozen=True)
class TableFacts(Described):
    """A table's name, and its logical id for alarms and dashboards."""

    title: str


@dataclass(frozen=True)
class Index:
    """A way to find jobs: by one attribute, newest last.

    Attributes:
        name: Such as ``UserIdIndex``.
        partition_key: Attribute of type string.
        sort_key: Attribute of type number.
    """

    name: str
    partition_key: str
    sort_key: str = "timestamp"


@dataclass(frozen=True)
class JobTable(Handle):
    """The table, and its name with what monitoring needs to know."""

    table: Any
    facts: TableFacts

    @property
    def name(self) -> Value:
        """The table's name."""
        return Ref(self.table)

    @property
    def arn(self) -> Value:
        """The table's ARN."""
        return GetAtt(self.table, "Arn")


def job_table(
    title: str,
    config: EnvironmentConfig,
    *,
    partition_key: str,
    sort_key: str | None = None,
    indexes: Sequence[Index] = (),
    name: str | None = None,
) -> JobTable:
    """Return an encrypted on-demand table with point-in-time recovery, kept on deletion.

    Args:
        title: Logical id.
        config: Whether deletion is refused.
        partition_key: Attribute of type string.
        sort_key: Attribute of type number. Default: none, one item a partition key.
        indexes: Global secondary indexes; each projects all attributes.
        name: Physical name, where something outside knows it.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/
    best-practices.html
    """
    table = dynamodb.Table(
        title,
        AttributeDefinitions=_attributes(partition_key, sort_key, indexes),
        KeySchema=_key(partition_key, sort_key),
        BillingMode="PAY_PER_REQUEST",
        SSESpecification=dynamodb.SSESpecification(SSEEnabled=True),
        PointInTimeRecoverySpecification=_point_in_time_recovery(),
        TimeToLiveSpecification=_time_to_live(),
        DeletionProtectionEnabled=config.deploy.termination_protection,
        DeletionPolicy=_deletion_policy(config, name),
        UpdateReplacePolicy="Retain",
        **present(
            TableName=name,
            GlobalSecondaryIndexes=[_index(index) for index in indexes] or None,
        ),
    )
    return JobTable(table, TableFacts(Ref(table), title))


def _attributes(partition_key: str, sort_key: str | None, indexes: Sequence[Index]) -> list[Any]:
    """Return the attributes that are keys, each once, as DynamoDB wants them."""
    types = {partition_key: "S"}
    if sort_key:
        types[sort_key] = "N"
    for index in indexes:
        types |= {index.partition_key: "S", index.sort_key: "N"}
    return [
        dynamodb.AttributeDefinition(AttributeName=attribute, AttributeType=kind)
        for attribute, kind in sorted(types.items())
    ]


def _point_in_time_recovery() -> Any:
    return dynamodb.PointInTimeRecoverySpecification(PointInTimeRecoveryEnabled=True)


def _time_to_live() -> Any:
    return dynamodb.TimeToLiveSpecification(AttributeName=TIME_TO_LIVE, Enabled=True)


def _deletion_policy(config: EnvironmentConfig, name: str | None) -> str:
    """Return what becomes of a table whose stack goes: it stays.

    A named one that a failed creation left behind would be in the way of the next attempt, so
    there it goes, unless it is protected: that would only make the rollback fail too.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
    aws-attribute-deletionpolicy.html
    """
    stays = name is None or config.deploy.termination_protection
    return "Retain" if stays else "RetainExceptOnCreate"


def _key(partition_key: str, sort_key: str | None) -> list[Any]:
    keys = [dynamodb.KeySchema(AttributeName=partition_key, KeyType="HASH")]
    if sort_key:
        keys.append(dynamodb.KeySchema(AttributeName=sort_key, KeyType="RANGE"))
    return keys


def _index(index: Index) -> Any:
    return dynamodb.GlobalSecondaryIndex(
        IndexName=index.name,
        KeySchema=_key(index.partition_key, index.sort_key),
        Projection=dynamodb.Projection(ProjectionType="ALL"),
    )
