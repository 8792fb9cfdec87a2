"""Cognito's pre sign-up trigger: it admits the organization's people and nobody else.

Cognito calls it before it creates an account, and waits five seconds at most; so it imports
nothing but the standard library and calls nothing.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
user-pool-lambda-pre-sign-up.html
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from admission import allowed_domains, refusal

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)


class SignUpRefusedError(Exception):
    """The account must not be created; Cognito shows the message to the person."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 # Lambda's
    """Return the event if the account may be created.

    The response confirms and verifies nothing by itself. Cognito ignores it for accounts that
    an administrator creates; a federated account is confirmed by its provider, whose
    ``email_verified`` is mapped to the account. ``autoVerifyEmail`` would moreover take the
    address away from an account that already has it as its alias.

    Args:
        event: Cognito's event.
        context: Lambda's.

    Raises:
        SignUpRefusedError: The address is missing, odd, not verified, or of another domain.
    """
    reason = refusal(event, allowed_domains(os.environ.get("ALLOWED_EMAIL_DOMAINS", "")))
    _log(event, reason)
    if reason is not None:
        raise SignUpRefusedError("This account is not admitted. Use the account of your school.")
    event["response"] = {
        "autoConfirmUser": False,
        "autoVerifyEmail": False,
        "autoVerifyPhone": False,
    }
    return event


def _log(event: dict[str, Any], reason: str | None) -> None:
    """Log the decision, without the address and the name."""
    decision = {
        "trigger": event.get("triggerSource"),
        "userPool": event.get("userPoolId"),
        "admitted": reason is None,
        "reason": reason,
    }
    _LOGGER.log(logging.INFO if reason is None else logging.WARNING, json.dumps(decision))
