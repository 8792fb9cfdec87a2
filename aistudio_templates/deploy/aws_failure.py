"""What a refused or failed AWS call means. Pure: judges an error by its code.

``aws_errors`` raises :class:`AwsError` from botocore's exception; everybody else asks
here what kind of failure it was, without importing botocore.
"""

from __future__ import annotations

from aistudio_templates.errors import AwsError

EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "LoginTokenLoadError",
        "RequestExpired",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
"""Codes and exception names for a session that has ended."""

MISSING = frozenset({"CredentialRetrievalError", "NoCredentialsError", "PartialCredentialsError"})
"""Exception names for credentials that were not found."""

DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "UnauthorizedOperation",
    }
)
"""Codes for a permission that the caller lacks."""

INVALID_CREDENTIALS = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Codes for credentials that AWS does not know."""

THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes for too many calls."""

UNREACHABLE = frozenset(
    {
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "ConnectionError",
        "EndpointConnectionError",
        "HTTPClientError",
        "IncompleteReadError",
        "ProxyConnectionError",
        "ReadTimeoutError",
        "ResponseStreamingError",
        "SSLError",
    }
)
"""Exception names for a network that did not answer."""

_SERVER = frozenset({"500", "503", "InternalError", "InternalFailure", "ServiceUnavailable"})

_HINTS = (
    (EXPIRED, "sign in again (`aws sso login`), then repeat the command"),
    (
        MISSING,
        "looked at --profile, the environment, the shared files, SSO and the instance or "
        "container role; sign in or set AWS_PROFILE",
    ),
    (DENIED, "ask for this permission on this resource, then repeat the command"),
    (INVALID_CREDENTIALS, "check the access key, the session token and the region"),
    ({"RequestTimeTooSkewed"}, "this machine's clock is wrong: set it"),
    (THROTTLED, "too many calls in this account: repeat the command in a minute"),
    (UNREACHABLE, "check the network, the proxy and the region, then repeat the command"),
    (_SERVER, "AWS has a problem of its own: repeat the command in a minute"),
)


def code_of(cause: BaseException | None) -> str:
    """Return the service's error code, or the exception's name where there is none."""
    response = getattr(cause, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", "Unknown"))
    return type(cause).__name__


def is_transient(error: AwsError) -> bool:
    """Return whether the same call may succeed a little later."""
    return code_of(error.__cause__) in THROTTLED | UNREACHABLE | _SERVER


def is_denied(error: AwsError) -> bool:
    """Return whether AWS received the call and refused it for lack of permission."""
    return code_of(error.__cause__) in DENIED


def hint_for(code: str) -> str | None:
    """Return the next step after a failure with ``code``, if there is an obvious one."""
    return next((hint for codes, hint in _HINTS if code in codes), None)
