"""People and businesses, and the `users/me` body that shows one to the other.

Never holds a business' records.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

_NAMESPACE = uuid.UUID("5c6f3c1e-51f5-4c0c-9f43-6a3f5c1b7e02")

# The older `roles[]` list has a vocabulary of its own.
_OLD_ROLES = {"owner": "admin"}


@dataclass(frozen=True)
class Identity:
    """A person who can log in."""

    id: int
    email: str
    first_name: str = "Robin"
    last_name: str = "Hale"

    @property
    def uuid(self) -> str:
        """Return the identity's other id."""
        return str(uuid.uuid5(_NAMESPACE, f"identity {self.id}"))


@dataclass(frozen=True)
class Membership:
    """What an identity is in a business; `userid` is its number there (a client's: its id)."""

    role: str = "owner"
    userid: int = 1


@dataclass
class Business:
    """A business with its books.

    Attributes:
        account_id: names the books in `/accounting` and `/events`.
        id: the integer id of the project-like families.
        hides_account_id: `business.account_id` is null in `users/me` although the account exists;
            the id then stands in `roles[]` only.
        members: by identity id.
    """

    account_id: str
    id: int
    name: str
    currency: str = "USD"
    timezone: str = "America/New_York"
    hides_account_id: bool = False
    members: dict[int, Membership] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """Return the id that ledger accounts are under."""
        return str(uuid.uuid5(_NAMESPACE, f"business {self.id}"))

    @property
    def system(self) -> str:
        """Return the classic address of the account, which some webhooks carry."""
        return f"https://{self.account_id.lower()}.freshbooks.com"


def users_me(identity: Identity, businesses: list[Business]) -> dict[str, Any]:
    """Return the body of `GET /auth/api/v1/users/me`; its envelope has no `result` level.

    A business in which the identity is a mere client is no membership of theirs: it shows up in
    `roles[]` only.
    """
    mine = [business for business in businesses if identity.id in business.members]
    working = [one for one in mine if one.members[identity.id].role != "client"]
    states = {one.account_id: "active" for one in working}
    return {
        "response": {
            "id": identity.id,
            "identity_id": identity.id,
            "identity_uuid": identity.uuid,
            "identity_origin": "magnum",
            "email": identity.email,
            "unconfirmed_email": None,
            "first_name": identity.first_name,
            "last_name": identity.last_name,
            "language": "en",
            "timezone": "America/New_York",
            "confirmed_at": "2024-02-01T15:00:00Z",
            "created_at": "2024-02-01T14:58:11Z",
            "setup_complete": True,
            "addresses": [None],
            "phone_numbers": [{"title": "", "phone_number": None}],
            "profession": None,
            "profile": {
                "setup_complete": True,
                "first_name": identity.first_name,
                "last_name": identity.last_name,
                "phone_number": None,
                "address": None,
                "professions": [],
                "has_password": True,
            },
            "links": {
                "me": f"/service/auth/api/v1/users?id={identity.id}",
                "roles": f"/service/auth/api/v1/users/role/{identity.id}",
            },
            "business_memberships": [_membership(one, identity) for one in working],
            "roles": [_role(one, identity) for one in mine],
            "business_statuses": states,
            "subscription_statuses": states,
        }
    }


def _membership(business: Business, identity: Identity) -> dict[str, Any]:
    return {
        # Not the business' id, though it stands where one looks for it.
        "id": business.id + 1_000_000,
        "role": business.members[identity.id].role,
        "unacknowledged_change": False,
        "business": {
            "id": business.id,
            "business_uuid": business.uuid,
            "account_id": None if business.hides_account_id else business.account_id,
            "name": business.name,
            "active": True,
            "address": {
                "id": business.id + 2_000_000,
                "street": "12 Wharf Road",
                "street2": "",
                "city": "Halifax",
                "province": "Nova Scotia",
                "country": "Canada",
                "postal_code": "B3H 1A1",
            },
            "phone_number": {"id": business.id + 3_000_000, "phone_number": "9025550119"},
            "business_clients": [],
            "business_type": None,
            "date_format": "mm/dd/yyyy",
            "first_day_of_week": 1,
            "industry": None,
            "status": "active",
            "timezone": business.timezone,
        },
    }


def _role(business: Business, identity: Identity) -> dict[str, Any]:
    member = business.members[identity.id]
    number = business.id + 4_000_000
    return {
        "id": number,
        "role": _OLD_ROLES.get(member.role, member.role),
        "systemid": business.id + 5_000_000,
        "userid": member.userid,
        "accountid": business.account_id,
        "created_at": "2024-02-01T14:58:12Z",
        "links": {"destroy": f"/service/auth/api/v1/users/role/{number}"},
    }
