"""What Sales sees of records that wait for a person to choose an account: a view and a form.

Never lets anybody change them: a row goes when what it waits for is decided.
"""

from typing import Final

from shared.core import schema
from shared.core.screens.forms import Field, Form, FormKind, Section, Tab, TabColumn
from shared.core.screens.views import Cell, Order, View, ViewKind, all_of, where

_WAITING: Final = schema.WAITING_TABLE
_OLDEST: Final = (Order("fbx_since"),)
_CELLS: Final = (
    Cell("fbx_name", 180),
    Cell("fbx_kind", 90),
    Cell("fbx_amount", 110),
    Cell("fbx_currency", 80),
    Cell("fbx_since", 130),
    Cell("fbx_reason", 320),
    Cell("fbx_clientid", 200),
)

ALL: Final = View(
    "waiting.all",
    _WAITING,
    "FreshBooks: waiting records",
    "Records of FreshBooks that wait until a person chooses their client's account.",
    _CELLS,
    None,
    _OLDEST,
)

# Those that came with the table, rewritten: they show a name only.
DEFAULT: Final = View(
    "waiting.default",
    _WAITING,
    "Active FreshBooks waiting records",
    "Records of FreshBooks that wait until a person chooses their client's account.",
    _CELLS,
    all_of(where("statecode", "eq", 0)),
    _OLDEST,
)
ASSOCIATED: Final = View(
    "waiting.associated",
    _WAITING,
    "FreshBooks waiting records",
    "The waiting records of a row.",
    _CELLS,
    None,
    _OLDEST,
    kind=ViewKind.ASSOCIATED,
)
FOUND: Final = View(
    "waiting.find",
    _WAITING,
    "Find FreshBooks waiting records",
    "What a quick find shows, and where it looks.",
    _CELLS,
    None,
    _OLDEST,
    kind=ViewKind.QUICK_FIND,
    find=("fbx_name", "fbx_amount"),
)
LOOKUP: Final = View(
    "waiting.lookup",
    _WAITING,
    "Look up FreshBooks waiting records",
    "What a lookup of a waiting record shows.",
    (Cell("fbx_name", 180), Cell("fbx_amount", 110), Cell("fbx_clientid", 200)),
    None,
    _OLDEST,
    kind=ViewKind.LOOKUP,
)

MAIN: Final = Form(
    "waiting.main",
    _WAITING,
    FormKind.MAIN,
    "Information",
    "A record of FreshBooks that waits, and why.",
    (
        Tab(
            "fbx_general",
            "General",
            (
                TabColumn(
                    100,
                    (
                        Section(
                            "fbx_facts",
                            "In FreshBooks",
                            (
                                Field("fbx_name"),
                                Field("fbx_kind"),
                                Field("fbx_amount"),
                                Field("fbx_currency"),
                                Field("fbx_since"),
                                Field("fbx_clientid"),
                                Field("fbx_reason"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    generated=True,
)

VIEWS: Final = (ALL,)
GENERATED: Final = (DEFAULT, ASSOCIATED, FOUND, LOOKUP)
