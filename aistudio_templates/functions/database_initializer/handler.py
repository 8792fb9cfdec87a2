"""The custom resource that keeps the database's schema up to date.

It runs on create and whenever the digest of the migrations changes; a failure fails the
deploy. It never touches data on delete, and logs neither secrets nor whole requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from aistudio_shared.data_api import DataApi, OutOfTimeError
from aistudio_shared.logs import logger
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from migration_files import MigrationError
from migrations import migrate, read_migrations
from response import respond

_LOG = logger("database_initializer")

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"

_RESERVED_SECONDS = 20.0
"""Kept back for the rollback and for the answer to CloudFormation."""

_CLIENT_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60
)


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Answer one request of CloudFormation; every request gets an answer.

    Args:
        event: A custom resource request with the properties ``ClusterArn``,
            ``SecretArn``, ``DatabaseName`` and ``MigrationsDigest``.
        context: Lambda's; tells how much time is left.
    """
    physical_id = event.get("PhysicalResourceId") or f"schema-of-{_cluster(event)}"
    applied: list[str] = []
    reason = None
    try:
        if event["RequestType"] != "Delete":
            applied = _migrate(event["ResourceProperties"], context)
    except (MigrationError, OutOfTimeError, ClientError, BotoCoreError) as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 # without an answer, CloudFormation waits in vain
        reason = f"{type(error).__name__}: {error}"
    _log(event, applied, reason)
    respond(event, physical_id=physical_id, data={"Applied": str(len(applied))}, reason=reason)


def _migrate(properties: Mapping[str, Any], context: Any) -> list[str]:
    database = DataApi(
        boto3.client("rds-data", config=_CLIENT_CONFIG),
        cluster_arn=properties["ClusterArn"],
        secret_arn=properties["SecretArn"],
        database=properties["DatabaseName"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS,
    )
    applied: list[str] = migrate(database, read_migrations(_MIGRATIONS))
    return applied


def _cluster(event: Mapping[str, Any]) -> str:
    return str(event.get("ResourceProperties", {}).get("ClusterArn", "")).rpartition(":")[2]


def _log(event: Mapping[str, Any], applied: list[str], reason: str | None) -> None:
    """Log the outcome; the request itself holds a signed address and is not logged."""
    tell = _LOG.error if reason else _LOG.info
    tell(
        "migrations ended",
        request=event["RequestType"],
        resource=event["LogicalResourceId"],
        applied=applied,
        failure=reason,
    )
