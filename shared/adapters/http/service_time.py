"""What time it is at a service, from the Date header of an answer.

Never signs in: a refusal tells the time as well.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from shared.adapters.http.transport import Transport

_REFUSALS: Final = range(400, 500)


class DateHeader:
    """The clock of one service.

    Args:
        transport: to the service.
        path: an address it answers without side effects.
    """

    def __init__(self, transport: Transport, path: str) -> None:
        self._transport = transport
        self._path = path

    def __call__(self) -> datetime | None:
        """Return what time it is there, to the second; None when the answer does not say.

        Raises:
            RetryLaterError: the service is throttled, down or unreachable.
            ConfigurationError: its address leads elsewhere.
        """
        response = self._transport.send("GET", self._path, idempotent=True, expected=_REFUSALS)
        try:
            moment = parsedate_to_datetime(response.headers.get("Date", ""))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
