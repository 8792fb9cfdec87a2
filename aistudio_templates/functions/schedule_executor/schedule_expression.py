"""Cron expressions of EventBridge Scheduler, and the time zones they are read in.

Pure: may import the standard library only.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_MAX_CHARACTERS = 250
"""CreateSchedule takes 256, with ``cron()`` around the fields.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

_MAX_TIMEZONE_CHARACTERS = 50
"""Source: the same page."""

_WRAPPED = re.compile(r"cron\((.*)\)", re.DOTALL)


class InvalidScheduleError(ValueError):
    """A cron expression or a time zone that EventBridge Scheduler would not take."""


def _numbered(names: str, first: int) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names.split(), start=first)}


@dataclass(frozen=True)
class _Field:
    """One of the six.

    Attributes:
        name: As in AWS's documentation.
        lowest: Least value.
        highest: Greatest value.
        names: Numbers by name, such as ``MON``.
        special: What it may be beside values, ranges and steps.
    """

    name: str
    lowest: int
    highest: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: re.Pattern[str] | None = None

    def check(self, text: str) -> None:
        """Check a field.

        Raises:
            InvalidScheduleError: It is malformed or out of range.
        """
        upper = text.upper()
        if self.special is not None and self.special.fullmatch(upper):
            return
        for part in upper.split(","):
            self._check_part(part, text)

    def _check_part(self, part: str, text: str) -> None:
        base, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and 0 < int(step) <= self.highest):
            raise self._wrong(text)
        if base == "*":
            return
        first, dash, last = base.partition("-")
        values = [self._value(value, text) for value in ([first, last] if dash else [first])]
        if values != sorted(values):
            raise self._wrong(text)

    def _value(self, value: str, text: str) -> int:
        number = self.names.get(value, -1)
        if value.isascii() and value.isdigit():
            number = int(value)
        if not self.lowest <= number <= self.highest:
            raise self._wrong(text)
        return number

    def _wrong(self, text: str) -> InvalidScheduleError:
        return InvalidScheduleError(
            f"the cron field {self.name} ({self.lowest}-{self.highest}) cannot be {text!r}"
        )


_MONTHS = _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", 1)
_DAYS = _numbered("SUN MON TUE WED THU FRI SAT", 1)

_DAY_OF_MONTH = _Field(
    "day-of-month", 1, 31, special=re.compile(r"\?|L|LW|(?:[1-9]|[12]\d|3[01])W")
)
_DAY_OF_WEEK = _Field(
    "day-of-week",
    1,
    7,
    _DAYS,
    special=re.compile(rf"\?|(?:[1-7]|{'|'.join(_DAYS)})?L|(?:[1-7]|{'|'.join(_DAYS)})#[1-5]"),
)

_FIELDS: Sequence[_Field] = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _DAY_OF_MONTH,
    _Field("month", 1, 12, _MONTHS),
    _DAY_OF_WEEK,
    _Field("year", 1970, 2199),
)


def schedule_expression(cron: str) -> str:
    """Return ``cron`` as EventBridge Scheduler wants it: ``cron(0 8 ? * MON-FRI *)``.

    Args:
        cron: Six fields, with or without ``cron()`` around them.

    Raises:
        InvalidScheduleError: It has not six fields, a field is malformed or out of
            range, or day-of-month and day-of-week are both given.
    """
    wrapped = _WRAPPED.fullmatch(cron.strip())
    texts = (wrapped.group(1) if wrapped else cron).split()
    if len(texts) != len(_FIELDS):
        names = " ".join(field.name for field in _FIELDS)
        raise InvalidScheduleError(f"a cron expression has six fields ({names}): got {len(texts)}")
    joined = " ".join(texts)
    if len(joined) > _MAX_CHARACTERS:
        raise InvalidScheduleError(f"a cron expression has at most {_MAX_CHARACTERS} characters")
    for cron_field, text in zip(_FIELDS, texts, strict=True):
        cron_field.check(text)
    if (texts[2] == "?") == (texts[4] == "?"):
        raise InvalidScheduleError("exactly one of day-of-month and day-of-week must be ?")
    return f"cron({joined})"


def checked_timezone(name: str) -> str:
    """Return ``name`` if it is a time zone of the IANA database.

    Where the machine has no such database, only the form is checked, and EventBridge
    Scheduler has the last word.

    Raises:
        InvalidScheduleError: There is no such time zone.
    """
    if len(name) > _MAX_TIMEZONE_CHARACTERS or not re.fullmatch(r"[A-Za-z0-9_+/-]+", name):
        raise InvalidScheduleError(f"{name[:60]!r} is no IANA time zone")
    if not _exists(name) and _exists("Europe/London"):
        raise InvalidScheduleError(f"{name!r} is no IANA time zone")
    return name


def _exists(timezone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return False
    return True
