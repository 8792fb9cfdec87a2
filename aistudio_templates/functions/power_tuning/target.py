"""The function that is tuned: its configuration, versions and aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from errors import InterferenceError

_LONGEST_INVOCATION_SECONDS = 905
"""A little more than a function can run."""

_POLL_SECONDS = 1
_MAX_POLLS = 600
"""Ten minutes: a function in a VPC waits for its network interfaces."""

_MAX_CONNECTIONS = 500


def lambda_client() -> Any:
    """Return a client for Lambda that waits for long invocations and is patient with throttling.

    It repeats no invocation whose answer is late: the function may have side effects.
    """
    return boto3.client(
        "lambda",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 10},
            connect_timeout=5,
            read_timeout=_LONGEST_INVOCATION_SECONDS,
            tcp_keepalive=True,
            max_pool_connections=_MAX_CONNECTIONS,
        ),
    )


class Target:
    """One function.

    Args:
        client: Client of Lambda.
        arn: The function's ARN, without version or alias.
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self.arn = arn

    def configuration(self) -> Mapping[str, Any]:
        """Return the configuration of ``$LATEST`` once no update is under way."""
        self._wait("function_updated")
        found: Mapping[str, Any] = self._client.get_function_configuration(FunctionName=self.arn)
        return found

    def change(self, **properties: Any) -> Mapping[str, Any]:
        """Change ``$LATEST``, wait until that is done, and return what it is then."""
        self._wait("function_updated")
        self._client.update_function_configuration(FunctionName=self.arn, **properties)
        return self.configuration()

    def publish(self, revision_id: str) -> str:
        """Publish a version of ``$LATEST`` and return its number.

        Args:
            revision_id: The ``$LATEST`` that is meant.

        Raises:
            InterferenceError: ``$LATEST`` is another one by now.
        """
        try:
            published = self._client.publish_version(FunctionName=self.arn, RevisionId=revision_id)
        except ClientError as error:
            if _code(error) != "PreconditionFailedException":
                raise
            raise InterferenceError(f"{self.arn} was changed by somebody else") from error
        return str(published["Version"])

    def point(self, alias: str, version: str) -> None:
        """Let an alias point to a version, whether it exists or not."""
        request = {"FunctionName": self.arn, "Name": alias, "FunctionVersion": version}
        try:
            self._client.create_alias(**request)
        except ClientError as error:
            if _code(error) != "ResourceConflictException":
                raise
            self._client.update_alias(**request)

    def wait_until_active(self, alias: str) -> None:
        """Return once the version behind an alias can be invoked."""
        self._wait("function_active", Qualifier=alias)

    def aliases(self) -> list[Mapping[str, Any]]:
        """Return all aliases."""
        return self._listed("list_aliases", "Aliases")

    def versions(self) -> list[Mapping[str, Any]]:
        """Return all published versions."""
        versions = self._listed("list_versions_by_function", "Versions")
        return [version for version in versions if version["Version"] != "$LATEST"]

    def delete_alias(self, alias: str) -> None:
        """Delete an alias, unless it is gone already."""
        with _unless_gone():
            self._client.delete_alias(FunctionName=self.arn, Name=alias)

    def delete_version(self, version: str) -> None:
        """Delete a version, unless it is gone already.

        Raises:
            ValueError: ``version`` is no number: without one, the whole function would go.
        """
        if not version.isdecimal():
            raise ValueError(f"{version!r} is no version of {self.arn}")
        with _unless_gone():
            self._client.delete_function(FunctionName=self.arn, Qualifier=version)

    def _listed(self, operation: str, key: str) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(FunctionName=self.arn)
        return [entry for page in pages for entry in page[key]]

    def _wait(self, waiter: str, **request: str) -> None:
        patience = {"Delay": _POLL_SECONDS, "MaxAttempts": _MAX_POLLS}
        self._client.get_waiter(waiter).wait(
            FunctionName=self.arn, WaiterConfig=patience, **request
        )


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) != "ResourceNotFoundException":
            raise


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
