"""What is kept of the connections to FreshBooks, in Azure Tables: businesses, callbacks, consents.

Never holds a token, a code or a verifier: those are in Key Vault.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC
from typing import Any, Final

from shared.adapters.azure.tables import (
    Entity,
    Table,
    Tables,
    clip,
    etag_of,
    key,
    moment,
    moment_or_none,
    readable,
)
from shared.core.connections import Business, Registration, RegistrationState, SyncedBusiness
from shared.core.consent import Consent, Stage
from shared.errors import ConflictError

_ACCOUNTS: Final = "account"
_CONSENTS: Final = "consent"


class TableBusinesses:
    """The port `Businesses` over the table `accounts`."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("accounts")

    def get(self, business: str) -> SyncedBusiness | None:
        """Return one, None when it is not synced."""
        found = self._table.get(_ACCOUNTS, key(business))
        return _business(found) if found is not None else None

    def list_all(self) -> list[SyncedBusiness]:
        """Return all, in order of their ids."""
        found = self._table.query("PartitionKey eq @businesses", businesses=_ACCOUNTS)
        return sorted(readable(found, _business), key=lambda business: business.id)

    def upsert(self, business: SyncedBusiness) -> None:
        """Start to sync one, or to read it by another login."""
        self._table.upsert(
            {
                "PartitionKey": _ACCOUNTS,
                "RowKey": key(business.id),
                "account": business.id,
                "name": clip(business.name),
                "connection": business.connection,
                "identity": str(business.identity),
            }
        )

    def delete(self, business: str) -> None:
        """Stop to sync one; one that is gone is fine."""
        self._table.delete(_ACCOUNTS, key(business))


class TableRegistrations:
    """The port `Registrations` over the table `registrations`.

    A partition is a business, a row the noun its callback reports.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("registrations")

    def get(self, business: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""
        found = self._table.get(business, key(noun))
        return _registration(found) if found is not None else None

    def list_all(self) -> Iterator[Registration]:
        """Yield all."""
        found = self._table.query("PartitionKey gt @all", all="")
        yield from readable(found, _registration)

    def upsert(self, registration: Registration) -> None:
        """Keep one."""
        self._table.upsert(
            {
                "PartitionKey": registration.business,
                "RowKey": key(registration.noun),
                "noun": registration.noun,
                "uri": clip(registration.uri),
                "state": str(registration.state),
                "callback": str(registration.callback) if registration.callback else None,
                "since": registration.since.astimezone(UTC) if registration.since else None,
                "asked": registration.asked,
            }
        )

    def delete(self, business: str, noun: str) -> None:
        """Forget one; one that is gone is fine."""
        self._table.delete(business, key(noun))


def _registration(entity: Entity) -> Registration:
    callback = entity.get("callback")
    return Registration(
        business=entity["PartitionKey"],
        noun=entity["noun"],
        uri=entity["uri"],
        state=RegistrationState(entity["state"]),
        callback=int(callback) if callback else None,
        since=moment_or_none(entity.get("since")),
        asked=entity.get("asked", 0),
    )


class TableConsents:
    """The port `Consents` over the table `consents`, by compare-and-set on the entity's ETag."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("consents")

    def get(self, consent: str) -> Consent | None:
        """Return one, None when there is none of this id."""
        found = self._table.get(_CONSENTS, key(consent))
        return _consent(found) if found is not None else None

    def add(self, consent: Consent) -> Consent:
        """Keep a new one and return it with its version."""
        return self._kept(consent, self._table.insert)

    def replace(self, consent: Consent) -> Consent:
        """Keep the next stage of one and return it with its new version.

        Raises:
            ConflictError: somebody else took the step meanwhile.
        """
        return self._kept(consent, lambda entity: self._table.replace(entity, etag=consent.version))

    def _kept(self, consent: Consent, write: Callable[[Entity], str]) -> Consent:
        try:
            return replace(consent, version=write(_consent_entity(consent)))
        except ConflictError:
            # The SDK sends again when an answer is lost: the conflict may be with our own write.
            found = self.get(consent.id)
            if found is None or found != consent:
                raise
            return found


def _business(entity: Entity) -> SyncedBusiness:
    return SyncedBusiness(
        id=entity["account"],
        name=entity["name"],
        connection=entity["connection"],
        identity=int(entity["identity"]),
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
        "businesses": json.dumps([_membership(each) for each in consent.businesses]),
        "wanted": json.dumps(consent.wanted),
        "accounts": json.dumps(consent.chosen),
        "answered": consent.answered.astimezone(UTC) if consent.answered else None,
    }


def _consent(entity: Entity) -> Consent:
    return Consent(
        id=entity["consent"],
        stage=Stage(entity["stage"]),
        at=moment(entity["at"]),
        problem=entity["problem"],
        identity=int(entity["identity"]),
        businesses=tuple(map(_member, json.loads(entity["businesses"]))),
        wanted=tuple(json.loads(entity["wanted"])),
        chosen=tuple(json.loads(entity["accounts"])),
        answered=moment_or_none(entity.get("answered")),
        version=etag_of(entity),
    )


def _membership(business: Business) -> dict[str, str | None]:
    return {"account": business.id, "name": business.name, "role": business.role}


def _member(stored: dict[str, Any]) -> Business:
    return Business(id=stored["account"], name=stored["name"], role=stored["role"])
