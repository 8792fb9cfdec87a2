"""An embedded AWS emulator in a child process, for deploys that touch nothing.

::

    with emulator(region="us-east-1") as running:
        session = boto3.Session(*running.credentials, region_name=running.region)
        client = session.client("cloudformation", endpoint_url=running.endpoint_url)

The room gives an endpoint and facts; it knows neither templates nor deploys. It may
call the standard library, ``errors``, and (inside the child only) the emulator and the
resource schemas that come with cfn-lint. Only the command line imports it.

``handle``, ``running``, ``child`` and ``surroundings`` are the parent's side; ``server``
and what it imports run in the child; ``report`` is what the two say to each other.
"""

from __future__ import annotations

from aistudio_templates.rehearsal.handle import Emulator, session_environment
from aistudio_templates.rehearsal.report import EmulatorReport, HandledType
from aistudio_templates.rehearsal.running import emulator

__all__ = ["Emulator", "EmulatorReport", "HandledType", "emulator", "session_environment"]
