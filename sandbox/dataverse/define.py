"""The words in which tables are described as data: one short function per kind of column.

Never adds anything to an environment.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.dataverse.metadata import Column, Kind, Table

MONEY_LIMIT = Decimal(922337203685477)
WHOLE_LIMIT = Decimal(2147483647)

States = dict[int, tuple[str, dict[int, str]]]

ACTIVE_INACTIVE: States = {0: ("Active", {1: "Active"}), 1: ("Inactive", {2: "Inactive"})}


def text(name: str, length: int = 100, **more: Any) -> Column:
    """Describe a single line of text."""
    return Column(name, Kind.STRING, length=length, **more)


def memo(name: str, length: int, **more: Any) -> Column:
    """Describe a text of several lines."""
    return Column(name, Kind.MEMO, length=length, **more)


def whole(
    name: str, low: int = -int(WHOLE_LIMIT) - 1, high: int = int(WHOLE_LIMIT), **more: Any
) -> Column:
    """Describe a whole number."""
    return Column(name, Kind.INTEGER, low=Decimal(low), high=Decimal(high), **more)


def number(
    name: str, low: str = "-100000000000", high: str = "100000000000", **more: Any
) -> Column:
    """Describe a decimal number."""
    return Column(name, Kind.DECIMAL, low=Decimal(low), high=Decimal(high), **more)


def money(name: str, low: str | None = None, high: str | None = None, **more: Any) -> Column:
    """Describe an amount; the table gets a base currency twin when it is added."""
    lowest = Decimal(low) if low is not None else -MONEY_LIMIT
    highest = Decimal(high) if high is not None else MONEY_LIMIT
    return Column(name, Kind.MONEY, low=lowest, high=highest, **more)


def flag(name: str, *, default: bool = False, **more: Any) -> Column:
    """Describe a yes or no."""
    return Column(name, Kind.BOOLEAN, options={0: "No", 1: "Yes"}, default=default, **more)


def choice(name: str, options: dict[int, str], **more: Any) -> Column:
    """Describe a choice out of `options`."""
    return Column(name, Kind.PICKLIST, options=options, **more)


def day(name: str, **more: Any) -> Column:
    """Describe a calendar day without a time (behaviour DateOnly)."""
    return Column(name, Kind.DATETIME, behavior="DateOnly", format="DateOnly", **more)


def moment(name: str, **more: Any) -> Column:
    """Describe a point in time (behaviour UserLocal)."""
    given = {"format": "DateAndTime", **more}
    return Column(name, Kind.DATETIME, behavior="UserLocal", **given)


def lookup(name: str, kind: Kind = Kind.LOOKUP, **more: Any) -> Column:
    """Describe a reference; what it points at is told by relationships."""
    return Column(name, kind, **more)


def read_only(column: Column) -> Column:
    """Make `column` one that only the platform fills."""
    column.create = column.update = False
    return column


def states(described: States) -> list[Column]:
    """Describe the state and status reason columns.

    Args:
        described: state -> (label, its status reasons with their labels); the first of a state's
            reasons is taken when only the state is given.
    """
    reasons = {
        value: label for _, options in described.values() for value, label in options.items()
    }
    state_of = {value: state for state, (_, options) in described.items() for value in options}
    defaults = {state: next(iter(options)) for state, (_, options) in described.items()}
    first = next(iter(described))
    return [
        Column(
            "statecode",
            Kind.STATE,
            options={value: label for value, (label, _) in described.items()},
            required="SystemRequired",
            default=first,
            definition={"defaults": defaults},
        ),
        Column(
            "statuscode",
            Kind.STATUS,
            options=reasons,
            state_of=state_of,
            default=defaults[first],
        ),
    ]


def system_columns(table: Table) -> Iterable[Column]:
    """Describe what the platform gives to every table of people's rows."""
    yield Column(table.id, Kind.GUID, required="SystemRequired", update=False)
    yield read_only(moment("createdon"))
    yield read_only(moment("modifiedon"))
    yield Column(
        "overriddencreatedon", Kind.DATETIME, behavior="UserLocal", format="DateOnly", update=False
    )
    yield read_only(lookup("createdby"))
    yield read_only(lookup("modifiedby"))
    yield read_only(Column("versionnumber", Kind.BIGINT))
    yield Column("importsequencenumber", Kind.INTEGER, low=-WHOLE_LIMIT, high=WHOLE_LIMIT)
    if table.ownership in {"UserOwned", "TeamOwned"}:
        yield lookup("ownerid", Kind.OWNER, required="SystemRequired")
        yield read_only(lookup("owninguser"))
        yield read_only(lookup("owningteam"))


def activity_columns() -> list[Column]:
    """Describe what every activity table starts with."""
    return [
        memo("description", 2000),
        lookup("regardingobjectid"),
        Column("activitytypecode", Kind.ENTITY_NAME, create=False, update=False),
        moment("scheduledstart"),
        moment("scheduledend"),
        moment("actualstart"),
        moment("actualend"),
        moment("sortdate"),
        choice("prioritycode", {0: "Low", 1: "Normal", 2: "High"}, default=1),
        whole("actualdurationminutes", 0),
        whole("scheduleddurationminutes", 0),
    ]


ACTIVITY_STATES: States = {
    0: ("Open", {1: "Open"}),
    1: ("Completed", {2: "Completed"}),
    2: ("Canceled", {3: "Canceled"}),
    3: ("Scheduled", {4: "Scheduled"}),
}
