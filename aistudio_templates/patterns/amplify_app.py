"""The web application on Amplify: rendered on its servers, one branch an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Sub, amplify, iam

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.amplify_build import build_spec, custom_headers
from aistudio_templates.patterns.application_access import ApplicationAccess
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present
from aistudio_templates.policies.grants import policy
from aistudio_templates.policies.service_grants import write_amplify_logs
from aistudio_templates.policies.trust import service_trust, unconditional_trust

GIT_TOKEN = "{{resolve:secretsmanager:aistudio-github-token:SecretString}}"  # noqa: S105 # a reference
"""Token by which Amplify reads the repository; an operator makes the secret."""

_AMPLIFY = "amplify.amazonaws.com"
_APPS = "arn:${AWS::Partition}:amplify:${AWS::Region}:${AWS::AccountId}:apps/*"


@dataclass(frozen=True)
class AmplifyApp(Handle):
    """The application with its branch, host, roles and log.

    Attributes:
        app: The Amplify application.
        branch: The branch that it serves, where there is a repository.
        domain: Its host, where there are both a branch and a hosted zone.
        compute_role: What the application may do.
        service_role: What Amplify may do: write its log.
        service_policy: That one permission.
        log_group: Where it logs.
    """

    app: Any
    branch: Any | None
    domain: Any | None
    compute_role: Any
    service_role: Any
    service_policy: Any
    log_group: Any

    @property
    def id(self) -> Value:
        """The application's id."""
        return GetAtt(self.app, "AppId")

    @property
    def arn(self) -> Value:
        """The application's ARN."""
        return GetAtt(self.app, "Arn")

    @property
    def default_domain(self) -> Value:
        """Amplify's own domain; branches are hosts below it."""
        return GetAtt(self.app, "DefaultDomain")


def amplify_app(config: EnvironmentConfig, access: ApplicationAccess, *, host: str) -> AmplifyApp:
    """Return the application.

    Until ``frontend.repository_url`` names a repository there is no branch: Amplify renders
    what it builds from Git only, and does not connect an application that has a branch
    already to a repository.

    Args:
        config: Repository, branch and hosted zone.
        access: What it is told, and may do.
        host: Where it is served, given a hosted zone; Amplify then makes the certificate
            and, in a zone of the same account, the records.

    Source: https://docs.aws.amazon.com/amplify/latest/userguide/manual-deploys.html and
    https://github.com/aws-amplify/amplify-hosting/issues/2854
    """
    server = access.reading_secrets()
    service_role = iam.Role(
        "AmplifyServiceRole",
        AssumeRolePolicyDocument=service_trust(_AMPLIFY, source_arn=Sub(_APPS)),
    )
    app = _app(config, {**server.environment, **access.browser}, service_role)
    group = log_group(
        "ApplicationLogGroup",
        retention_days=config.monitoring.log_retention_days,
        # Amplify writes there; made by Amplify, it would keep everything for ever.
        name=Sub(f"/aws/amplify/${{{app.title}.AppId}}"),
    )
    compute_role = _compute_role(server)
    branch = _branch(config, app, compute_role, group)
    return AmplifyApp(
        app=app,
        branch=branch,
        domain=_domain(config, app, branch, host) if branch else None,
        compute_role=compute_role,
        service_role=service_role,
        service_policy=_service_policy(service_role, group),
        log_group=group,
    )


def _app(config: EnvironmentConfig, variables: Mapping[str, Value], service_role: Any) -> Any:
    repository = config.frontend.repository_url
    return amplify.App(
        "Application",
        Name=names.physical_name(config.name, "web"),
        Platform="WEB_COMPUTE",
        IAMServiceRole=GetAtt(service_role, "Arn"),
        BuildSpec=build_spec(variables),
        CustomHeaders=custom_headers(),
        EnvironmentVariables=[
            amplify.EnvironmentVariable(Name=name, Value=value)
            for name, value in sorted(variables.items())
        ],
        **present(Repository=repository, AccessToken=GIT_TOKEN if repository else None),
    )


def _compute_role(server: Access) -> Any:
    return iam.Role(
        "ComputeRole",
        AssumeRolePolicyDocument=unconditional_trust(_AMPLIFY),
        Policies=[iam.Policy(PolicyName="Grants", PolicyDocument=policy(server.statements))],
    )


def _branch(config: EnvironmentConfig, app: Any, compute_role: Any, group: Any) -> Any | None:
    if config.frontend.repository_url is None:
        return None
    return amplify.Branch(
        "Branch",
        AppId=GetAtt(app, "AppId"),
        BranchName=config.frontend.branch,
        Framework="Next.js - SSR",
        # At the branch, so that no other branch of the repository gets it.
        ComputeRoleArn=GetAtt(compute_role, "Arn"),
        EnableAutoBuild=True,
        # A preview would run anybody's pull request.
        EnablePullRequestPreview=False,
        # The first build must find it, or Amplify makes one.
        DependsOn=group.title,
    )


def _domain(config: EnvironmentConfig, app: Any, branch: Any, host: str) -> Any | None:
    if config.frontend.hosted_zone_id is None:
        return None
    return amplify.Domain(
        "Domain",
        AppId=GetAtt(app, "AppId"),
        DomainName=host,
        CertificateSettings=amplify.CertificateSettings(CertificateType="AMPLIFY_MANAGED"),
        SubDomainSettings=[amplify.SubDomainSetting(BranchName=config.frontend.branch, Prefix="")],
        DependsOn=branch.title,
    )


def _service_policy(service_role: Any, group: Any) -> Any:
    # Apart from the role: it names the log group, which is named after the application,
    # which names the role.
    return iam.PolicyType(
        "AmplifyServicePolicy",
        PolicyName="WriteLog",
        PolicyDocument=policy(write_amplify_logs(group)),
        Roles=[Ref(service_role)],
    )
