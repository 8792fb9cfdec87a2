"""Amazon SES, one message to one recipient.

SES has no idempotency token: a request without an answer may have sent its message, so
only what SES refused for its rate is sent again at once.

Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

CLIENT_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
"""How the client must be made: it must not repeat a request on its own."""

THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
"""The rate is too high; nothing was sent."""

REFUSED = frozenset({"BadRequestException", "MessageRejected"})
"""The message or its recipient is at fault; another attempt would end the same."""

_PAUSES_SECONDS = (1.0, 2.0, 4.0)


class RefusedError(Exception):
    """SES does not take this message, now or later.

    Attributes:
        code: SES's own.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Mail:
    """A message.

    Attributes:
        subject: One line.
        text: As plain text.
        html: As HTML.
        unsubscribe_url: Page that ends such messages.
        file_name: Of the attachment.
        file_content: Of the attachment: Markdown.
    """

    subject: str
    text: str
    html: str
    unsubscribe_url: str
    file_name: str
    file_content: str


class Mailer:
    """SES as this function uses it.

    Args:
        client: A ``sesv2`` client made with :data:`CLIENT_CONFIG`.
        sender: The address, perhaps with a name, that messages come from.
        configuration_set: It publishes what becomes of them.
        environment: A tag of every message.
        sleep: Pauses for some seconds.
    """

    def __init__(
        self,
        client: Any,
        *,
        sender: str,
        configuration_set: str,
        environment: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set
        self._environment = environment
        self._sleep = sleep

    def send(self, mail: Mail, *, to: str, notification_id: int) -> str:
        """Send a message and return SES's id of it.

        Args:
            mail: The message.
            to: One address.
            notification_id: A tag; what becomes of the message is told with it.

        Raises:
            RefusedError: SES does not take it.
            ClientError: SES does not take it now.
            BotoCoreError: SES did not answer.
        """
        request = self._request(mail, to, notification_id)
        for pause_seconds in _PAUSES_SECONDS:
            try:
                return self._sent(request)
            except ClientError as error:
                if error.response["Error"]["Code"] not in THROTTLED:
                    raise
            self._sleep(pause_seconds)
        return self._sent(request)

    def _sent(self, request: dict[str, Any]) -> str:
        try:
            return str(self._client.send_email(**request)["MessageId"])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in REFUSED:
                raise RefusedError(code, error.response["Error"]["Message"]) from error
            raise

    def _request(self, mail: Mail, to: str, notification_id: int) -> dict[str, Any]:
        return {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [to]},
            "ConfigurationSetName": self._configuration_set,
            "EmailTags": [
                {"Name": "notification_id", "Value": str(notification_id)},
                {"Name": "environment", "Value": self._environment},
            ],
            "Content": {"Simple": _content(mail)},
        }


def _content(mail: Mail) -> dict[str, Any]:
    return {
        "Subject": _utf8(mail.subject),
        "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
        # No List-Unsubscribe-Post: the page asks who you are, and one click must not.
        # https://www.rfc-editor.org/rfc/rfc8058#section-3.1
        "Headers": [{"Name": "List-Unsubscribe", "Value": f"<{mail.unsubscribe_url}>"}],
        "Attachments": [
            {
                "FileName": mail.file_name,
                "ContentType": "text/markdown",
                "ContentDisposition": "ATTACHMENT",
                "ContentTransferEncoding": "BASE64",
                "RawContent": mail.file_content.encode(),
            }
        ],
    }


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
