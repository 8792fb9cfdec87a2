"""The address of a page that draws the result.

The figures stand behind ``#``, so a browser shows them without sending them anywhere.

Source: https://github.com/matteo-ronchetti/aws-lambda-power-tuning-ui
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

from strategies import Candidate

_PAGE = "https://lambda-power-tuning.show/"


def visualization_url(candidates: Sequence[Candidate], region: str) -> str:
    """Return the page's address.

    It takes memory sizes as 16-bit integers, durations in milliseconds and prices in USD as
    32-bit floats, all little-endian, in base64 and by ascending memory.

    Args:
        candidates: What to draw.
        region: Prices in China are in yuan.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.memory_mib)
    figures = (
        _encoded("h", [candidate.memory_mib for candidate in ordered]),
        _encoded("f", [candidate.duration_ms for candidate in ordered]),
        _encoded("f", [candidate.cost_usd for candidate in ordered]),
    )
    query = "?currency=CNY" if region.startswith("cn-") else ""
    return f"{_PAGE}{query}#{';'.join(figures)}"


def _encoded(kind: str, numbers: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}{kind}", *numbers)).decode()
