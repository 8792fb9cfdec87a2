"""Counts what the emulator creates, by resource type.

Runs in the child; may use the emulator's table of handlers and ``report``.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from ministack.services.cloudformation import provisioners

from aistudio_templates.rehearsal.report import HandledType


class Observation:
    """Counts of created resources, safe to use from the emulator's worker threads."""

    def __init__(self, recorded: Collection[str], *, reason: str) -> None:
        self._reasons = dict.fromkeys(recorded, reason)
        self._created: Counter[str] = Counter()
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Count every creation through the emulator's handlers from now on."""
        for resource_type, handler in provisioners._RESOURCE_HANDLERS.items():
            if "create" in handler:
                handler["create"] = self._counting(resource_type, handler["create"])
        custom = provisioners._custom_resource_create

        @functools.wraps(custom)
        def create_custom(logical_id: str, props: Any, stack: str, resource_type: str) -> Any:
            created = custom(logical_id, props, stack, resource_type)
            self.count(resource_type)
            return created

        provisioners._custom_resource_create = create_custom

    def types(self) -> list[HandledType]:
        """Return one entry for each type created so far."""
        with self._lock:
            created = dict(self._created)
        return [
            HandledType(name, count, self._reasons.get(name)) for name, count in created.items()
        ]

    def _counting(self, resource_type: str, create: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(create)
        def counted(*arguments: Any, **options: Any) -> Any:
            created = create(*arguments, **options)
            self.count(resource_type)
            return created

        return counted

    def count(self, name: str, *, reason: str | None = None) -> None:
        """Count one more of a resource type, or of something else that is worth telling.

        Args:
            name: The resource type, or what it is.
            reason: Why it was only recorded; for types, the recorders' reason is known.
        """
        with self._lock:
            self._created[name] += 1
            if reason is not None:
                self._reasons[name] = reason
