"""What Sales sees of FreshBooks' clients: views and forms, where a person decides.

Never shows what only the connector needs of a client's row.
"""

from typing import Final

from shared.core import schema
from shared.core.options import ClientState
from shared.core.screens import entries, invoices, waiting
from shared.core.screens.customers import AGES, BALANCES
from shared.core.screens.forms import Field, Form, FormKind, Section, SubGrid, Tab, TabColumn
from shared.core.screens.views import Cell, Order, View, ViewKind, all_of, where

_CLIENT: Final = schema.CLIENT_TABLE
_NAME: Final = Cell("fbx_name", 220)
_BY_NAME: Final = (Order("fbx_name"),)

NEED_A_PERSON: Final = View(
    "client.person",
    _CLIENT,
    "FreshBooks: need a person",
    "Clients whose account nobody but a person can choose: fill in the account, or set the state.",
    (
        _NAME,
        Cell("fbx_reason", 320),
        Cell("fbx_outstanding", 110),
        Cell("fbx_overdue", 110),
        Cell("fbx_accountid", 180),
        Cell("fbx_state", 120),
        Cell("createdon", 120),
    ),
    all_of(where("fbx_state", "eq", int(ClientState.NEEDS_A_PERSON))),
    (Order("fbx_outstanding", descending=True),),
)
_ALL_CELLS: Final = (
    _NAME,
    Cell("fbx_accountid", 200),
    Cell("fbx_state", 120),
    Cell("fbx_financialhealth", 130),
    Cell("fbx_outstanding", 110),
    Cell("fbx_overdue", 110),
    Cell("fbx_lastinvoiceon", 110),
    Cell("fbx_lastpaymenton", 110),
)
ALL: Final = View(
    "client.all",
    _CLIENT,
    "FreshBooks: all clients",
    "Every client of FreshBooks with the account it belongs to.",
    _ALL_CELLS,
    None,
    _BY_NAME,
)
IGNORED: Final = View(
    "client.ignored",
    _CLIENT,
    "FreshBooks: ignored clients",
    "Clients that somebody left out; set the state back to have them synced.",
    (_NAME, Cell("fbx_reason", 320), Cell("fbx_outstanding", 110), Cell("fbx_state", 120)),
    all_of(where("fbx_state", "eq", int(ClientState.IGNORED))),
    _BY_NAME,
)

# Those that came with the table, rewritten: they show a name only.
DEFAULT: Final = View(
    "client.default",
    _CLIENT,
    "Active FreshBooks clients",
    "Every client of FreshBooks with the account it belongs to.",
    _ALL_CELLS,
    all_of(where("statecode", "eq", 0)),
    _BY_NAME,
)
ASSOCIATED: Final = View(
    "client.associated",
    _CLIENT,
    "FreshBooks clients",
    "The clients of a row.",
    _ALL_CELLS,
    None,
    _BY_NAME,
    kind=ViewKind.ASSOCIATED,
)
FOUND: Final = View(
    "client.find",
    _CLIENT,
    "Find FreshBooks clients",
    "What a quick find shows, and where it looks.",
    _ALL_CELLS,
    None,
    _BY_NAME,
    kind=ViewKind.QUICK_FIND,
    find=("fbx_name", "fbx_key"),
)
LOOKUP: Final = View(
    "client.lookup",
    _CLIENT,
    "Look up FreshBooks clients",
    "What a lookup of a client shows.",
    (_NAME, Cell("fbx_accountid", 200), Cell("fbx_state", 120)),
    None,
    _BY_NAME,
    kind=ViewKind.LOOKUP,
)

_DECISION: Final = Section(
    "fbx_decision",
    "Account in Sales",
    (
        Field("fbx_name"),
        # The two columns by which a person decides.
        Field("fbx_accountid", open=True),
        Field("fbx_state", open=True),
        Field("fbx_reason"),
        Field("fbx_candidates"),
        Field("ownerid", open=True),
        Field("fbx_url"),
        Field("fbx_syncedon"),
    ),
)
# Beside the decision: what it is about.
_WAITING: Final = Section(
    "fbx_waiting_section",
    "Waiting for this client",
    (
        SubGrid(
            "fbx_waiting",
            "Waiting for this client",
            waiting.ALL,
            relationship=schema.WAITING_CLIENT_LOOKUP.relationship,
            rows=8,
        ),
    ),
)


def main(*, sales: bool) -> Form:
    """Return the main form; `sales` says whether invoices have rows of their own."""
    lists = [
        SubGrid(
            "fbx_entries",
            "Payments and other entries",
            entries.BY_DATE,
            relationship=schema.ENTRY_CLIENT_LOOKUP.relationship,
            rows=10,
        )
    ]
    if sales:
        lists.insert(
            0,
            SubGrid(
                "fbx_invoices",
                "Invoices",
                invoices.ALL,
                relationship=schema.INVOICE_CLIENT_LOOKUP.relationship,
                rows=10,
            ),
        )
    return Form(
        "client.main",
        _CLIENT,
        FormKind.MAIN,
        "Information",
        "A client of FreshBooks, the account it belongs to, and what it owes.",
        (
            Tab(
                "fbx_general",
                "General",
                (TabColumn(50, (_DECISION, _WAITING)), TabColumn(50, (BALANCES, AGES))),
            ),
            Tab(
                "fbx_records",
                "Records",
                (
                    TabColumn(
                        100,
                        tuple(
                            Section(f"{each.name}_section", each.title, (each,)) for each in lists
                        ),
                    ),
                ),
            ),
        ),
        generated=True,
    )


QUICK: Final = Form(
    "client.quick",
    _CLIENT,
    FormKind.QUICK_VIEW,
    "FreshBooks: client",
    "A client of FreshBooks where something refers to it.",
    (
        Tab(
            "fbx_quick",
            "FreshBooks",
            (
                TabColumn(
                    100,
                    (
                        Section(
                            "fbx_summary",
                            "",
                            (
                                Field("fbx_name"),
                                Field("fbx_state"),
                                Field("fbx_financialhealth"),
                                Field("fbx_outstanding"),
                                Field("fbx_overdue"),
                                Field("fbx_url"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)

VIEWS: Final = (NEED_A_PERSON, ALL, IGNORED)
GENERATED: Final = (DEFAULT, ASSOCIATED, FOUND, LOOKUP)
