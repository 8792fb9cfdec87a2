"""Which changes need a person's word, and which are refused without a named consent.

Pure: a summary in, sentences out. "Broadening" is conservative in this version: it does
not compare what a policy allows before and after, so any change to a type that grants
access counts, and so does everything that goes away.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from aistudio_templates.deploy.change_set import Action, ChangeSummary, ResourceChange

ApprovalPolicy = Literal["never", "broadening", "any-change"]
"""When to ask: never, when access may widen or something goes away, or always."""

ACCESS_TYPES = frozenset(
    {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::ECR::RegistryPolicy",
        "AWS::ECR::Repository",
        "AWS::KMS::Key",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SecretsManager::ResourcePolicy",
    }
)
"""Types, besides ``AWS::IAM::*``, that say who may reach or use something."""

_LOSSES = {
    Action.REMOVED: "is removed",
    Action.REPLACED: "is replaced",
    Action.MAY_REPLACE: "may be replaced",
}
_KEEPING_POLICIES = ("Retain", "Snapshot", "RetainExceptOnCreate")


def needs_approval(policy: ApprovalPolicy, summary: ChangeSummary) -> tuple[str, ...]:
    """Return why a person has to agree, one sentence a change; empty means nobody has to.

    Args:
        policy: ``never``; ``broadening``: changes to access types, removals and
            replacements; ``any-change``: every deploy that is not a no-op.
        summary: What the deploy changes.
    """
    if policy == "never":
        return ()
    if policy == "broadening":
        return tuple(
            _sentence(change) for change in summary.changes if _broadens(change) or _loses(change)
        )
    every = tuple(_sentence(change) for change in summary.changes)
    return every or ("outputs, parameters or tags of the stacks change",)


def data_losses(summary: ChangeSummary, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the stateful resources that a deploy would take away without consent.

    Args:
        summary: What the deploy changes.
        allowed: Paths of resources that may go, such as ``Database/Cluster``.

    Returns:
        One sentence a resource. A resource whose policy keeps it outside the stack
        counts too: the application loses its data from sight.
    """
    return tuple(
        f"{change.path_text} ({change.resource_type}) {_LOSSES[change.action]}{_fate(change)}"
        for change in summary.changes
        if _loses(change) and change.holds_data and change.path_text not in allowed
    )


def _broadens(change: ResourceChange) -> bool:
    is_access = change.resource_type.startswith("AWS::IAM::")
    return is_access or change.resource_type in ACCESS_TYPES


def _loses(change: ResourceChange) -> bool:
    return change.action in _LOSSES


def _fate(change: ResourceChange) -> str:
    policy = change.policy_action or ""
    return f" ({policy})" if policy.removeprefix("ReplaceAnd") in _KEEPING_POLICIES else ""


def _sentence(change: ResourceChange) -> str:
    properties = f": {', '.join(change.properties)}" if change.properties else ""
    action = _LOSSES.get(change.action, f"is {change.action}")
    return f"{change.path_text} ({change.resource_type}) {action}{properties}"
