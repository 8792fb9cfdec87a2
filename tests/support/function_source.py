"""Importing a function's own modules, which have top-level names of their own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

FUNCTIONS = Path(__file__).resolve().parents[2] / "aistudio_templates" / "functions"


@contextmanager
def function_modules(function: str, *names: str) -> Iterator[tuple[ModuleType, ...]]:
    """Yield the named modules of a function; the interpreter forgets them afterwards.

    The layer's package ``aistudio_shared`` is found as on Lambda, and stays imported, so
    that all tests see the same classes.
    """
    folder = FUNCTIONS / function
    own = {path.stem for path in folder.glob("*.py")}
    paths = [str(folder), str(FUNCTIONS / "shared")]
    sys.path[:0] = paths
    try:
        yield tuple(importlib.import_module(name) for name in names)
    finally:
        for path in paths:
            sys.path.remove(path)
        for name in own:
            sys.modules.pop(name, None)
