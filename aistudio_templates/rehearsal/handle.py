"""What a caller holds while the emulator runs.

May use the standard library, ``errors`` and the parent's side of this room.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field

from aistudio_templates.rehearsal.child import Child
from aistudio_templates.rehearsal.report import REPORT_PATH, EmulatorReport, from_json
from aistudio_templates.rehearsal.surroundings import CREDENTIALS, credentials_environment

_ANSWER_SECONDS = 10.0
"""Patience for the report while the emulator is busy with a Lambda cold start."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Attributes:
        endpoint_url: For every AWS service, and the base of path-style template URLs.
        account_id: The account it answers for.
        region: Its default region.
    """

    endpoint_url: str
    account_id: str
    region: str
    _child: Child = field(repr=False)

    @property
    def credentials(self) -> tuple[str, str]:
        """Access key id and secret access key, valid nowhere else."""
        return CREDENTIALS

    def observed(self) -> EmulatorReport:
        """Return which resource types were created so far, and how.

        Raises:
            RehearsalError: The emulator ended or does not answer.
        """
        try:
            return from_json(self._child.request(REPORT_PATH, timeout_seconds=_ANSWER_SECONDS))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._child.failure("does not answer") from error


def session_environment(emulator: Emulator) -> dict[str, str]:
    """Return environment variables that point a whole process at the emulator.

    With them set, an AWS SDK finds the emulator's credentials before any other source
    and its endpoint for every service; it reads no configuration file and asks no
    instance metadata service. A process may still hold ``AWS_PROFILE`` or
    ``AWS_SESSION_TOKEN`` of the shell: start from an environment without ``AWS_*``.
    """
    return {
        **credentials_environment(emulator.region),
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
    }
