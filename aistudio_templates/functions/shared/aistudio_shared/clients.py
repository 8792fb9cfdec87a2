"""How boto3's clients are made: a few attempts, and no endless waiting."""

from __future__ import annotations

from botocore.config import Config


def client_config(*, read_timeout_seconds: int = 60, max_retries: int = 5) -> Config:
    """Return the configuration of a client or a resource.

    Args:
        read_timeout_seconds: How long an answer may take, in seconds.
        max_retries: Attempts after the first.

    Source: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """
    return Config(
        retries={"mode": "standard", "max_attempts": max_retries},
        connect_timeout=5,
        read_timeout=read_timeout_seconds,
    )
