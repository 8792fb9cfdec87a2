"""The environment variables of the child, made from nothing of the shell's.

The shell may hold real credentials, a profile, a proxy or an endpoint; none of it may
reach the emulator or the Lambda functions it runs. May use the standard
library and ``outbound``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from aistudio_templates.rehearsal.outbound import outbound_environment

LOOPBACK = "127.0.0.1"
"""The only address that the emulator listens on."""

ACCOUNT_ID = "000000000000"
"""The account that the emulator answers for; AWS never assigns it."""

CREDENTIALS = ("test", "test")
"""Access key id and secret that the emulator signs and checks with; valid nowhere."""


def child_environment(*, directory: Path, port: int, region: str) -> dict[str, str]:
    """Return the complete environment of the child.

    Args:
        directory: Temporary directory for everything the child writes.
        port: The port that it serves.
        region: Its default region.
    """
    return {
        **_places(directory),
        **credentials_environment(region),
        **outbound_environment(),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONUNBUFFERED": "1",
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "RDS_PERSIST": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFTP_HOST": LOOPBACK,
        "LAMBDA_EXECUTOR": "local",
        # A socket that is not there: the emulator then never looks for Docker.
        "DOCKER_HOST": f"unix://{directory / 'no-docker.sock'}",
    }


def credentials_environment(region: str) -> dict[str, str]:
    """Return the variables that keep an AWS SDK away from every real credential.

    They name the emulator's credentials, empty configuration files, and no instance
    metadata service.
    """
    access_key_id, secret_access_key = CREDENTIALS
    return {
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": LOOPBACK,
    }


def _places(directory: Path) -> Mapping[str, str]:
    """Return the variables that keep every file of the child in ``directory``."""
    return {
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "STATE_DIR": str(directory / "state"),
        "S3_DATA_DIR": str(directory / "s3"),
    }
