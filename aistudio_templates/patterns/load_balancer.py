"""An internet-facing load balancer: TLS 1.2 and newer, long streams, access logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub, Tags, ec2
from troposphere import elasticloadbalancingv2 as elb

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.asset_headers import HSTS_SECONDS
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.security_group import no_egress

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 only.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
describe-ssl-policies.html
"""

IDLE_SECONDS = 300
"""How long a stream may be silent, in seconds: a model may think that long."""

ACCESS_LOG_PREFIX = "load-balancer"

_RESPONSE_HEADERS = {
    "server.enabled": "false",
    "strict_transport_security.header_value": f"max-age={HSTS_SECONDS}",
    "x_content_type_options.header_value": "nosniff",
    "x_frame_options.header_value": "SAMEORIGIN",
}
"""Headers on every answer; the application itself sets its content security policy.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
"""

_HEALTH_CHECK_SECONDS = 30


@dataclass(frozen=True)
class Targets:
    """What stands behind a load balancer.

    Attributes:
        port: Where it listens, plain HTTP inside the VPC.
        health_path: What answers 200 when it is well.
        drain_seconds: How long open requests may last after a target is taken out.
    """

    port: int
    health_path: str
    drain_seconds: int = IDLE_SECONDS


@dataclass(frozen=True)
class LoadBalancer(Handle):
    """The load balancer with its group, listeners and target group."""

    balancer: Any
    security_group: Any
    target_group: Any
    https_listener: Any
    http_listener: Any

    @property
    def arn(self) -> Value:
        """The load balancer's ARN."""
        return Ref(self.balancer)

    @property
    def dns_name(self) -> Value:
        """Its host name."""
        return GetAtt(self.balancer, "DNSName")

    @property
    def alias_target(self) -> tuple[Value, Value]:
        """Zone and domain name for records that stand for it."""
        return GetAtt(self.balancer, "CanonicalHostedZoneID"), self.dns_name

    @property
    def full_name(self) -> Value:
        """Its name as CloudWatch has it."""
        return GetAtt(self.balancer, "LoadBalancerFullName")

    @property
    def target_group_full_name(self) -> Value:
        """Its target group's name as CloudWatch has it."""
        return GetAtt(self.target_group, "TargetGroupFullName")


def load_balancer(
    config: EnvironmentConfig,
    targets: Targets,
    *,
    vpc_id: Value,
    subnet_ids: Value,
    certificate_arn: Value,
    access_logs_bucket: Value,
) -> LoadBalancer:
    """Return a load balancer that serves HTTPS, and sends HTTP there.

    Args:
        config: Whether deletion is refused.
        targets: What stands behind it.
        vpc_id: The VPC.
        subnet_ids: Public subnets of at least two zones.
        certificate_arn: Certificate of the host, in the same region.
        access_logs_bucket: Bucket whose policy has :func:`access_log_statement`.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
    application-load-balancers.html
    """
    group = _security_group(config, vpc_id)
    balancer = elb.LoadBalancer(
        "LoadBalancer",
        Type="application",
        Scheme="internet-facing",
        Subnets=subnet_ids,
        SecurityGroups=[Ref(group)],
        LoadBalancerAttributes=_attributes(config, access_logs_bucket),
    )
    target_group = _target_group(targets, vpc_id)
    return LoadBalancer(
        balancer=balancer,
        security_group=group,
        target_group=target_group,
        https_listener=_https_listener(balancer, target_group, certificate_arn),
        http_listener=_http_listener(balancer),
    )


def access_log_statement(bucket_title: str) -> dict[str, Any]:
    """Return the statement by which load balancers write their access logs to a bucket.

    Args:
        bucket_title: Logical id of the bucket, in the same template.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
    enable-access-logging.html
    """
    path = f"{ACCESS_LOG_PREFIX}/AWSLogs/${{AWS::AccountId}}/*"
    balancers = (
        "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/*"
    )
    return {
        "Sid": "LoadBalancerLogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": Sub(f"${{{bucket_title}.Arn}}/{path}"),
        "Condition": {"ArnLike": {"aws:SourceArn": Sub(balancers)}},
    }


def _security_group(config: EnvironmentConfig, vpc_id: Value) -> Any:
    return ec2.SecurityGroup(
        "LoadBalancerSecurityGroup",
        VpcId=vpc_id,
        GroupDescription="HTTPS from everywhere; HTTP to be sent there",
        SecurityGroupIngress=[
            ec2.SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=port,
                ToPort=port,
                CidrIp="0.0.0.0/0",
                Description=description,
            )
            for port, description in ((443, "HTTPS"), (80, "HTTP, redirected to HTTPS"))
        ],
        SecurityGroupEgress=no_egress(),
        Tags=Tags(Name=names.physical_name(config.name, "load-balancer")),
    )


def _attributes(config: EnvironmentConfig, access_logs_bucket: Value) -> list[Any]:
    attributes: dict[str, Value] = {
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": access_logs_bucket,
        "access_logs.s3.prefix": ACCESS_LOG_PREFIX,
        "deletion_protection.enabled": str(config.deploy.termination_protection).lower(),
        "idle_timeout.timeout_seconds": str(IDLE_SECONDS),
        "routing.http.drop_invalid_header_fields.enabled": "true",
    }
    return [elb.LoadBalancerAttributes(Key=key, Value=value) for key, value in attributes.items()]


def _target_group(targets: Targets, vpc_id: Value) -> Any:
    attributes = {
        "deregistration_delay.timeout_seconds": str(targets.drain_seconds),
        # Streams last minutes: whoever has the fewest open ones takes the next.
        "load_balancing.algorithm.type": "least_outstanding_requests",
    }
    return elb.TargetGroup(
        "TargetGroup",
        VpcId=vpc_id,
        TargetType="ip",
        Protocol="HTTP",
        Port=targets.port,
        HealthCheckPath=targets.health_path,
        HealthCheckIntervalSeconds=_HEALTH_CHECK_SECONDS,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=3,
        Matcher=elb.Matcher(HttpCode="200"),
        TargetGroupAttributes=[
            elb.TargetGroupAttribute(Key=key, Value=value) for key, value in attributes.items()
        ],
    )


def _https_listener(balancer: Any, target_group: Any, certificate_arn: Value) -> Any:
    return elb.Listener(
        "HttpsListener",
        LoadBalancerArn=Ref(balancer),
        Port=443,
        Protocol="HTTPS",
        SslPolicy=TLS_POLICY,
        Certificates=[elb.Certificate(CertificateArn=certificate_arn)],
        ListenerAttributes=[
            elb.ListenerAttribute(Key=f"routing.http.response.{key}", Value=value)
            for key, value in _RESPONSE_HEADERS.items()
        ],
        DefaultActions=[elb.Action(Type="forward", TargetGroupArn=Ref(target_group))],
    )


def _http_listener(balancer: Any) -> Any:
    redirect = elb.RedirectConfig(Protocol="HTTPS", Port="443", StatusCode="HTTP_301")
    return elb.Listener(
        "HttpListener",
        LoadBalancerArn=Ref(balancer),
        Port=80,
        Protocol="HTTP",
        DefaultActions=[elb.Action(Type="redirect", RedirectConfig=redirect)],
    )
