"""Where a deploy goes: environment, account, region, endpoint; and the URLs there.

Pure: forms no client and reads no environment variable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_DEFAULT_DNS_SUFFIX = "amazonaws.com"


@dataclass(frozen=True)
class Credentials:
    """Credentials that replace everything the shell offers; the rehearsal's fake ones."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Target:
    """One environment in one account and region.

    Attributes:
        environment: Such as ``dev``.
        region: Such as ``us-east-1``.
        account_id: The account that the environment is pinned to. Default: any.
        profile: Profile of the shared AWS configuration. Default: the usual chain.
        endpoint_url: Endpoint of an emulator, for every service. Default: AWS.
        template_url_base: Base of template URLs where an emulator reads them, such as
            ``http://127.0.0.1:4566``. Default: the bucket's regional S3 host.
        credentials: Use these and ignore the shell's. Default: the usual chain.
    """

    environment: str
    region: str
    account_id: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    template_url_base: str | None = None
    credentials: Credentials | None = None


@dataclass(frozen=True)
class Identity:
    """Who the caller is: the account, the caller's ARN, and the partition it names."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        """The caller's partition, such as ``aws`` or ``aws-cn``."""
        parts = self.arn.split(":")
        return parts[1] if len(parts) > 1 and parts[1] else "aws"


def object_url(target: Target, partition: str, bucket: str, key: str) -> str:
    """Return the URL under which CloudFormation reads an object of ours.

    The regional host, never the endpoint override: CloudFormation fetches the template
    itself, so the address must be valid where it runs.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    if target.template_url_base is not None:
        return f"{target.template_url_base.rstrip('/')}/{bucket}/{key}"
    suffix = _DNS_SUFFIXES.get(partition, _DEFAULT_DNS_SUFFIX)
    return f"https://{bucket}.s3.{target.region}.{suffix}/{key}"
