"""A stand-in for the application, as scheduled executions call it: HTTPS, tokens, answers.

Its certificate is made by the command ``openssl`` and signs itself: who calls must be told
to trust it, and checks it like any other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.loopback_server import Request, Response, serving

_CERTIFICATE = """
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = application
[extensions]
subjectAltName = IP:127.0.0.1
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, digitalSignature
subjectKeyIdentifier = hash
"""


@dataclass
class Application:
    """The application, which remembers what it was asked to run.

    Attributes:
        url: Its address.
        certificate: File with the certificate that callers must trust.
        asked: Headers and body of each request, newest last.
        response: What it answers next; by default that the work is done.
    """

    certificate: Path
    url: str = ""
    asked: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    response: Response = field(
        default_factory=lambda: Response(b'{"text": "All students are here.", "warnings": []}')
    )

    def _answer(self, request: Request) -> Response:
        if request.path != "/api/assistant-architect/execute/scheduled":
            return Response(b"{}", 404)
        self.asked.append((dict(request.headers), json.loads(request.body)))
        return self.response


@contextmanager
def application(directory: Path) -> Iterator[Application]:
    """Serve until the block ends.

    Args:
        directory: For certificate and key.
    """
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    settings = directory / "certificate.cnf"
    settings.write_text(_CERTIFICATE)
    command = "openssl req -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    files = ["-config", str(settings), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    running = Application(certificate)
    with serving(running._answer, tls=tls) as running.url:
        yield running


def claims_of(token: str, secret: str) -> dict[str, Any]:
    """Return the claims of a JSON Web Token that ``secret`` signed.

    Raises:
        AssertionError: Something else signed it.
    """
    content, _, signature = token.rpartition(".")
    expected = hmac.new(secret.encode(), content.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(_decoded(signature), expected)
    return dict(json.loads(_decoded(content.partition(".")[2])))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
