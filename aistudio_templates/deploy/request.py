"""What the caller asks of the engine. Pure; values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aistudio_templates.deploy.approval import ApprovalPolicy


@dataclass(frozen=True)
class DeployRequest:
    """One deploy of a template set.

    Attributes:
        templates: Directory of the rendered set, such as ``templates/dev``.
        build_asset: Returns the zip of an asset by name; called, from several threads,
            only for assets that S3 lacks.
        stack: Deploy only this stack and what it cannot do without. Default: all.
        require_approval: When to ask. Default: when access may widen or things go away.
        allow_data_loss: Paths of stateful resources that may be removed or replaced,
            such as ``Database/Cluster``. Default: none; no other option stands in.
        recreate: Delete a root whose creation failed and create it again. Default: no.
        termination_protection: Switch it on after the deploy; it is never switched
            off. Default: no.
    """

    templates: Path
    build_asset: Callable[[str], bytes]
    stack: str | None = None
    require_approval: ApprovalPolicy = "broadening"
    allow_data_loss: frozenset[str] = frozenset()
    recreate: bool = False
    termination_protection: bool = False


@dataclass(frozen=True)
class DestroyRequest:
    """One deletion of a whole set.

    Attributes:
        allow_data_loss: Paths of stateful resources that may be deleted. Default: none.
    """

    allow_data_loss: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DestroyPlan:
    """What a destroy would do, by resource path: ``Database/Cluster``."""

    stack_name: str
    removed: tuple[str, ...]
    retained: tuple[str, ...]
