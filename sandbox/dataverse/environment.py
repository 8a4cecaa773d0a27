"""One environment: its schema, its rows, its clock, and the rows every environment starts with.

Never decides what a request may do.
"""

import contextlib
import gc
import pickle
import threading
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.dataverse import errors, sales, standard, values
from sandbox.dataverse.addresses import Predicate
from sandbox.dataverse.choices import Choices
from sandbox.dataverse.customization import Customizing
from sandbox.dataverse.literals import Guid, Moment
from sandbox.dataverse.metadata import REFERENCES, TEXT, Column, Key, Kind, Table, new_id
from sandbox.dataverse.schema import Schema
from sandbox.dataverse.shapes import Shape, Shapes
from sandbox.dataverse.store import Row, Store

Reference = tuple[str, str]
# Told of a row that is about to be stored: its table and its columns. Raises to refuse it.
PlugIn = Callable[[str, Row], None]

# What an environment is started with; everything else of it is saved.
_OF_ITS_OWN = frozenset(
    {
        "clock",
        "key_delay",
        "strict_activities",
        "choices",
        "lock",
        "dirty",
        "before_commit",
        "plug_ins",
        "shapes",
    }
)

# Those that clients can probe for; UpsertMultiple is there where both are.
MESSAGES = ("CreateMultiple", "UpdateMultiple")
UPSERT = "UpsertMultiple"
_OF_TABLE = "primaryobjecttypecode"


class Environment:
    """What all parts of the simulator share.

    Attributes:
        lock: held while a request reads or writes rows.
        dirty: invoices whose totals are to be calculated before the transaction ends.
        user, business_unit, organization, currency: ids of the rows each environment has.
        privileges: what the caller's roles grant unlike a System Administrator's: privilege's name
            -> its depth, None where it is not granted.
        others: what other users and teams hold: id -> privilege's name -> its depth; who is not
            there has no role.
        administrators: users and teams that hold everything.
        role_privileges: what each root role grants: role -> privilege's name -> its depth.
        uses: what people's own components use of others: id, the user's id, the user's type.
        customizing: what was published, and what customizing runs into.
        strict_activities: completed and cancelled activities are read-only.
        choices: what it does where the documents leave it open.
        shapes: what is asked of each table for every row.
        plug_ins: of the firm's own, asked about every row that is created or updated.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        key_delay: float,
        with_sales: bool,
        strict_activities: bool,
        saved: bytes | None = None,
    ) -> None:
        self.clock = clock
        self.key_delay = key_delay
        self.strict_activities = strict_activities
        self.choices = Choices()
        self.lock = threading.RLock()
        self.dirty: dict[str, None] = {}
        self.before_commit: Callable[[], None] = self.dirty.clear
        self.plug_ins: list[PlugIn] = []
        self.shapes = Shapes()
        if saved is not None:
            self.restore(saved)
            return
        self.schema = Schema()
        self.store = Store()
        self.invoice_number = 1000
        self.user, self.business_unit, self.organization = new_id(), new_id(), new_id()
        self.currency = ""
        self.privileges: dict[str, str | None] = {}
        self.others: dict[str, dict[str, str]] = {}
        self.administrators: set[str] = set()
        self.role_privileges: dict[str, dict[str, str]] = {}
        self.uses: list[tuple[str, str, int]] = []
        self.customizing = Customizing()
        self.messages: dict[str, str] = {}
        standard.install(self.schema)
        if with_sales:
            sales.install(self.schema)
        self._seed(with_sales=with_sales)

    def saved(self) -> bytes:
        """Return the schema and all rows, for `restore` of another environment."""
        with self.lock:
            kept = {name: of for name, of in vars(self).items() if name not in _OF_ITS_OWN}
            return pickle.dumps(kept)

    def restore(self, saved: bytes) -> None:
        """Become what another environment was when it was `saved`, ids included."""
        with self.lock, _uncollected():
            vars(self).update(pickle.loads(saved))  # noqa: S301  # made by this program itself

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Apply everything inside, totals included, or nothing."""
        try:
            with self.store.transaction(self.before_commit):
                yield
        except BaseException:
            self.dirty.clear()
            raise

    def shape(self, table: Table) -> Shape:
        """Return what is asked of a table for every row."""
        return self.shapes.of(self.schema, table)

    @property
    def me(self) -> Reference:
        """The caller."""
        return self.store.reference("systemuser", self.user)

    def now(self) -> str:
        """Return the time as rows store it."""
        return values.moment(self.clock())

    def settings(self) -> Row:
        """Return the organization's row."""
        return self.store.rows("organization").by_id[self.organization]

    def settle(self, table: Table, key: Key) -> str:
        """Return a key's index status now; an index due is built or fails on duplicates."""
        now = self.clock()
        if not key.ready and not key.failed and key.due(now):
            key.failed = self.store.rows(table.name).index(*key.columns).doubled()
            key.ready = not key.failed
        return key.status(now)

    def find(self, table: Table, predicate: Predicate) -> tuple[str | None, dict[str, Any]]:
        """Find the row a URL's key names.

        Returns:
            The primary key, or None when an alternate key matches nothing, and the alternate
            key's columns with their stored values (none for a primary key).

        Raises:
            DataverseError: 400, no active key has these columns or a value has the wrong type.
        """
        bare = predicate.get("", predicate.get(table.id))
        if len(predicate) == 1 and isinstance(bare, Guid):
            return str(bare), {}
        wanted = {self._key_column(table, name): value for name, value in predicate.items()}
        for key in table.keys.values():
            if set(key.columns) == wanted.keys() and self.settle(table, key) == "Active":
                found = {
                    name: self._key_value(table, table.columns[name], value)
                    for name, value in wanted.items()
                }
                index = self.store.rows(table.name).index(*key.columns)
                ids = index.find(found[name] for name in key.columns)
                return (ids[0] if ids else None), found
        raise _no_key(table)

    def supports(self, table: Table, message: str) -> bool:
        """Say whether a table has a bulk message."""
        held = {self.messages[name]: name for name in MESSAGES if name in self.messages}
        filters = self.store.rows("sdkmessagefilter")
        found = (filters.by_id[each] for each in filters.index(_OF_TABLE).find([table.name]))
        names = {held.get(row["sdkmessageid"][1]) for row in found}
        return message in names or (message == UPSERT and names >= set(MESSAGES))

    def limit_messages(self, table: Table, names: Collection[str]) -> None:
        """Let a table have these bulk messages and no others."""
        filters = self.store.rows("sdkmessagefilter")
        for each in filters.index(_OF_TABLE).find([table.name]):
            self.store.delete("sdkmessagefilter", each)
        self.register_messages(table, names)

    def register_messages(self, table: Table, names: Collection[str] = MESSAGES) -> None:
        """List the bulk messages of `table` where clients probe for them."""
        for name in names:
            message = self.messages.get(name)
            if message is None:
                message = self.messages[name] = self._plain("sdkmessage", name=name)
            self._plain(
                "sdkmessagefilter",
                primaryobjecttypecode=table.name,
                sdkmessageid=("sdkmessage", message),
            )

    def _key_column(self, table: Table, name: str) -> str:
        column = table.by_wire(name)
        if column is None:
            raise _no_key(table)
        return column.name

    def _key_value(self, table: Table, column: Column, value: Any) -> Any:
        if column.kind in REFERENCES:
            if not isinstance(value, Guid):
                raise _no_key(table)
            return (table.targets(column.name)[0].kinds[0], str(value))
        if column.kind is Kind.DATETIME and isinstance(value, Moment):
            value = str(value)
        elif (column.kind in TEXT) != (type(value) is str):
            raise errors.request(
                f"The type of the key value of '{column.name}' does not match the column's."
            )
        return values.parse(table.name, column, value)

    def _seed(self, *, with_sales: bool) -> None:
        unit, user = self.business_unit, self.user
        self._plain("businessunit", unit, name="org")
        self._plain(
            "systemuser",
            user,
            fullname="# connector",
            domainname="connector@sandbox.invalid",
            applicationid=new_id(),
            isdisabled=False,
            businessunitid=("businessunit", unit),
        )
        self._plain("owner", user, name="# connector")
        currencies = {
            code: self._plain(
                "transactioncurrency",
                currencyname=label,
                isocurrencycode=code,
                currencysymbol="$",
                currencyprecision=2,
                exchangerate=Decimal(rate),
                statecode=0,
                statuscode=1,
            )
            for code, label, rate in (("USD", "US Dollar", "1"), ("CAD", "Canadian Dollar", "1.36"))
        }
        self.currency = currencies["USD"]
        self._plain(
            "organization",
            self.organization,
            name="org",
            languagecode=1033,
            basecurrencyid=("transactioncurrency", self.currency),
            oobpricecalculationenabled=True,
            ispricelistmandatory=True,
            pricingdecimalprecision=2,
            discountcalculationmethod=0,
        )
        self._plain(
            "publisher",
            uniquename="DefaultPublisherorg",
            friendlyname="Default Publisher for org",
            customizationprefix="new",
            customizationoptionvalueprefix=10_000,
        )
        if with_sales:
            for code, currency in currencies.items():
                self._plain(
                    "pricelevel",
                    name=f"Standard {code}",
                    transactioncurrencyid=("transactioncurrency", currency),
                    statecode=0,
                    statuscode=100001,
                )
        for table in list(self.schema.tables.values()):
            if table.bulk:
                self.register_messages(table)

    def _plain(self, table: str, row_id: str = "", **columns: Any) -> str:
        """Store a row of the platform's own, without any rule."""
        described = self.schema.tables[table]
        row_id, now = row_id or new_id(), self.now()
        row: Row = dict.fromkeys(described.columns)
        row |= {described.id: row_id, "createdon": now, "modifiedon": now, **columns}
        self.store.put(table, row_id, row)
        return row_id


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Make many objects that all stay, without looking for rubbish among them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _no_key(table: Table) -> errors.DataverseError:
    return errors.request(
        "The key in the request URI is not valid for resource "
        f"'Microsoft.Dynamics.CRM.{table.name}'. Ensure that the names and number of key "
        "properties match the declared or alternate key properties."
    )
