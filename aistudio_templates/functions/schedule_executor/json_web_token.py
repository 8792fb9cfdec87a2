"""JSON Web Tokens signed with HMAC-SHA-256.

Source: https://www.rfc-editor.org/rfc/rfc7515 and https://www.rfc-editor.org/rfc/rfc7519
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

_MIN_SECRET_BYTES = 32
"""A key as long as the hash, at least.

Source: https://www.rfc-editor.org/rfc/rfc7518#section-3.2
"""


class WeakSecretError(ValueError):
    """The secret is too short to sign with."""


def signed(claims: Mapping[str, str | int], secret: str) -> str:
    """Return the token of ``claims`` in compact form.

    Args:
        claims: What the token says, by registered or agreed names.
        secret: Known to us and to who checks the token; 32 bytes or more.

    Raises:
        WeakSecretError: The secret is shorter.
    """
    key = secret.encode()
    if len(key) < _MIN_SECRET_BYTES:
        raise WeakSecretError(f"the secret must have {_MIN_SECRET_BYTES} bytes or more")
    content = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.new(key, content.encode(), hashlib.sha256).digest()
    return f"{content}.{_base64url(signature)}"


def _part(value: Mapping[str, str | int]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
