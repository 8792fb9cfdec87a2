"""Certificates and address records of a host in a Route 53 zone."""

from __future__ import annotations

from typing import Any

from troposphere import certificatemanager, route53

from aistudio_templates.model import Value

CLOUDFRONT_ZONE_ID = "Z2FDTNDATAQYW2"
"""Zone of every CloudFront distribution.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
aws-properties-route53-recordset-aliastarget.html
"""


def certificate(title: str, *, host: str, hosted_zone_id: str) -> Any:
    """Return a certificate that is validated, and renewed, by a record in the zone.

    Args:
        title: Logical id.
        host: The name that it is for.
        hosted_zone_id: The public zone of the host.

    Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    return certificatemanager.Certificate(
        title,
        DomainName=host,
        ValidationMethod="DNS",
        DomainValidationOptions=[
            certificatemanager.DomainValidationOption(DomainName=host, HostedZoneId=hosted_zone_id)
        ],
    )


def alias_record(
    title: str,
    *,
    host: str,
    hosted_zone_id: str,
    target: tuple[Value, Value],
    record_type: str = "A",
) -> Any:
    """Return a record by which a host is an AWS resource's address.

    Args:
        title: Logical id.
        host: The name.
        hosted_zone_id: The public zone of the host.
        target: Zone and domain name of the resource.
        record_type: ``A``, or ``AAAA`` for IPv6.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/
    resource-record-sets-choosing-alias-non-alias.html
    """
    zone_id, dns_name = target
    return route53.RecordSetType(
        title,
        Name=host,
        HostedZoneId=hosted_zone_id,
        Type=record_type,
        AliasTarget=route53.AliasTarget(HostedZoneId=zone_id, DNSName=dns_name),
    )
