"""What a customer made of the delivered forms and views, some of it not published yet.

Never through a request: it is there before somebody else begins to customize.
"""

import re
from dataclasses import dataclass

from sandbox.dataverse.component_tables import FORM, VIEW
from sandbox.dataverse.customizing import building, drafts, seeding
from sandbox.dataverse.customizing.rows import CUSTOMIZED
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

_EVERYONE = re.compile("<DisplayConditions.*</DisplayConditions>")
OWN_TAB, DRAFTED_TAB = "our_credit", "our_draft"


@dataclass(frozen=True)
class CustomerWork:
    """The ids of what a customer made or changed.

    Attributes:
        form: a main form of accounts of the customer's own, for one role.
        role: that role.
        view: a view of accounts of the customer's own, the default in place of Microsoft's.
        drafted_form: Microsoft's main form of accounts, with a tab that is not published yet.
        drafted_view: "My Active Accounts", renamed and not published yet.
    """

    form: str
    role: str
    view: str
    drafted_form: str
    drafted_view: str


def customize(env: Environment) -> CustomerWork:
    """Leave the environment as a customer's who works with forms and views of accounts."""
    table = env.schema.tables["account"]
    delivered = _delivered(env, FORM, "Account")
    role = seeding.store(
        env,
        "role",
        name="Our bookkeepers",
        businessunitid=("businessunit", env.business_unit),
    )
    env.store.put("role", role, {**_row(env, role), "parentrootroleid": ("role", role)})
    env.role_privileges[role] = {}
    text = _with_tab(env, delivered["formxml"], OWN_TAB, "Credit", "creditlimit")
    text = _EVERYONE.sub(
        f'<DisplayConditions Order="2"><Role Id="{{{role}}}" /></DisplayConditions>', text
    )
    own = seeding.form(env, table, "Our accounts", seeding.MAIN, text)
    drafted = _with_tab(env, delivered["formxml"], DRAFTED_TAB, "Draft of ours", "creditonhold")
    drafts.keep(env, FORM, delivered["formid"], {**delivered, "formxml": drafted, CUSTOMIZED: True})
    mine = _delivered(env, VIEW, "My Active Accounts")
    renamed = {**mine, "name": "My live accounts", CUSTOMIZED: True}
    drafts.keep(env, VIEW, mine["savedqueryid"], renamed)
    default = _delivered(env, VIEW, "Active Accounts")
    env.store.put(VIEW, default["savedqueryid"], {**default, "isdefault": False})
    columns = ["name", "creditlimit", "telephone1"]
    fetch = building.fetch(table, columns, building.where(("creditonhold", "eq", "0")))
    layout = building.layout(table, [(name, 150) for name in columns])
    view = seeding.view(
        env,
        table,
        "Our good customers",
        seeding.PUBLIC,
        fetch=fetch,
        layout=layout,
        canbedeleted=True,
    )
    return CustomerWork(own, role, view, delivered["formid"], mine["savedqueryid"])


def _row(env: Environment, role: str) -> Row:
    return env.store.rows("role").by_id[role]


def _delivered(env: Environment, kind: str, name: str) -> Row:
    return next(
        row
        for row in env.store.rows(kind).by_id.values()
        if row["name"] == name and row["ismanaged"]
    )


def _with_tab(env: Environment, text: str, name: str, label: str, column: str) -> str:
    """Return a form's text with one more tab, as the form designer appends it."""
    described = env.schema.tables["account"].columns[column]
    field = building.field(name, described, prefix=f"{name}_")
    section = building.section(name, f"{name}_section", label, [field])
    tab = building.tab(name, name, label, [("100%", section)])
    return text.replace("</tabs>", f"{tab}</tabs>")
