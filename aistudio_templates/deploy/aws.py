"""The connection to one account and region: clients, and who the caller is.

The only module that imports boto3. Forming a connection makes no call.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from aistudio_templates.deploy.aws_errors import translated
from aistudio_templates.deploy.cloudformation import CloudFormation
from aistudio_templates.deploy.parameter_store import ParameterStore
from aistudio_templates.deploy.target import Identity, Target
from aistudio_templates.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

_MAX_ATTEMPTS = 8
_CONNECT_TIMEOUT_SECONDS = 10
_READ_TIMEOUT_SECONDS = 60
_CONNECTIONS = 16


@dataclass(frozen=True)
class Aws:
    """Clients for one target.

    Attributes:
        target: Where they point to.
        cloudformation: The door to CloudFormation.
        s3: S3's client.
        sts: STS's client.
        parameter_store: The door to SSM's Parameter Store.
    """

    target: Target
    cloudformation: CloudFormation
    s3: S3Client
    sts: STSClient
    parameter_store: ParameterStore

    def identity(self) -> Identity:
        """Return who the caller is, after comparing it with the pinned account.

        Raises:
            ConfigError: The caller's account is not the environment's.
            AwsError: No credentials, or AWS refuses them.
        """
        with translated("sts:GetCallerIdentity", "the caller"):
            answer = self.sts.get_caller_identity()
        identity = Identity(answer["Account"], answer["Arn"])
        pinned = self.target.account_id
        if pinned is not None and pinned != identity.account_id:
            raise ConfigError(
                f"environment {self.target.environment!r} belongs to account {pinned}, "
                f"the credentials to account {identity.account_id}",
                "choose another --profile, or change the environment's account",
            )
        return identity


def connect(target: Target) -> Aws:
    """Return clients for ``target``.

    Raises:
        ConfigError: The profile or the region does not exist.
    """
    try:
        session = _session(target)
        config = _config(target)
        return Aws(
            target=target,
            cloudformation=CloudFormation(
                session.client("cloudformation", endpoint_url=target.endpoint_url, config=config)
            ),
            s3=session.client("s3", endpoint_url=target.endpoint_url, config=config),
            sts=session.client("sts", endpoint_url=target.endpoint_url, config=config),
            parameter_store=ParameterStore(
                session.client("ssm", endpoint_url=target.endpoint_url, config=config)
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigError(
            f"environment {target.environment!r}: cannot connect: {error}",
            "check --profile, --region and the shared AWS configuration",
        ) from error


def _session(target: Target) -> boto3.Session:
    if target.credentials is None:
        return boto3.Session(profile_name=target.profile, region_name=target.region)
    # What the shell offers (profile, files) must neither be used nor be able to fail.
    isolated: dict[str, tuple[None, None, str | None, None]] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(
        aws_access_key_id=target.credentials.access_key_id,
        aws_secret_access_key=target.credentials.secret_access_key,
        aws_session_token=target.credentials.session_token,
        region_name=target.region,
        botocore_session=botocore.session.Session(session_vars=isolated),
    )


def _config(target: Target) -> Config:
    options: dict[str, Any] = {
        "retries": {"mode": "adaptive", "max_attempts": _MAX_ATTEMPTS},
        "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
        "read_timeout": _READ_TIMEOUT_SECONDS,
        "max_pool_connections": _CONNECTIONS,
    }
    if target.endpoint_url is not None:
        # An emulator has neither a name for each bucket nor a place behind a proxy.
        options |= {"s3": {"addressing_style": "path"}, "proxies": {}}
    return Config(**options)
