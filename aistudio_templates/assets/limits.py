"""What Lambda takes, and how much of it an asset uses.

A function and its layers share the unzipped limit; an asset that fills it leaves no room
for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aistudio_templates.errors import AssetError

MAX_UNZIPPED_BYTES = 262_144_000
"""Largest function with all its layers, unzipped, in bytes (250 MiB).

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

DIRECT_UPLOAD_BYTES = 52_428_800
"""Largest zip that Lambda's own API takes, in bytes (50 MiB).

Ours come from S3, where the unzipped limit alone counts; a zip beyond it can no longer be
uploaded by hand in the console, and is slow to load.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""


@dataclass(frozen=True)
class SizeReport:
    """How large the zip of an asset is.

    Attributes:
        name: The asset's name.
        zipped_bytes: Size of the zip, in bytes.
        unzipped_bytes: Size of its files, in bytes.
    """

    name: str
    zipped_bytes: int
    unzipped_bytes: int

    @property
    def zipped_share(self) -> float:
        """Share of what can be uploaded without S3; may be above 1."""
        return self.zipped_bytes / DIRECT_UPLOAD_BYTES

    @property
    def unzipped_share(self) -> float:
        """Share of what a function and its layers may be together, 0 to 1."""
        return self.unzipped_bytes / MAX_UNZIPPED_BYTES


def check_size(what: object, sizes_in_bytes: Iterable[int]) -> None:
    """Check that files fit into a function.

    Args:
        what: Names them in the error.
        sizes_in_bytes: Their sizes, unzipped.

    Raises:
        AssetError: They do not.
    """
    size = sum(sizes_in_bytes)
    if size > MAX_UNZIPPED_BYTES:
        raise AssetError(
            f"{what}: {size:,} bytes unzipped, Lambda takes {MAX_UNZIPPED_BYTES:,}",
            "move data out of the function, or use a container image",
        )
