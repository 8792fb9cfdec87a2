"""The one shape of everything that a check reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; every one of them fails the check."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, order=True)
class Finding:
    """Something a check found.

    Attributes:
        file: The template, relative to the working directory.
        line: 1-based line in that file.
        id: The rule's id, such as ``E3002``.
        severity: How bad it is.
        path: Where in the template, such as ``Resources/Cluster/Properties``.
        message: What is wrong.
        source_url: The document behind the rule.
    """

    file: str
    line: int
    id: str
    severity: Severity
    path: str
    message: str
    source_url: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.id} {self.message} ({self.path})"
