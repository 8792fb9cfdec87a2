"""Why a page was not taken in; every message is fit for the person who asked for it."""

from __future__ import annotations


class IngestionError(Exception):
    """The page cannot be taken in."""


class RequestError(IngestionError):
    """What was asked for is not well-formed."""


class UrlRefusedError(IngestionError):
    """The address is one that this function never connects to."""


class FetchError(IngestionError):
    """The page could not be fetched."""


class StatusError(FetchError):
    """The server answered with an error.

    Attributes:
        status: HTTP status code.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered with status {status}")
        self.status = status
