"""Who may have an account: verified e-mail addresses of the organization's domains.

Pure decisions on values; it calls nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

EXTERNAL_PROVIDER = "PreSignUp_ExternalProvider"
"""A person signs in through an identity provider for the first time."""

ADMIN_CREATE_USER = "PreSignUp_AdminCreateUser"
"""An administrator creates an account."""

_MAX_ADDRESS_CHARACTERS = 254
"""Source: https://www.rfc-editor.org/errata/eid1690"""

_MAX_LOCAL_CHARACTERS = 64
"""Source: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1"""

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""A local part without quotes, which no school needs and every parser reads its own way.

Source: https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3
"""


def allowed_domains(listed: str) -> frozenset[str]:
    """Return the domains of a comma-separated list, in lower case."""
    return frozenset(filter(None, (domain.strip().lower() for domain in listed.split(","))))


def refusal(event: Mapping[str, Any], domains: Collection[str]) -> str | None:
    """Return why Cognito's request must be refused, or ``None`` if it is to be admitted.

    An identity provider must have verified the address. An administrator vouches for it, and
    the invitation goes there. Self sign-up is not offered: nobody has verified such an
    address yet.

    Args:
        event: A pre sign-up event.
        domains: Domains in lower case; a sub-domain counts only if it is listed itself.
    """
    source = event.get("triggerSource")
    if source not in {EXTERNAL_PROVIDER, ADMIN_CREATE_USER}:
        return "self sign-up"
    attributes = event["request"].get("userAttributes") or {}
    domain = _domain(attributes.get("email"))
    if domain is None:
        return "address missing or odd"
    if domain not in domains:
        return "foreign domain"
    if source == EXTERNAL_PROVIDER and not _is_verified(attributes):
        return "address not verified"
    return None


def _domain(address: object) -> str | None:
    """Return the domain of a plain address in lower case, or ``None`` for any other value.

    Only ASCII passes: what merely looks like a listed domain is another one.
    """
    if not isinstance(address, str) or not address.isascii() or address.count("@") != 1:
        return None
    local, _, domain = address.partition("@")
    too_long = len(address) > _MAX_ADDRESS_CHARACTERS or len(local) > _MAX_LOCAL_CHARACTERS
    if too_long or not _DOT_ATOM.fullmatch(local):
        return None
    return domain.lower()


def _is_verified(attributes: Mapping[str, Any]) -> bool:
    return str(attributes.get("email_verified", "")).lower() == "true"
