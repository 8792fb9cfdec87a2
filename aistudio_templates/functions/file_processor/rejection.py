"""The one way to say that a file itself is at fault."""

from __future__ import annotations


class RejectedError(Exception):
    """The file gives no text, however often it is tried; the reason is for its owner."""
