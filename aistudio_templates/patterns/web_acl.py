"""A web application firewall: managed rules that let prompts through, and a rate limit.

People paste code and markup into prompts, which rules on request bodies take for attacks.
They only count; a rule of ours blocks what they found, except where prompts are sent to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import GetAtt, Sub, wafv2

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.patterns.properties import present

Scope = Literal["CLOUDFRONT", "REGIONAL"]

PROMPT_PATHS = ("/api/",)
"""Where the application takes prompts: its API, which checks every body by a schema."""

SERVER_ACTION_HEADER = "next-action"
"""Header of Next.js by which a page takes a form with prompts in it."""

_RATE_WINDOW_SECONDS = 300
_TOO_MANY_REQUESTS = "TooManyRequests"


@dataclass(frozen=True)
class _RuleGroup:
    """A rule group that AWS manages, and its rules on request bodies.

    Attributes:
        name: Behind ``AWSManagedRules``.
        labels: Namespace of the labels that its rules add.
        body_rules: Rules that only count, and the label by which they are blocked
            elsewhere; ``None`` where they are blocked nowhere.
    """

    name: str
    labels: str
    body_rules: Mapping[str, str | None]


_RULE_GROUPS = (
    _RuleGroup(
        "CommonRuleSet",
        "core-rule-set",
        {
            "CrossSiteScripting_BODY": "CrossSiteScripting_Body",
            "EC2MetaDataSSRF_BODY": "EC2MetaDataSSRF_Body",
            "GenericLFI_BODY": "GenericLFI_Body",
            # Links in text are no inclusion of remote files.
            "GenericRFI_BODY": None,
            # It allows 8 KB; documents and conversations are longer.
            "SizeRestrictions_BODY": None,
        },
    ),
    _RuleGroup("KnownBadInputsRuleSet", "known-bad-inputs", {}),
    _RuleGroup(
        "SQLiRuleSet",
        "sql-database",
        {
            "SQLiExtendedPatterns_BODY": "SQLiExtendedPatterns_Body",
            "SQLi_BODY": "SQLi_Body",
        },
    ),
)
"""Managed rule groups in order.

Source: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""


@dataclass(frozen=True)
class WebAcl(Handle):
    """The firewall with its log.

    Attributes:
        acl: The web ACL.
        log_group: What it blocked and counted.
        logging: Sends it there.
        association: What it protects.
        name: As CloudWatch names it.
    """

    acl: Any
    log_group: Any
    logging: Any
    association: Any
    name: str


def web_acl(config: EnvironmentConfig, *, scope: Scope, resource_arn: Value) -> WebAcl:
    """Return a firewall in front of one resource.

    Args:
        config: Rate limit and log retention.
        scope: ``CLOUDFRONT`` for an Amplify application, in us-east-1 only; ``REGIONAL``
            for a load balancer.
        resource_arn: What it protects.

    Source: https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html
    """
    name = names.physical_name(config.name, "web")
    acl = wafv2.WebACL(
        "WebAcl",
        Scope=scope,
        DefaultAction=wafv2.DefaultAction(Allow=wafv2.AllowAction()),
        CustomResponseBodies={_TOO_MANY_REQUESTS: _too_many_requests()},
        Rules=[
            _rate_limit(config.frontend.waf_rate_limit),
            *(_managed(group, priority) for priority, group in enumerate(_RULE_GROUPS, start=2)),
            _bodies_outside_prompts(priority=len(_RULE_GROUPS) + 2),
        ],
        VisibilityConfig=_visibility(name),
    )
    group = log_group(
        "WebAclLogGroup",
        retention_days=config.monitoring.log_retention_days,
        # WAF writes to groups whose name begins like this; the stack's keeps it unique.
        name=Sub("aws-waf-logs-${AWS::StackName}"),
    )
    return WebAcl(
        acl=acl,
        log_group=group,
        logging=_logging(acl, group),
        association=wafv2.WebACLAssociation(
            "WebAclAssociation", ResourceArn=resource_arn, WebACLArn=GetAtt(acl, "Arn")
        ),
        name=name,
    )


def _rate_limit(requests: int) -> Any:
    response = wafv2.CustomResponse(ResponseCode=429, CustomResponseBodyKey=_TOO_MANY_REQUESTS)
    return wafv2.WebACLRule(
        Name="RateLimit",
        Priority=1,
        Action=wafv2.RuleAction(Block=wafv2.BlockAction(CustomResponse=response)),
        Statement=wafv2.Statement(
            RateBasedStatement=wafv2.RateBasedStatement(
                AggregateKeyType="IP", Limit=requests, EvaluationWindowSec=_RATE_WINDOW_SECONDS
            )
        ),
        VisibilityConfig=_visibility("RateLimit"),
    )


def _managed(group: _RuleGroup, priority: int) -> Any:
    counted = [
        wafv2.RuleActionOverride(Name=rule, ActionToUse=wafv2.RuleAction(Count=wafv2.CountAction()))
        for rule in group.body_rules
    ]
    return wafv2.WebACLRule(
        Name=group.name,
        Priority=priority,
        OverrideAction=wafv2.OverrideAction(**{"None": {}}),
        Statement=wafv2.Statement(
            ManagedRuleGroupStatement=wafv2.ManagedRuleGroupStatement(
                VendorName="AWS",
                Name=f"AWSManagedRules{group.name}",
                **present(RuleActionOverrides=counted or None),
            )
        ),
        VisibilityConfig=_visibility(group.name),
    )


def _bodies_outside_prompts(*, priority: int) -> Any:
    labels = [
        f"awswaf:managed:aws:{group.labels}:{label}"
        for group in _RULE_GROUPS
        for label in group.body_rules.values()
        if label is not None
    ]
    found = _any([_has_label(label) for label in labels])
    is_prompt = _any([*(_begins_with(path) for path in PROMPT_PATHS), _is_server_action()])
    return wafv2.WebACLRule(
        Name="BodiesOutsidePrompts",
        Priority=priority,
        Action=wafv2.RuleAction(Block=wafv2.BlockAction()),
        Statement=wafv2.Statement(
            AndStatement=wafv2.AndStatement(
                Statements=[
                    found,
                    wafv2.Statement(NotStatement=wafv2.NotStatement(Statement=is_prompt)),
                ]
            )
        ),
        VisibilityConfig=_visibility("BodiesOutsidePrompts"),
    )


def _any(statements: Sequence[Any]) -> Any:
    return wafv2.Statement(OrStatement=wafv2.OrStatement(Statements=list(statements)))


def _has_label(label: str) -> Any:
    return wafv2.Statement(LabelMatchStatement=wafv2.LabelMatchStatement(Scope="LABEL", Key=label))


def _begins_with(path: str) -> Any:
    return wafv2.Statement(
        ByteMatchStatement=wafv2.ByteMatchStatement(
            FieldToMatch=wafv2.FieldToMatch(UriPath={}),
            PositionalConstraint="STARTS_WITH",
            SearchString=path,
            # Against /x/../api/ and the like, which the application would not take for it.
            TextTransformations=[wafv2.TextTransformation(Priority=0, Type="NORMALIZE_PATH")],
        )
    )


def _is_server_action() -> Any:
    return wafv2.Statement(
        SizeConstraintStatement=wafv2.SizeConstraintStatement(
            FieldToMatch=wafv2.FieldToMatch(
                SingleHeader=wafv2.SingleHeader(Name=SERVER_ACTION_HEADER)
            ),
            ComparisonOperator="GT",
            Size=0,
            TextTransformations=[wafv2.TextTransformation(Priority=0, Type="NONE")],
        )
    )


def _logging(acl: Any, group: Any) -> Any:
    arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}"
    return wafv2.LoggingConfiguration(
        "WebAclLogging",
        ResourceArn=GetAtt(acl, "Arn"),
        # The attribute Arn ends with :*, which WAF refuses.
        LogDestinationConfigs=[Sub(arn.replace("Group", group.title))],
        # What passed is in the access log; here it would cost more than the firewall.
        LoggingFilter=wafv2.LoggingFilter(
            DefaultBehavior="DROP", Filters=[_kept(("BLOCK", "COUNT"))]
        ),
        RedactedFields=[
            wafv2.LoggingConfigurationFieldToMatch(SingleHeader=wafv2.SingleHeader(Name=header))
            for header in ("authorization", "cookie")
        ],
    )


def _kept(actions: Sequence[str]) -> Any:
    conditions = [
        wafv2.Condition(ActionCondition=wafv2.ActionCondition(Action=action)) for action in actions
    ]
    return wafv2.Filter(Behavior="KEEP", Requirement="MEETS_ANY", Conditions=conditions)


def _too_many_requests() -> Any:
    content = {"error": "Too many requests", "message": "Try again in a few minutes."}
    return wafv2.CustomResponseBody(ContentType="APPLICATION_JSON", Content=json.dumps(content))


def _visibility(name: str) -> Any:
    return wafv2.VisibilityConfig(
        CloudWatchMetricsEnabled=True, MetricName=name, SampledRequestsEnabled=True
    )
