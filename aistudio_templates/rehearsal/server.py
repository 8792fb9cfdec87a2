"""The child's entry point: the emulator's server with our recorders and repairs.

Run as ``python -m aistudio_templates.rehearsal.server <descriptor>`` by ``child``,
never imported by the parent. May import the emulator, its server, and this room.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from aistudio_templates.rehearsal import (
    attributes,
    gaps,
    nested,
    prerequisites,
    recorder,
    statements,
)
from aistudio_templates.rehearsal.confinement import confine_functions
from aistudio_templates.rehearsal.lifeline import tie_to_parent
from aistudio_templates.rehearsal.observation import Observation
from aistudio_templates.rehearsal.outbound import refuse_outbound
from aistudio_templates.rehearsal.report import REPORT_PATH, to_json


def main(descriptor: str) -> None:
    """Serve the emulator on an inherited socket until this process is ended.

    Args:
        descriptor: Number of the bound socket's file descriptor.
    """
    tie_to_parent(Path.cwd())
    refuse_outbound()
    confine_functions()
    # Lambda functions inherit this environment and must not find our package.
    os.environ.pop("PYTHONPATH", None)
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.loglevel = os.environ["LOG_LEVEL"]
    asyncio.run(serve(_application(), config, shutdown_trigger=_never))


async def _never() -> None:
    """Keep serving: the lifeline alone ends the process."""
    await asyncio.Event().wait()


def _application() -> Any:
    """Return the emulator's application with recorders, repairs and the report."""
    # The emulator runs scripts from two fixed directories of the machine at its start.
    app._collect_scripts = lambda *_directories: []
    region = os.environ["MINISTACK_REGION"]
    gaps.close_all()
    nested.register()
    # Before the recorders, whose attributes are complete by construction.
    attributes.complete_all(region)
    recorded = recorder.register(region)
    observation = Observation(recorded, reason=recorder.REASON)
    observation.watch()
    statements.record_statements(
        lambda: observation.count(statements.STATEMENT, reason=statements.REASON)
    )
    prerequisites.make_up_secrets(
        lambda name: observation.count(f"secret {name}", reason=prerequisites.REASON)
    )
    prerequisites.make_up_hosted_zones(
        lambda zone: observation.count(f"hosted zone {zone}", reason=prerequisites.REASON)
    )
    account_id = os.environ["MINISTACK_ACCOUNT_ID"]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == REPORT_PATH:
            await _answer(send, to_json(account_id, observation.types()))
        else:
            await app.app(scope, receive, send)

    return application


async def _answer(send: Any, body: bytes) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    main(sys.argv[1])
