"""The currencies of an environment, each asked for now and then.

Never guesses which of two currencies with one code is meant.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import readings, views
from shared.adapters.dataverse.answers import Answer, first_row, parsed
from shared.adapters.dataverse.api import DataverseApi
from shared.core.views import Currency
from shared.errors import ConfigurationError
from shared.sync.ports import Clock
from shared.sync.remembered import Remembered

KEPT: Final = timedelta(minutes=10)
MISSING_KEPT: Final = timedelta(seconds=30)


class Currencies:
    """The currencies of one environment; safe for many threads."""

    def __init__(self, api: DataverseApi, clock: Clock) -> None:
        self._api = api
        self._by_code = Remembered(self._find, clock, keep=KEPT, keep_missing=MISSING_KEPT)
        self._by_id = Remembered(self._find_by_id, clock, keep=KEPT, keep_missing=MISSING_KEPT)

    def list_codes(self) -> frozenset[str]:
        """Return the ISO codes of the active currencies."""
        rows = self._api.read_rows(views.currency_codes())
        return frozenset(str(row.get("isocurrencycode") or "") for row in rows)

    def get(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached).

        Raises:
            ConfigurationError: two active currencies have this code.
        """
        return self._by_code.get(code)

    def get_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""
        return self._by_id.get(currency)

    def _find(self, code: str) -> Currency | None:
        found, organization = self._api.read([views.currency_by_code(code), views.environment()])
        rows = list(self._api.list_rows(found or {"value": []}))
        if len(rows) > 1:
            raise ConfigurationError(
                f"Dataverse has {len(rows)} active currencies with the code {code}; deactivate "
                "all but one."
            )
        return self._read(rows[0], organization) if rows else None

    def _find_by_id(self, currency: UUID) -> Currency | None:
        row, organization = self._api.read([views.currency_by_id(currency), views.environment()])
        return self._read(row, organization) if row is not None else None

    def _read(self, row: Answer, organization: Answer | None) -> Currency:
        settings = first_row(self._api, organization) or {}
        return parsed("transactioncurrency", lambda: readings.to_currency(row, settings))
