"""What ends a tuning; the state machine knows these names and never repeats some of them."""

from __future__ import annotations


class TuningError(Exception):
    """A tuning cannot go on."""


class InputError(TuningError):
    """The execution's input is wrong."""


class InterferenceError(TuningError):
    """Somebody else changes the function at the same time."""


class OutOfTimeError(TuningError):
    """What is still to do does not fit into the time that is left."""


class NotColdError(TuningError):
    """An invocation that had to be a cold start was none."""


class InvocationError(TuningError):
    """The function, or one that runs before or after it, failed."""


class ReportError(TuningError):
    """The end of an invocation's log does not tell how long it took."""


class CleanUpError(TuningError):
    """Something that the tuning made, or changed, is still there."""
