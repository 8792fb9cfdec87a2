"""Environment variables of a function, complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType


class MissingVariablesError(Exception):
    """Some environment variables are missing or empty; the message names all of them."""


def required(*names: str) -> Mapping[str, str]:
    """Return the named environment variables, by name.

    Raises:
        MissingVariablesError: Any of them is missing or empty.
    """
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise MissingVariablesError(f"environment variables are missing: {', '.join(missing)}")
    return MappingProxyType({name: os.environ[name] for name in names})
