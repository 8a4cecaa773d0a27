"""What is kept of the connections to FreshBooks, in Azure Tables: businesses and consents.

Never holds a token or a code: those are in Key Vault.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from shared.adapters.azure.columns import Entity, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.parts import packed, unpacked
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, etag_of, key
from shared.core.connections import Business, SyncedBusiness
from shared.core.consent import Consent, Stage
from shared.errors import ConflictError

_ACCOUNTS: Final = "account"
_CONSENTS: Final = "consent"
_IN_A_REQUEST: Final = 100  # the service takes no more


class TableBusinesses:
    """The port `Businesses` over the table `accounts`."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.ACCOUNTS)
        self._rows = Rows(self._table, read_business)

    def get(self, business: str) -> SyncedBusiness | None:
        """Return one, None when it is not synced.

        Raises:
            UnreadableRowError: its row cannot be read; what asks for it waits until it is mended.
        """
        return self._rows.get(_ACCOUNTS, key(business))

    def list_all(self) -> list[SyncedBusiness]:
        """Return all whose rows can be read, in order of their ids."""
        found = self._rows.query("PartitionKey eq @businesses", businesses=_ACCOUNTS)
        return sorted(found, key=lambda business: business.id)

    def upsert(self, business: SyncedBusiness) -> None:
        """Start to sync one, or to read it by another login."""
        self._table.upsert(_business_entity(business))

    def upsert_all(self, businesses: Sequence[SyncedBusiness]) -> None:
        """Do so with many, a hundred in a request; what is cut short is done in part."""
        # A request must not name one row twice.
        entities = list({each.id: _business_entity(each) for each in businesses}.values())
        for first in range(0, len(entities), _IN_A_REQUEST):
            self._table.upsert_all(entities[first : first + _IN_A_REQUEST])

    def delete(self, business: str) -> None:
        """Stop to sync one; one that is gone is fine."""
        self._table.delete(_ACCOUNTS, key(business))


class TableConsents:
    """The port `Consents` over the table `consents`, by compare-and-set on the entity's ETag."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.CONSENTS)
        # One that cannot be read is begun anew by the person.
        self._rows = Rows(self._table, read_consent, instead=lambda _row, _error: None)

    def get(self, consent: str) -> Consent | None:
        """Return one, None when there is none of this id that can be read."""
        return self._rows.get(_CONSENTS, key(consent))

    def add(self, consent: Consent) -> Consent:
        """Keep a new one and return it with its version."""
        return self._kept(consent, self._table.insert)

    def replace(self, consent: Consent) -> Consent:
        """Keep the next stage of one and return it with its new version.

        Raises:
            ConflictError: somebody else took the step meanwhile.
        """
        return self._kept(consent, lambda entity: self._table.replace(entity, etag=consent.version))

    def list_under_way(self, *, since: datetime) -> Iterator[Consent]:
        """Yield those that can be read, wait for no person, and reached their stage since then."""
        yield from self._rows.query(
            "PartitionKey eq @consents and at ge @since and ( stage eq @one or stage eq @other )",
            consents=_CONSENTS,
            since=since.astimezone(UTC),
            one=str(Stage.EXCHANGING),
            other=str(Stage.SAVED),
        )

    def prune(self, *, before: datetime, keep: Collection[str], most: int) -> int:
        """Delete those that were over before a moment, and return how many.

        One that cannot be read stays: it may be of a later release, and the doctor names it.
        """
        old = self._rows.query(
            "PartitionKey eq @consents and at lt @before",
            consents=_CONSENTS,
            before=before.astimezone(UTC),
        )
        over = (each.id for each in old if each.is_over(before) and each.id not in keep)
        deleted = 0
        for consent in itertools.islice(over, most):
            self._table.delete(_CONSENTS, key(consent))
            deleted += 1
        return deleted

    def _kept(self, consent: Consent, write: Callable[[Entity], str]) -> Consent:
        try:
            return replace(consent, version=write(_consent_entity(consent)))
        except ConflictError:
            # The SDK sends again when an answer is lost: the conflict may be with our own write.
            found = self.get(consent.id)
            if found is None or found != consent:
                raise
            return found


def read_business(row: Row) -> SyncedBusiness:
    """Read a row of `accounts`."""
    return SyncedBusiness(
        id=row.text("account"),
        name=row.text("name"),
        connection=row.text("connection"),
        identity=row.digits("identity"),
    )


def _consent_entity(consent: Consent) -> dict[str, Any]:
    return {
        "PartitionKey": _CONSENTS,
        "RowKey": key(consent.id),
        "consent": consent.id,
        "stage": str(consent.stage),
        "at": consent.at.astimezone(UTC),
        "problem": clip(consent.problem),
        "identity": str(consent.identity),
        **packed("businesses", [_Membership.of(each).model_dump() for each in consent.businesses]),
        **packed("wanted", consent.wanted),
        **packed("accounts", consent.chosen),
        "answered": consent.answered.astimezone(UTC) if consent.answered else None,
        "browser": consent.browser or None,
    }


def _business_entity(business: SyncedBusiness) -> dict[str, Any]:
    return {
        "PartitionKey": _ACCOUNTS,
        "RowKey": key(business.id),
        "account": business.id,
        "name": clip(business.name),
        "connection": business.connection,
        "identity": str(business.identity),
    }


class _Membership(BaseModel):
    account: str | None
    name: str
    role: str

    @classmethod
    def of(cls, business: Business) -> "_Membership":
        return cls(account=business.id, name=business.name, role=business.role)

    def business(self) -> Business:
        return Business(id=self.account, name=self.name, role=self.role)


_MEMBERSHIPS: Final = TypeAdapter(list[_Membership])
_IDS: Final = TypeAdapter(list[str])


def read_consent(row: Row) -> Consent:
    """Read a row of `consents`."""
    memberships = unpacked(row, "businesses", _MEMBERSHIPS)
    return Consent(
        id=row.text("consent"),
        stage=row.word("stage", Stage),
        at=row.moment("at"),
        problem=row.text("problem"),
        identity=row.digits("identity"),
        businesses=tuple(each.business() for each in memberships),
        wanted=tuple(unpacked(row, "wanted", _IDS)),
        chosen=tuple(unpacked(row, "accounts", _IDS)),
        answered=row.moment_or_none("answered"),
        browser=row.text("browser", default=""),
        version=etag_of(row.entity),
    )
