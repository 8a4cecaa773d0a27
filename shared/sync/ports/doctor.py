"""What the doctor asks of the world beyond the ports the use cases have.

Never changes anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Identity:
    """Who the connector is to Dataverse.

    Attributes:
        user: id of the application user.
        organization: id of the environment's organization.
        name: the application user's name, "" when it may not be read.
        application: client id of its app registration or managed identity, None likewise.
        environment: the organization's name, "" likewise.
    """

    user: UUID
    organization: UUID
    name: str = ""
    application: UUID | None = None
    environment: str = ""


@dataclass(frozen=True)
class AccountNames:
    """Names of active accounts.

    Attributes:
        whole: whether these are all of them.
    """

    names: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class ColumnInfo:
    """A column as the metadata has it.

    Attributes:
        kind: its type, such as `String`.
        readable: whether rows show it.
    """

    kind: str
    readable: bool


@dataclass(frozen=True)
class ColumnDetails:
    """What the metadata says about what a column takes.

    Attributes:
        kind: its type, such as `String`.
        readable: whether rows show it.
        creatable: whether a row can be made with it.
        updatable: whether it can be changed later.
        required: whether rows have to have it.
        secured: whether only those see it that a column security profile names.
        length: most characters, None for what is no text.
        decimals: it keeps so many, None for what has none.
        day: whether it is a calendar day without a time.
    """

    kind: str
    readable: bool = True
    creatable: bool = True
    updatable: bool = True
    required: bool = False
    secured: bool = False
    length: int | None = None
    decimals: int | None = None
    day: bool = False


@dataclass(frozen=True)
class PriceList:
    """A price list.

    Attributes:
        currency: id of its currency, None when it does not say.
        active: whether it can be used.
    """

    name: str
    currency: UUID | None
    active: bool


@dataclass(frozen=True)
class PriceSettings:
    """What an organization has settled about the totals of its invoices.

    Attributes:
        calculates: whether Dynamics adds an invoice up itself.
        needs_list: whether it does so only for invoices that have a price list.
    """

    calculates: bool
    needs_list: bool


class Environment(Protocol):
    """Dataverse as the doctor sees it. Every method may raise any `ConnectorError`."""

    def get_identity(self) -> Identity:
        """Return who we are to Dataverse."""

    def find_application_user(self, application: UUID) -> UUID | None:
        """Return the enabled user an application is here, None when it is none."""

    def list_privileges(self, tables: Sequence[str]) -> Mapping[str, Mapping[str, str] | None]:
        """Return the privileges tables define.

        Returns:
            By table: a `core.privileges.Right` -> the privilege's name; None for a table that is
            not there.
        """

    def list_held(self, user: UUID, names: Sequence[str]) -> Mapping[str, str]:
        """Return the depth of those privileges a user holds: a `core.privileges.Depth`."""

    def list_price_lists(self, currency: UUID) -> list[str]:
        """Return the names of the active price lists in a currency."""

    def list_all_price_lists(self) -> list[PriceList]:
        """Return the price lists of every currency, active or not."""

    def get_price_settings(self) -> PriceSettings:
        """Return what the organization has settled about totals."""

    def get_column(self, table: str, name: str) -> ColumnInfo | None:
        """Return a column of a table, None when it has none of that name."""

    def list_details(self, columns: Sequence[tuple[str, str]]) -> list[ColumnDetails | None]:
        """Return what columns take, by table and name, in their order; None for one not there."""

    def list_account_names(self, *, most: int) -> AccountNames:
        """Return the names of at most so many active accounts, in order."""

    def list_links(self) -> Iterator[tuple[str, UUID]]:
        """Yield the client keys that accounts carry, with the accounts' ids."""


@dataclass(frozen=True)
class UnreadableRow:
    """A stored row that this release cannot read.

    Attributes:
        partition: its first key.
        key: its second key.
        why: what is wrong with it, naming columns and never what they hold.
    """

    table: str
    partition: str
    key: str
    why: str


@dataclass(frozen=True)
class TableSurvey:
    """What a table holds.

    Attributes:
        versions: how many rows there are of each version, 0 for rows that do not say.
        unreadable: those that cannot be read.
        whole: whether these are all of its rows.
    """

    table: str
    versions: Mapping[int, int]
    unreadable: tuple[UnreadableRow, ...]
    whole: bool = True


class StoredRows(Protocol):
    """The rows the connector keeps for itself. Every method may raise any `ConnectorError`."""

    def survey(self, *, most: int) -> Iterator[TableSurvey]:
        """Read at most so many rows of each table, and yield what each holds."""

    def delete_unreadable(self, table: str, partition: str, key: str) -> None:
        """Delete a row that cannot be read.

        Raises:
            NotPossibleError: there is no such table or row, or it can be read.
        """


class Schema(Protocol):
    """The connector's schema in Dataverse."""

    def check(self) -> list[str]:
        """Return what is missing or different, in words to act on."""
