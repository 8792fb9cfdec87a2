"""What a zip is built for: Lambda's processors and runtimes, or this machine."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

PYTHON_VERSION = "3.14"
"""Python of our functions: the newest that Lambda, cfn-lint and the emulator all know.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

NODE_VERSION = "24"
"""The same for Node.js."""

_LAMBDA = "lambda"

_SAME_PROCESSOR = {"aarch64": "arm64", "amd64": "x86_64"}
"""How others call what Lambda calls otherwise."""


@dataclass(frozen=True)
class Target:
    """Where a zip is going to run.

    Attributes:
        architecture: The processor in Lambda's words: ``arm64`` or ``x86_64``.
        python_version: Such as ``3.14``.
        node_version: Such as ``24``.
        system: ``lambda``, or the operating system of this machine in Python's words.
    """

    architecture: str = "arm64"
    python_version: str = PYTHON_VERSION
    node_version: str = NODE_VERSION
    system: str = _LAMBDA

    @property
    def on_lambda(self) -> bool:
        """Whether it is Lambda, and not this machine."""
        return self.system == _LAMBDA

    @property
    def python(self) -> str:
        """What wheels depend on, such as ``lambda arm64 python3.14``."""
        return f"{self.system} {self.architecture} python{self.python_version}"

    @property
    def node(self) -> str:
        """What a bundle depends on, such as ``lambda arm64 node24``."""
        return f"{self.system} {self.architecture} node{self.node_version}"


LAMBDA = Target()
"""Where our functions run."""


def host_target() -> Target:
    """Return this machine with the Python that is running, for rehearsals.

    An emulator runs functions here, where native libraries for Lambda do not load.
    """
    machine = platform.machine().lower()
    return Target(
        architecture=_SAME_PROCESSOR.get(machine, machine),
        python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
        system=sys.platform,
    )
