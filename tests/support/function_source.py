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
    """Yield the named modules of a function; the interpreter forgets them afterwards."""
    folder = FUNCTIONS / function
    own = {path.stem for path in folder.glob("*.py")}
    sys.path.insert(0, str(folder))
    try:
        yield tuple(importlib.import_module(name) for name in names)
    finally:
        sys.path.remove(str(folder))
        for name in own:
            sys.modules.pop(name, None)
