"""The result as a Markdown file.

Pure: may import the standard library and this function's own modules only.
"""

from __future__ import annotations

import json
import re
from typing import Any

from outcome import Outcome, summary

MAX_OUTPUT_CHARACTERS = 100_000
"""Of what the assistant wrote, in characters."""


def markdown(outcome: Outcome) -> str:
    """Return the file's content."""
    facts = [("Status", outcome.verdict), *outcome.facts(), ("Execution", outcome.execution_id)]
    parts = [
        f"# {_escaped(outcome.schedule_name)}",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        *_part("Output", summary(outcome, MAX_OUTPUT_CHARACTERS)),
        *_part("Metrics", _json((outcome.result or {}).get("metrics"))),
        *_part("Error", _escaped(outcome.failure)),
        *_part("Raw data", _json(outcome.result)),
    ]
    return "\n\n".join(parts) + "\n"


def _part(title: str, text: str) -> list[str]:
    return [f"## {title}", text] if text else []


def _json(value: Any) -> str:
    """Return a block of JSON, fenced by more backticks than it holds in a row."""
    if value is None:
        return ""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text}\n{fence}"


def _escaped(text: str) -> str:
    """Return a line whose characters mean themselves.

    Source: https://spec.commonmark.org/0.31.2/#backslash-escapes
    """
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", text)
