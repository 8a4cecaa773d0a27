"""Changing clients in the books.

Never touches a client's invoices.
"""

import uuid

from sandbox.freshbooks import eastern
from sandbox.freshbooks.businesses import Business
from sandbox.freshbooks.changes import Changes
from sandbox.freshbooks.ledger import ACTIVE, ARCHIVED, DELETED
from sandbox.freshbooks.tables import Fields
from sandbox.freshbooks.values import checked

# What a person or a program may write, and what it is when nobody did.
WRITABLE: Fields = {
    "organization": "",
    "fname": "",
    "lname": "",
    "email": "",
    "bus_phone": "",
    "mob_phone": "",
    "home_phone": None,
    "fax": "",
    "p_street": "",
    "p_street2": "",
    "p_city": "",
    "p_province": "",
    "p_country": "",
    "p_code": "",
    "s_street": "",
    "s_street2": "",
    "s_city": "",
    "s_province": "",
    "s_country": "",
    "s_code": "",
    "currency_code": None,
    "language": "en",
    "note": None,
    "vat_name": None,
    "vat_number": None,
    "company_industry": None,
    "company_size": None,
    "pref_email": True,
    "pref_gmail": False,
    "allow_late_fees": True,
    "allow_late_notifications": True,
    "allow_email_include_pdf": False,
}
_FIXED: Fields = {
    "direct_link_token": None,
    "has_retainer": None,
    "last_activity": None,
    "last_login": None,
    "level": 0,
    "notified": False,
    "num_logins": 0,
    "retainer_id": None,
    "role": "client",
    "statement_token": None,
    "subdomain": None,
}


class ClientOperations(Changes):
    """What can be done to clients."""

    def create_client(self, *, account: str | None = None, **fields: object) -> Fields:
        """Add a client; `fields` are FreshBooks' own names, none is required.

        >>> # books.create_client(organization="Nordic Tools", email="ap@nordic.example")
        """
        business = self.business(account)
        given = checked("client", fields, WRITABLE)
        with self.lock:
            row = self._insert(
                "client", business.account_id, self._started_client(business) | given
            )
        return self.shown("client", row)

    def _started_client(self, business: Business) -> Fields:
        """Return a client of whom nothing is written yet."""
        drawn = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return {
            "accounting_systemid": business.account_id,
            "uuid": str(drawn),
            "username": drawn.hex[:10],
            "signup_date": eastern.utc_stamp(self.clock()),
            **_FIXED,
            **WRITABLE,
            "currency_code": business.currency,
        }

    def edit_client(self, client: int, **fields: object) -> Fields:
        """Change a client's fields."""
        given = checked("client", fields, WRITABLE)
        with self.lock:
            row = self.row("client", client)
            self._change("client", row, given)
            self._fire("client", "update", row)
        return self.shown("client", row)

    def archive_client(self, client: int) -> Fields:
        """Archive a client: still listed, vis_state 2."""
        return self.set_visibility("client", client, ARCHIVED)

    def delete_client(self, client: int) -> Fields:
        """Delete a client softly: vis_state 1, out of default lists; its invoices stay."""
        return self.set_visibility("client", client, DELETED)

    def restore_client(self, client: int) -> Fields:
        """Make an archived or deleted client active again."""
        return self.set_visibility("client", client, ACTIVE)


_SNAPSHOT = {
    "organization": "organization",
    "fname": "fname",
    "lname": "lname",
    "street": "p_street",
    "street2": "p_street2",
    "city": "p_city",
    "province": "p_province",
    "code": "p_code",
    "country": "p_country",
    "vat_name": "vat_name",
    "vat_number": "vat_number",
}


def snapshot(client: Fields) -> Fields:
    """Return what an invoice or a credit note keeps of its client as it is when it is made."""
    return {name: client[source] for name, source in _SNAPSHOT.items()}
