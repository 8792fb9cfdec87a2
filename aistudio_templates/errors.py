"""Every error this package raises, in one tree.

::

    AIStudioError (message, hint)                                   exit code
    ├─ ConfigError         aistudio.toml, an override, an environment        4
    ├─ TemplateError       composing, rendering or writing templates         4
    │  ├─ UnknownReferenceError   a name that no stack defines or outputs
    │  ├─ TemplateLimitError      a CloudFormation quota exceeded
    │  └─ StaleTemplatesError     templates/ differs from the code
    ├─ LintError           cfn-lint or a check found something              4
    ├─ AssetError          a function's source cannot be packaged           4
    ├─ RefusedError        approval, data loss, concurrent deploy           5
    ├─ AwsError            credentials, permission, throttling, ownership   6
    ├─ RehearsalError      the embedded emulator did not start or died      8
    └─ DeployError         CloudFormation failed; names the root cause
       ├─ RolledBackError         … and rolled back                         7
       └─ NeedsOperatorError      … and cannot go on by itself              8

Exit codes 0 (done or nothing to do), 1 (a bug of ours), 2 (wrong usage), 3
(differences found, where asked for) and 130 (interrupted) have no class here.

``message`` is the first line a user reads and states the root cause; ``hint``
says what to do next. No class here knows of click or boto3. This module may
import the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class AIStudioError(Exception):
    """An expected failure: what went wrong, what to do next, and the exit code.

    Attributes:
        message: The root cause, one line.
        hint: The next step, or ``None`` when the message says it all.
        exit_code: The exit code of the command line for this class.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(AIStudioError):
    """Configuration is unreadable, unknown, of the wrong type or inconsistent."""

    exit_code = 4


class TemplateError(AIStudioError):
    """Templates cannot be composed, rendered, read or written."""

    exit_code = 4


class UnknownReferenceError(TemplateError):
    """A template refers to a name that neither it nor an earlier stack defines."""


class TemplateLimitError(TemplateError):
    """A template exceeds a CloudFormation quota."""


class StaleTemplatesError(TemplateError):
    """The files in ``templates/`` differ from what the code renders."""


class LintError(AIStudioError):
    """cfn-lint or a check of ours found something in the templates."""

    exit_code = 4


class AssetError(AIStudioError):
    """A function's source is missing, empty or cannot be packaged."""

    exit_code = 4


class RefusedError(AIStudioError):
    """We refuse to go on: not approved, data loss, or another deploy is running."""

    exit_code = 5


class AwsError(AIStudioError):
    """AWS refused a call: credentials, permission, throttling or ownership."""

    exit_code = 6


class RehearsalError(AIStudioError):
    """The embedded emulator did not start, or ended while it was needed."""

    exit_code = 8


class DeployError(AIStudioError):
    """CloudFormation could not do what was asked.

    Attributes:
        stack_path: Logical ids from the root stack to the failing resource,
            such as ``("aistudio-dev", "Database", "Cluster")``.
        reason: CloudFormation's own words for that resource.
    """

    exit_code = 7

    def __init__(self, stack_path: tuple[str, ...], reason: str, hint: str | None = None) -> None:
        super().__init__(f"{'/'.join(stack_path)}: {reason}", hint)
        self.stack_path = stack_path
        self.reason = reason


class RolledBackError(DeployError):
    """The deploy failed and CloudFormation restored the state before it."""

    exit_code = 7


class NeedsOperatorError(DeployError):
    """The deploy failed and its rollback failed or is switched off."""

    exit_code = 8


def valid_choices(value: str, choices: Iterable[str]) -> str:
    """Return a hint that lists what is valid and the nearest match to ``value``.

    Args:
        value: What was given.
        choices: What is valid; listed in sorted order.

    Returns:
        Such as ``"did you mean 'prod'? valid: dev, prod, staging"``.
    """
    names = sorted(choices)
    nearest = get_close_matches(value, names, n=1)
    suggestion = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"{suggestion}valid: {', '.join(names)}"
