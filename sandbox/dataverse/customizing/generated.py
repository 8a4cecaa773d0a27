"""The forms and views a new custom table has by itself, and their end with the table.

Never touches what somebody made.
"""

from sandbox.dataverse.component_tables import CHART, FORM, TABLE_OF, VIEW
from sandbox.dataverse.customizing import building, drafts, seeding
from sandbox.dataverse.customizing.controls import PARTY_LIST, TIMELINE, braced
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table

_ACTIVE = ("statecode", "eq", "0")
_PARTIES = (("from", "From"), ("to", "To"), ("cc", "CC"), ("bcc", "BCC"))


def install(env: Environment, table: Table) -> None:
    """Give a new table its forms and views."""
    _install_forms(env, table)
    _install_views(env, table)


def remove(env: Environment, table: Table) -> list[str]:
    """Remove all views, forms and charts of a table that goes; return their ids."""
    gone: list[str] = []
    for kind in (VIEW, FORM, CHART):
        key = env.schema.tables[kind].id
        for row in drafts.every(env, kind):
            if row[TABLE_OF[kind]] == table.name:
                drafts.discard(env, kind, row[key])
                env.store.delete(kind, row[key])
                gone.append(row[key])
    return gone


def _install_forms(env: Environment, table: Table) -> None:
    main = _activity_form(table) if table.is_activity else _main_form(table)
    for name, kind, text, default in (
        ("Information", seeding.MAIN, main, True),
        ("Information", seeding.CARD, _card(table), True),
        ("Information", seeding.QUICK_VIEW, _quick_view(table), True),
    ):
        seeding.form(env, table, name, kind, text, isdefault=default, canbedeleted=False)


def _install_views(env: Environment, table: Table) -> None:
    title = table.title
    shown = building.layout(table, [(title, 300), ("createdon", 125)])
    columns = [title, "createdon"]
    live = building.fetch(table, columns, building.where(_ACTIVE))
    everything = building.fetch(table, columns)
    searched = building.where(_ACTIVE) + building.quick_find(title)
    found = building.fetch(table, columns, searched)
    one, many = table.label, table.plural
    if table.is_activity:
        mine = building.where(("ownerid", "eq-userid", ""))
        public = [
            (f"All {many}", everything, True),
            (f"My {many}", building.fetch(table, columns, mine), False),
        ]
    else:
        gone = building.where(("statecode", "eq", "1"))
        public = [
            (f"Active {many}", live, True),
            (f"Inactive {many}", building.fetch(table, columns, gone), False),
        ]
    for name, fetch, default in public:
        seeding.view(env, table, name, seeding.PUBLIC, fetch=fetch, layout=shown, isdefault=default)
    for name, kind, fetch, layout in (
        (f"{one} Advanced Find View", seeding.ADVANCED_FIND, live, shown),
        (f"{one} Associated View", seeding.ASSOCIATED, live, shown),
        (f"Quick Find Active {many}", seeding.QUICK_FIND, found, shown),
        (f"{one} Lookup View", seeding.LOOKUP, live, shown),
        (many, seeding.OUTLOOK, live, None),
        (f"{one} Copilot View", seeding.COPILOT, live, shown),
    ):
        seeding.view(env, table, name, kind, fetch=fetch, layout=layout)


def _main_form(table: Table) -> str:
    seed = f"{table.name} main"
    names = [table.title, *(["ownerid"] if "ownerid" in table.columns else [])]
    fields = [building.field(seed, table.columns[name]) for name in names]
    general = building.section(seed, "general", "", fields)
    return building.form(building.tab(seed, "general", "General", [("100%", general)]))


def _activity_form(table: Table) -> str:
    """Return the form of a custom activity: party fields, regarding, notes, none of its columns."""
    seed = f"{table.name} main"
    column = table.columns
    head = [
        building.field(seed, column[name], prefix="header_")
        for name in ("ownerid", "prioritycode", "scheduledend", "statecode")
    ]
    parties = [
        building.cell(
            seed,
            label,
            f'<control id="{name}" classid="{braced(PARTY_LIST)}" datafieldname="{name}" '
            'disabled="false" />',
        )
        for name, label in _PARTIES
    ]
    fields = [
        building.field(seed, column["subject"]),
        *parties,
        building.field(seed, column["regardingobjectid"]),
        building.field(seed, column["ownerid"]),
    ]
    notes = f'<control id="notescontrol" classid="{braced(TIMELINE)}" />'
    sections = building.section(seed, "general", "", fields)
    sections += building.section(seed, "notes", "", [building.cell(seed, "Notes", notes)])
    tabs = building.tab(seed, "general", "General", [("100%", sections)])
    return building.form(tabs, building.header(seed, head))


def _quick_view(table: Table) -> str:
    seed = f"{table.name} quick view"
    fields = [building.field(seed, table.columns[table.title])]
    general = building.section(seed, "general", "", fields)
    return building.form(building.tab(seed, "general", "General", [("100%", general)]))


def _card(table: Table) -> str:
    """Return the card: a strip of colour at the left, header, details and footer at the right."""
    seed = f"{table.name} card"
    title = table.columns[table.title]
    strip = building.section(seed, "ColorStrip", "", [_empty(seed, "strip")])
    head = [
        building.field(seed, title),
        _empty(seed, "second"),
        building.field(seed, table.columns["statuscode"]),
    ]
    body = building.section(seed, "CardHeader", "", head, columns="111")
    body += building.section(seed, "CardDetails", "", [_empty(seed, "detail")])
    body += building.section(
        seed, "CardFooter", "", [building.field(seed, table.columns["createdon"])]
    )
    return building.form(building.tab(seed, "general", "", [("25%", strip), ("75%", body)]))


def _empty(seed: str, name: str) -> str:
    return (
        f'<cell id="{building.braced(seed, name)}" showlabel="false">{building.labels("")}</cell>'
    )
