"""What all sections of a configuration share: frozen, strict, no unknown keys.

Strict means that ``"5"`` is no 5: a wrong type is an error and never converted. What
involves several fields is checked where they stand; what involves several sections is
checked by :class:`~aistudio_templates.config.model.EnvironmentConfig`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of every section."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def one_of(value: int, valid: tuple[int, ...]) -> int:
    """Return ``value``.

    Raises:
        ValueError: It is not among ``valid``, which the message lists.
    """
    if value not in valid:
        raise ValueError(f"valid: {', '.join(map(str, valid))}")
    return value
