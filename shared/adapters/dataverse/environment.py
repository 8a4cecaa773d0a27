"""What the doctor asks of Dataverse: who we are, what we may do, what would be in the way.

Never writes, and never decides whether what it reads is good enough.

Privilege names are read from the table definitions, never composed: they follow the schema name's
case, all activities share one set, and a name that does not exist counts as not held. What is held
is asked with RetrieveUserSetOfPrivilegesByNames, which includes what comes by teams:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveusersetofprivilegesbynames
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/securityprivilegemetadata
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from shared.adapters.dataverse import invoice_views, readings, views
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.faults import NO_ENVIRONMENT
from shared.adapters.dataverse.odata import API, PureRequest, Query, list_rows
from shared.adapters.dataverse.schema_reads import read_column
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports.doctor import (
    AccountNames,
    ColumnDetails,
    ColumnInfo,
    Identity,
    PriceList,
    PriceSettings,
)

# PrivilegeType and PrivilegeDepth come as names or as their numbers.
_RIGHTS: Final = ("None", "Create", "Read", "Write", "Delete", "Assign", "Share", "Append")
_RIGHT_NUMBERS: Final = dict(enumerate((*_RIGHTS, "AppendTo")))
_DEPTH_NUMBERS: Final = dict(enumerate(("Basic", "Local", "Deep", "Global")))
WHO_AM_I: Final = f"{API}/WhoAmI"
_HELD: Final = "Microsoft.Dynamics.CRM.RetrieveUserSetOfPrivilegesByNames(PrivilegeNames=@p)"
_CALCULATES: Final = "oobpricecalculationenabled"
_NEEDS_LIST: Final = "ispricelistmandatory"
_REQUIRED: Final = frozenset({"SystemRequired", "ApplicationRequired"})


class DataverseEnvironment:
    """The port `Environment` of the doctor.

    Every method may raise `RetryLaterError` and `ConfigurationError`.

    Args:
        api: the environment's Web API.
    """

    def __init__(self, api: DataverseApi) -> None:
        self._api = api

    def get_identity(self) -> Identity:
        """Return who we are to Dataverse; names only where we may read them."""
        who = self._api.read([PureRequest("GET", "WhoAmI")])[0]
        if who is None:
            raise ConfigurationError(f"Dataverse: nobody is known there. {NO_ENVIRONMENT}.")
        try:
            user, organization = UUID(str(who["UserId"])), UUID(str(who["OrganizationId"]))
        except (KeyError, ValueError):
            raise RetryLaterError("Dataverse: WhoAmI did not say who.") from None
        person = self._optional(f"systemusers({user})?$select=fullname,applicationid")
        firm = self._optional(f"organizations({organization})?$select=name")
        return Identity(
            user=user,
            organization=organization,
            name=str(person.get("fullname") or ""),
            application=_id(person.get("applicationid")),
            environment=str(firm.get("name") or ""),
        )

    def find_application_user(self, application: UUID) -> UUID | None:
        """Return the enabled user an application is here, None when it is none."""
        rows = self._api.read_rows(
            list_rows(
                "systemuser",
                Query(("systemuserid",), equal={"applicationid": application, "isdisabled": False}),
            )
        )
        return next((_id(row.get("systemuserid")) for row in rows), None)

    def list_privileges(self, tables: Sequence[str]) -> dict[str, dict[str, str] | None]:
        """Return the privileges tables define: right -> name; None for a table that is missing."""
        gets = [
            PureRequest("GET", f"EntityDefinitions(LogicalName='{table}')?$select=Privileges")
            for table in tables
        ]
        found = self._api.read(gets)
        return {
            table: None if definition is None else _by_right(definition)
            for table, definition in zip(tables, found, strict=True)
        }

    def list_held(self, user: UUID, names: Sequence[str]) -> dict[str, str]:
        """Return the depth of those privileges a user holds, by roles and by teams."""
        given = quote(json.dumps(list(names)))
        found = self._api.read([PureRequest("GET", f"systemusers({user})/{_HELD}?@p={given}")])[0]
        privileges = found.get("RolePrivileges") if found is not None else None
        if not isinstance(privileges, list):
            raise ConfigurationError("Dataverse does not say which privileges are held.")
        return {
            str(each.get("PrivilegeName")): _named(each.get("Depth"), _DEPTH_NUMBERS)
            for each in privileges
        }

    def list_price_lists(self, currency: UUID) -> list[str]:
        """Return the names of the active price lists in a currency."""
        rows = self._api.read_rows(invoice_views.price_lists(currency, None))
        return [str(row.get("name")) for row in rows]

    def list_all_price_lists(self) -> list[PriceList]:
        """Return the price lists of every currency, active or not."""
        query = Query(("name", "_transactioncurrencyid_value", "statecode"))
        return [
            PriceList(
                name=str(row.get("name") or ""),
                currency=_id(row.get("_transactioncurrencyid_value")),
                active=row.get("statecode") == 0,
            )
            for row in self._api.read_rows(list_rows("pricelevel", query))
        ]

    def get_price_settings(self) -> PriceSettings:
        """Return what the organization has settled about totals; what it leaves open is usual.

        https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/organization
        """
        rows = self._api.read_rows(list_rows("organization", Query((_CALCULATES, _NEEDS_LIST))))
        settled = rows[0] if rows else {}
        return PriceSettings(
            calculates=settled.get(_CALCULATES) is not False,
            needs_list=settled.get(_NEEDS_LIST) is not False,
        )

    def get_column(self, table: str, name: str) -> ColumnInfo | None:
        """Return a column of a table, None when it has none of that name."""
        path = (
            f"EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{name}')"
            "?$select=AttributeType,IsValidForRead"
        )
        found = self._api.read([PureRequest("GET", path)])[0]
        if found is None:
            return None
        kind = str(found.get("AttributeType") or "")
        return ColumnInfo(kind, readable=found.get("IsValidForRead") is not False)

    def list_details(self, columns: Sequence[tuple[str, str]]) -> list[ColumnDetails | None]:
        """Return what columns take, by table and name, in their order; None for one not there."""
        if not columns:
            return []
        found = self._api.read([read_column(table, name) for table, name in columns])
        return [_details(each) if each is not None else None for each in found]

    def list_account_names(self, *, most: int) -> AccountNames:
        """Return the names of at most so many active accounts, in order; pages as far as needed.

        Counting by `$apply` would stop at 50,000 rows and fold case and accents, which matching
        tells apart.
        """
        query = Query(("name",), equal={"statecode": 0}, order="name")
        found = self._api.read([list_rows("account", query)])[0]
        rows = self._api.list_rows(found or {"value": []})
        names = tuple(str(row.get("name") or "") for row in islice(rows, most + 1))
        return AccountNames(names[:most], whole=len(names) <= most)

    def list_links(self) -> Iterator[tuple[str, UUID]]:
        """Yield the keys of the clients that belong to an account, with the accounts' ids."""
        found = self._api.read([views.client_links()])[0]
        for row in map(readings.to_client, self._api.list_rows(found or {"value": []})):
            if row.account is not None and row.belongs:
                yield row.key, row.account

    def _optional(self, path: str) -> Mapping[str, Any]:
        try:
            return self._api.read([PureRequest("GET", path)])[0] or {}
        except ConfigurationError:
            return {}  # the role does not let us read it: no reason to say that sign-in failed


def _details(definition: Mapping[str, Any]) -> ColumnDetails:
    level = definition.get("RequiredLevel") or {}
    length, decimals = definition.get("MaxLength"), definition.get("Precision")
    return ColumnDetails(
        kind=str(definition.get("AttributeType") or ""),
        readable=definition.get("IsValidForRead") is not False,
        creatable=definition.get("IsValidForCreate") is not False,
        updatable=definition.get("IsValidForUpdate") is not False,
        required=level.get("Value") in _REQUIRED,
        secured=definition.get("IsSecured") is True,
        length=length if isinstance(length, int) else None,
        decimals=decimals if isinstance(decimals, int) else None,
        day=definition.get("Format") == "DateOnly",
    )


def _by_right(definition: Mapping[str, Any]) -> dict[str, str]:
    return {
        _named(each.get("PrivilegeType"), _RIGHT_NUMBERS): str(each["Name"])
        for each in definition.get("Privileges") or ()
        if each.get("Name")
    }


def _named(value: Any, numbers: Mapping[int, str]) -> str:
    return numbers.get(value, "") if isinstance(value, int) else str(value or "")


def _id(value: Any) -> UUID | None:
    return UUID(str(value)) if value else None
