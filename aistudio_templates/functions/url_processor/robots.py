"""The rules that a site has for robots.

Source: https://www.rfc-editor.org/rfc/rfc9309
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.robotparser import RobotFileParser

from failures import FetchError, StatusError
from locations import Location


class RobotsRules:
    """What the sites visited for one page allow; each is asked once.

    Args:
        fetch: Returns the body behind a URL; raises ``FetchError``.
        user_agent: Name of this robot.
    """

    def __init__(self, fetch: Callable[[str], bytes], user_agent: str) -> None:
        self._fetch = fetch
        self._user_agent = user_agent
        self._rules: dict[str, RobotFileParser | None] = {}

    def check(self, location: Location) -> None:
        """Let pass what the site allows.

        Raises:
            FetchError: The site does not allow it, or its rules cannot be read.
        """
        if location.origin not in self._rules:
            self._rules[location.origin] = self._read(location.origin)
        rules = self._rules[location.origin]
        if rules is not None and not rules.can_fetch(self._user_agent, location.url):
            raise FetchError("the site's robots.txt does not allow robots to read this page")

    def _read(self, origin: str) -> RobotFileParser | None:
        """Return the rules; ``None`` if the site has none.

        As the standard says: "not found" and its like allow everything, a server that fails
        allows nothing.
        """
        try:
            body = self._fetch(f"{origin}/robots.txt")
        except StatusError as error:
            if 400 <= error.status < 500:
                return None
            raise FetchError("the site's robots.txt cannot be read") from error
        except FetchError as error:
            raise FetchError(f"the site's robots.txt cannot be read: {error}") from error
        rules = RobotFileParser()
        rules.parse(body.decode("utf-8-sig", errors="replace").splitlines())
        return rules
