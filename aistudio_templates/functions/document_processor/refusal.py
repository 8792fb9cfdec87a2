"""The one way to say that a document itself is at fault."""

from __future__ import annotations


class RefusedError(Exception):
    """The document gives no result, however often it is tried; the reason is for its owner."""
