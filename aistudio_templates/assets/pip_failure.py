"""What pip's output means: which requirement, why, and what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from aistudio_templates.assets.lock import Requirement
from aistudio_templates.assets.target import Target
from aistudio_templates.errors import AssetError

_UNREACHABLE = re.compile(
    r"connection broken by|Max retries exceeded|Could not fetch URL|timed out|"
    r"Temporary failure in name resolution",
    re.IGNORECASE,
)
_LONGEST_REASON = 300
"""pip lists every version there is; nobody reads them."""


def pip_failure(messages: Sequence[str], lock: Sequence[Requirement], target: Target) -> AssetError:
    """Return the error that says what pip could not do.

    Args:
        messages: What pip printed, line by line.
        lock: What it was asked for.
        target: What it was asked for it to run on.
    """
    text = "\n".join(messages)
    if "No module named pip" in text:
        return AssetError(
            f"{sys.executable}: pip is not installed, but needed to package dependencies",
            "run: python -m ensurepip",
        )
    if "DO NOT MATCH THE HASHES" in text:
        after = text.partition("DO NOT MATCH THE HASHES")[2]
        return AssetError(
            f"{_about(after, lock)}: its file for {target.python} has none of the locked hashes",
            "lock it with the hashes of all its files; if its version did not change, "
            "someone may have tampered with it",
        )
    if _UNREACHABLE.search(text):
        return AssetError(
            f"{_about(text, lock)}: the package index cannot be reached",
            "check the network and pip's configuration: pip config list",
        )
    if "No matching distribution found" in text:
        after = text.partition("No matching distribution found")[2]
        return AssetError(
            f"{_about(after, lock)}: no wheel for {target.python}",
            "choose a version that has one for manylinux and this processor",
        )
    return AssetError(f"{_about(text, lock)}: pip failed: {_reason(messages)}")


def _about(text: str, lock: Sequence[Requirement]) -> str:
    """Return the requirement that ``text`` names first."""
    places = {str(requirement): _place(text, requirement) for requirement in lock}
    named = {name: place for name, place in places.items() if place >= 0}
    return min(named, key=lambda name: named[name]) if named else ", ".join(places)


def _place(text: str, requirement: Requirement) -> int:
    name = "[-_.]+".join(requirement.name.split("-"))
    found = re.search(rf"(?<![\w.-]){name}(?![\w-])", text, re.IGNORECASE)
    return found.start() if found else -1


def _reason(messages: Sequence[str]) -> str:
    errors = [message for message in messages if message.startswith("ERROR")]
    lines = errors or [message for message in messages if message.strip()] or ["it said nothing"]
    return lines[-1].removeprefix("ERROR: ")[:_LONGEST_REASON]
