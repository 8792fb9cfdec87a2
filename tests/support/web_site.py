"""A web server on loopback whose pages are functions of a test."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Callable
from typing import Any

ENGLISH = "text/plain; charset=utf-8"

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
"""Answers one request."""


class Site:
    """A web server on loopback; what it does with a path is a function of the test's.

    Attributes:
        routes: What to do, by path without the query.
        seen: Path and headers of what was asked.
        bodies: What was posted.
    """

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.seen.append((self.path, dict(self.headers)))
                self.close_connection = True
                with contextlib.suppress(OSError):
                    site.routes.get(self.path.partition("?")[0], missing)(self)

            def do_POST(self) -> None:
                site.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = False

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]

    def url(self, path: str = "/", host: str = "school.example") -> str:
        return f"http://{host}:{self.port}{path}"


def missing(request: http.server.BaseHTTPRequestHandler) -> None:
    request.send_error(404)


def page(
    body: bytes, media_type: str | None = ENGLISH, status: int = 200, **headers: str
) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if media_type is not None:
            request.send_header("Content-Type", media_type)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def redirect(target: str, status: int = 302) -> Answer:
    return page(b"moved", status=status, Location=target)


def slowly(body: bytes, *, pieces: list[bytes], pause: float) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.wfile.write(body)
        for piece in pieces:
            request.wfile.write(piece)
            request.wfile.flush()
            time.sleep(pause)

    return answer
