"""How Amplify builds the web application, and which headers it adds.

A build's variables do not reach the server that it makes, so the build writes those that
are named here, none of them secret, into the file that Next.js reads when it starts.

Source: https://docs.aws.amazon.com/amplify/latest/userguide/ssr-environment-variables.html
"""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from aistudio_templates.patterns.asset_headers import HSTS_SECONDS

SECURITY_HEADERS = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": f"max-age={HSTS_SECONDS}",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers on every answer; the application itself sets its content security policy."""

_ENVIRONMENT_FILE = ".env.production"


def build_spec(variables: Iterable[str]) -> str:
    """Return the build specification of a Next.js application.

    Args:
        variables: Names of the variables that the server reads: no other one of the build's
            environment is written down.

    Source: https://docs.aws.amazon.com/amplify/latest/userguide/yml-specification-syntax.html
    """
    named = "|".join(sorted(variables))
    specification = {
        "version": 1,
        "frontend": {
            "phases": {
                "preBuild": {"commands": ["npm ci --legacy-peer-deps"]},
                "build": {
                    "commands": [
                        f"env | grep -E '^({named})=' > {_ENVIRONMENT_FILE}",
                        "npm run build",
                    ]
                },
            },
            "artifacts": {"baseDirectory": ".next", "files": ["**/*"]},
            "cache": {"paths": ["node_modules/**/*", ".next/cache/**/*"]},
        },
    }
    return _yaml(specification)


def custom_headers() -> str:
    """Return the headers that Amplify adds to every answer.

    Source: https://docs.aws.amazon.com/amplify/latest/userguide/custom-headers.html
    """
    headers = [{"key": key, "value": value} for key, value in sorted(SECURITY_HEADERS.items())]
    return _yaml({"customHeaders": [{"pattern": "**", "headers": headers}]})


def _yaml(document: object) -> str:
    text: str = yaml.safe_dump(document, sort_keys=False, width=1_000_000)
    return text
