"""Delivers everything: the default icon, views, forms, and Sales Hub where Sales is installed.

Never touches rows that are no components.
"""

import base64
import functools
from datetime import UTC, datetime

from sandbox.dataverse.component_tables import APP, FORM, RESOURCE, SITE_MAP, VIEW
from sandbox.dataverse.customizing import apps, seeding
from sandbox.dataverse.customizing.delivered import forms, views
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

DEFAULT_ICON = "953b9fac-1e5e-e611-80d6-00155ded156f"
SALES_HUB = "msdynce_saleshub"

_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M1 1h14v14H1z"/></svg>'
)
_TABLES = ("account", "contact", "opportunity", "invoice")


def install(env: Environment) -> None:
    """Deliver what an environment has before anybody customizes it."""
    with_sales = "invoice" in env.schema.tables
    for table, row_id, row in _views_and_forms(with_sales=with_sales):
        seeding.store(env, table, row_id, **row)
    seeding.store(
        env,
        RESOURCE,
        DEFAULT_ICON,
        name="msdyn_/Images/AppModule_Default_Icon.svg",
        displayname="Default icon of apps",
        webresourcetype=11,
        content=base64.b64encode(_SVG).decode(),
        ismanaged=True,
    )
    if with_sales:
        _install_sales_hub(env)


@functools.cache
def _views_and_forms(*, with_sales: bool) -> tuple[tuple[str, str, Row], ...]:
    """Return the delivered rows: table, id, columns. They are the same everywhere, ids too."""
    model = Environment(
        clock=lambda: datetime.now(UTC), key_delay=0, with_sales=with_sales, strict_activities=True
    )
    listed = views.install(model)
    forms.install_people(model, listed)
    if with_sales:
        forms.install_sales(model, listed)
    return tuple(
        (table, row_id, {name: value for name, value in row.items() if name not in _OF_ITS_OWN})
        for table in (VIEW, FORM)
        for row_id, row in model.store.rows(table).by_id.items()
    )


# What every environment fills in for itself.
_OF_ITS_OWN = frozenset({"createdon", "modifiedon", "createdby", "modifiedby", "versionnumber"})


def _install_sales_hub(env: Environment) -> None:
    """Deliver the app sales people use; it lists main forms of accounts and no views."""
    areas = "".join(f'<SubArea Id="nav_{name}" Entity="{name}" />' for name in _TABLES)
    text = (
        '<SiteMap><Area Id="SFA"><Titles><Title LCID="1033" Title="Sales" /></Titles>'
        f'<Group Id="SFA_group"><Titles><Title LCID="1033" Title="My Work" /></Titles>{areas}'
        "</Group></Area></SiteMap>"
    )
    site_map = seeding.store(
        env,
        SITE_MAP,
        sitemapname="Sales Hub",
        sitemapnameunique=SALES_HUB,
        sitemapxml=text,
        ismanaged=True,
    )
    app = seeding.store(
        env,
        APP,
        name="Sales Hub",
        uniquename=SALES_HUB,
        webresourceid=DEFAULT_ICON,
        clienttype=4,
        ismanaged=True,
    )
    parts = [(apps.TABLE, env.schema.tables[name].metadata_id) for name in _TABLES]
    parts += [
        (apps.HELD[FORM], row["formid"])
        for row in env.store.rows(FORM).by_id.values()
        if row["objecttypecode"] == "account" and row["type"] == seeding.MAIN
    ]
    apps.fill(env, app, ((apps.HELD[SITE_MAP], site_map), *parts))
