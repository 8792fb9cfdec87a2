"""From a message of the queue to a message of SES, once.

The row is there before anything is sent, a claim keeps two deliveries apart, and what
SES took is never sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_shared.claims import claim
from aistudio_shared.logs import described, logger
from aistudio_shared.records import PermanentError, Record
from attachment import markdown
from botocore.exceptions import BotoCoreError, ClientError
from content import Links, html_body, subject, text_body
from mailer import Mail, Mailer, RefusedError
from message import Message, parse
from notification_rows import PENDING, Notification, NotificationRows
from outcome import Outcome, outcome_of
from plain_text import file_name, is_address

LEASE_SECONDS = 300
"""Longer than any invocation, in seconds."""

_RUNNING = "running"

_LOG = logger("notification_sender")


class NotFinishedError(Exception):
    """The execution is still running; its notification comes too soon."""


@dataclass(frozen=True)
class Sending:
    """What sending needs.

    Attributes:
        rows: The tables.
        mailer: SES.
        claims: Table of claims.
        links: Pages of the application.
        zone: Time zone of what is shown.
    """

    rows: NotificationRows
    mailer: Mailer
    claims: Any
    links: Links
    zone: Any

    def handle(self, record: Record) -> None:
        """Send the notification that a message asks for, unless it was sent.

        An address that must not be written to is an end like another: the notification
        failed, the row says why, and nobody needs to look at the message again.

        Raises:
            PermanentError: No other attempt would help: the message is malformed, its
                user does not own the execution, or SES refuses the message.
            NotFinishedError: The execution is still running.
            InProgressError: Another invocation sends it.
            ClientError: AWS does not do it now.
            BotoCoreError: AWS did not answer.
            OutOfTimeError: The database did not answer in time.
        """
        message = parse(record)
        row = self._execution(message)
        outcome = outcome_of(row, name=message.schedule_name, zone=self.zone)
        notification = self.rows.pending(
            message.execution_id,
            message.user_id,
            subject=subject(outcome),
            body=text_body(outcome, self.links),
        )
        if notification.status != PENDING:
            _LOG.info("notification was sent before", notificationId=notification.id)
        elif row["suppressed"] is not None:
            reason = f"the address is suppressed: {row['suppressed']}"
            self.rows.failed(notification.id, reason)
            _LOG.warning("notification not sent", notificationId=notification.id, reason=reason)
        else:
            self._send(outcome, self._address(row, notification), notification, record)

    def _execution(self, message: Message) -> Mapping[str, Any]:
        row = self.rows.execution(message.execution_id)
        if row is None:
            raise PermanentError(f"execution {message.execution_id} does not exist")
        if row["owner_id"] != message.user_id:
            raise PermanentError(f"the user does not own execution {message.execution_id}")
        if row["status"] == _RUNNING:
            raise NotFinishedError(f"execution {message.execution_id} is still running")
        return row

    def _address(self, row: Mapping[str, Any], notification: Notification) -> str:
        address = row["email"]
        if not isinstance(address, str) or not is_address(address):
            reason = "the user has no valid e-mail address"
            self.rows.failed(notification.id, reason)
            raise PermanentError(reason)
        return address

    def _send(
        self, outcome: Outcome, address: str, notification: Notification, record: Record
    ) -> None:
        mail = self._mail(outcome)
        message_id = None
        try:
            with claim(
                self.claims, f"notification_sender#{notification.id}", LEASE_SECONDS
            ) as claimed:
                if not claimed.done:
                    message_id = self.mailer.send(mail, to=address, notification_id=notification.id)
        except RefusedError as error:
            self.rows.failed(notification.id, str(error))
            # SES's own words may name the recipient.
            raise PermanentError(f"SES refused the message: {error.code}") from error
        except (BotoCoreError, ClientError) as error:
            if record.last_attempt:
                self.rows.failed(notification.id, described(error))
            raise
        self.rows.sent(notification.id, message_id)
        _LOG.info("notification sent", notificationId=notification.id, messageId=message_id)

    def _mail(self, outcome: Outcome) -> Mail:
        return Mail(
            subject=subject(outcome),
            text=text_body(outcome, self.links),
            html=html_body(outcome, self.links),
            unsubscribe_url=self.links.unsubscribe,
            file_name=file_name(outcome.schedule_name, f"{outcome.started_at:%Y-%m-%d}"),
            file_content=markdown(outcome),
        )
