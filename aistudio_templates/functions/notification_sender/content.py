"""Subject, text and HTML of the message.

All that users and models wrote is escaped. Pure: may import the standard library and this
function's own modules only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from outcome import Outcome, summary

MAX_SUMMARY_CHARACTERS = 10_000
"""Of what the assistant wrote, in characters; the attachment has more of it."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;background:#f3f4f6;font-family:Arial,Helvetica,sans-serif;color:#1f2937">
<div style="max-width:640px;margin:0 auto;padding:24px">
<h1 style="margin:0;padding:16px 24px;background:{colour};color:#ffffff;font-size:20px">\
AI Studio</h1>
<div style="padding:24px;background:#ffffff">
<h2 style="margin:0 0 8px;font-size:18px">{name}</h2>
<p style="margin:0 0 16px;color:{colour};font-weight:bold">{verdict}</p>
<table style="margin:0 0 16px;font-size:14px;border-collapse:collapse">{facts}</table>
{parts}
<p style="margin:24px 0 0"><a href="{result_url}" style="padding:10px 18px;background:#1d4ed8;\
color:#ffffff;text-decoration:none">View the full result</a></p>
</div>
<p style="padding:0 24px;font-size:12px;color:#6b7280">
<a href="{schedules_url}">Schedules</a> · <a href="{preferences_url}">Preferences</a> ·
<a href="{unsubscribe_url}">Unsubscribe</a></p>
</div>
</body>
</html>
"""

_FACT = '<tr><td style="padding:2px 16px 2px 0;color:#6b7280">{name}</td><td>{value}</td></tr>'

_PART = (
    '<h3 style="margin:16px 0 8px;font-size:15px">{title}</h3>\n'
    '<div style="white-space:pre-wrap;font-size:14px;line-height:1.5">{text}</div>'
)

_SUCCEEDED, _FAILED = "#166534", "#b91c1c"


class InvalidUrlError(ValueError):
    """The application's address is none that a message may link to."""


@dataclass(frozen=True)
class Links:
    """Pages of the application.

    Attributes:
        base_url: Where it is, without a slash at the end.
    """

    base_url: str

    @classmethod
    def of(cls, base_url: str) -> Links:
        """Return the pages of the application at ``base_url``.

        Raises:
            InvalidUrlError: It is no address of HTTPS, or of the developer's machine.
        """
        parts = urlsplit(base_url)
        local = parts.scheme == "http" and parts.hostname == "localhost"
        odd = not re.fullmatch(r"[!-~]+", base_url) or re.search(r"[<>\"'@?#\\]", base_url)
        if odd or not parts.hostname or not (parts.scheme == "https" or local):
            raise InvalidUrlError("the application's URL must be https://host[:port][/path]")
        return cls(base_url.rstrip("/"))

    def result(self, execution_id: int) -> str:
        """Return the page of an execution's result."""
        return f"{self.base_url}/execution-results/{execution_id}"

    @property
    def schedules(self) -> str:
        """The page of the user's schedules."""
        return f"{self.base_url}/schedules"

    @property
    def preferences(self) -> str:
        """The page of what the user wants to be told."""
        return f"{self.base_url}/preferences"

    @property
    def unsubscribe(self) -> str:
        """The page that ends these messages."""
        return f"{self.base_url}/preferences/unsubscribe"


def subject(outcome: Outcome) -> str:
    """Return the subject: one line, for the schedule's name is one."""
    return f"{outcome.schedule_name} - {outcome.verdict}"


def text_body(outcome: Outcome, links: Links) -> str:
    """Return the message as plain text."""
    facts = [f"{name}: {value}" for name, value in outcome.facts()]
    parts = [f"{title}\n\n{text}" for title, text in _parts(outcome)]
    return "\n\n".join(
        [
            f"{outcome.schedule_name}\n{outcome.verdict}",
            "\n".join(facts),
            *parts,
            f"Full result: {links.result(outcome.execution_id)}",
            f"Schedules: {links.schedules}\nPreferences: {links.preferences}\n"
            f"Unsubscribe: {links.unsubscribe}",
        ]
    )


def html_body(outcome: Outcome, links: Links) -> str:
    """Return the message as HTML, with whatever is not ours escaped."""
    facts = (_filled(_FACT, name=name, value=value) for name, value in outcome.facts())
    parts = (_filled(_PART, title=title, text=text) for title, text in _parts(outcome))
    return _PAGE.format(
        subject=escape(subject(outcome)),
        name=escape(outcome.schedule_name),
        verdict=escape(outcome.verdict),
        colour=_SUCCEEDED if outcome.succeeded else _FAILED,
        facts="".join(facts),
        parts="\n".join(parts),
        result_url=escape(links.result(outcome.execution_id)),
        schedules_url=escape(links.schedules),
        preferences_url=escape(links.preferences),
        unsubscribe_url=escape(links.unsubscribe),
    )


def _parts(outcome: Outcome) -> list[tuple[str, str]]:
    parts = [("Error", outcome.failure), ("Summary", summary(outcome, MAX_SUMMARY_CHARACTERS))]
    return [(title, text) for title, text in parts if text]


def _filled(template: str, **values: str) -> str:
    return template.format(**{name: escape(value) for name, value in values.items()})
