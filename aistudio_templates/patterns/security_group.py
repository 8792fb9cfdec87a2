"""Security group rules that several patterns share."""

from __future__ import annotations

from typing import Any

from troposphere import ec2


def no_egress() -> list[Any]:
    """Return egress rules that let nothing out.

    Without any rule, EC2 adds one that allows everything; one that leads nowhere
    takes its place.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    aws-resource-ec2-securitygroup.html
    """
    return [
        ec2.SecurityGroupRule(
            IpProtocol="icmp",
            FromPort=252,
            ToPort=86,
            CidrIp="255.255.255.255/32",
            Description="Nothing may leave",
        )
    ]
