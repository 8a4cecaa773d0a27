"""Mutilated views, forms, charts, dashboards, site maps and publish requests are all refused.

Each begins as a text the environment accepts (dynamics-ui.md 2, 3, 5, 6, 7, 15) and is spoilt in
one place.
"""

from datetime import UTC, datetime

import pytest

from sandbox.dataverse import Dataverse
from tests.contract.dataverse.conftest import Api
from tests.contract.dataverse.customizing import texts
from tests.contract.dataverse.customizing.conftest import Desk, customize

NOWHERE = "{11111111-2222-3333-4444-555555555555}"
OTHER = "{5C5600E0-1D6E-4205-A272-BE80DA87FD43}"  # a class id that is none


@pytest.fixture(scope="module")
def desk():
    dataverse = Dataverse(clock=lambda: datetime(2026, 10, 1, tzinfo=UTC), key_delay=0)
    made = Desk(customize(Api(dataverse)))
    made.everything()
    return made


def named(what):
    """Every `name="..."` of a text spoilt so that nothing of it is there."""
    return [(f'name="{each}"', f'name="{each}x"') for each in what]


FETCH = [
    *named(["account", "name", "accountid", "fb_overdue", "fb_health", "contact", "emailaddress1"]),
    ('to="primarycontactid"', 'to="primarycontactx"'),
    ('to="primarycontactid"', 'to="parentaccountid"'),
    ('from="contactid"', 'from="accountid"'),
    ('attribute="statecode"', 'attribute="statexode"'),
    ('attribute="fb_overdue_base"', 'attribute="fb_overdue_bast"'),
    ('attribute="fb_overdue" descending', 'attribute="fb_overdun" descending'),
    ('operator="gt"', 'operator="greater"'),
    ('operator="gt"', 'operator="this-month"'),
    ('operator="eq" value="0"', 'operator="eq" value="7"'),
    ('operator="gt" value="0"', 'operator="gt" value="much"'),
    ('operator="gt" value="0"', 'operator="gt"'),
    ('alias="person"', 'alias="somebody"'),
    ("</entity>", ""),
    ("<fetch ", "<fetsh "),
    ('type="and"', 'type="xor"'),
    ('descending="true"', 'descending="down"'),
    ('<attribute name="name"/>', '<attribute name="name" aggregate="sum" alias="x"/>'),
    ('<attribute name="accountid"/>', ""),
    ("<fetch ", '<!DOCTYPE fetch [<!ENTITY a "b">]><fetch '),
    ('link-type="outer"', 'linktype="outer"'),
]  # fmt: skip
LAYOUT = [
    ('object="1"', 'object="2"'),
    ('object="1"', ""),
    ('jump="name"', 'jump="nome"'),
    ('id="accountid"', 'id="contactid"'),
    ('id="accountid"', 'id="name"'),
    *named(["fb_overdue", "fb_health", "person.emailaddress1"]),
    ('name="person.emailaddress1"', 'name="emailaddress1"'),
    ('name="person.emailaddress1"', 'name="people.emailaddress1"'),
    ('name="fb_health" width', 'name="fb_overdue" width'),
    ('name="name" width', "width"),
    ('width="120"', 'width="wide"'),
    ('width="120"', 'width="120" imageproviderwebresource="$webresource:fb_/icons.js"'),
    ('width="120"', 'width="-120"'),
    ("<row ", "<line "),
    ('select="1"', ""),
    ("<cell ", "<field "),
    ("</grid>", ""),
    (texts.ACCOUNT_LAYOUT, ""),
]
CHART = [
    ('alias="account"/>', 'alias="acount"/>'),
    ('<category alias="account">', '<category alias="acount">'),
    ('<measure alias="overdue"/>', '<measure alias="overdrawn"/>'),
    ('<measure alias="overdue"/>', ""),
    ('name="fb_overdue_base"', 'name="fb_overdue_bast"'),
    ('name="fb_overdue_base"', 'name="telephone1"'),
    ('<entity name="account">', '<entity name="invoice">'),
    ('aggregate="sum"', ""),
    ('aggregate="sum"', 'aggregate="most"'),
    ('groupby="true"', 'groupby="true" dategrouping="month"'),
    ('<order alias="overdue"', '<order alias="overdrawn"'),
    ('<order alias="overdue"', '<order attribute="name"'),
    ("<categorycollection>", "<categories>"),
    ('aggregate="true"', ""),
    ('attribute="fb_overdue_base"', 'attribute="fb_overdue_bast"'),
]
PRESENTATION = [
    ("<Chart ", "<Graph "),
    ("</Chart>", ""),
    ("<Series ChartType=", "<Line ChartType="),
    ("</Series>", "<Series/></Series>"),
]
VIEW, QUICK = texts.guid("view"), texts.guid("quick form")
FORM = [
    (texts.TEXT, texts.MONEY),
    (texts.MONEY, texts.TEXT),
    (texts.MONEY, "533B9108-756B-4312-95A0-DC888637AC78"),
    (texts.LOOKUP, texts.CHOICE),
    (texts.DATE, OTHER.strip("{}")),
    *[
        (f'datafieldname="{each}"', f'datafieldname="{each}x"')
        for each in ("name", "totalamount", "customerid", "duedate")
    ],
    ('datafieldname="name" ', ""),
    ('id="totalamount"', 'id="name"'),
    ('name="fb_more"', 'name="fb_general"'),
    ('name="fb_list"', 'name="fb_account"'),
    (texts.braced("fb_list"), texts.braced("fb_fields")),
    (texts.braced("Due"), texts.braced("Total")),
    (texts.braced("tab fb_more"), texts.braced("tab fb_general")),
    (texts.braced("Due"), texts.guid("Due")),
    (texts.braced("Due"), "due"),
    ('languagecode="1033"', 'languagecode="1031"'),
    ('languagecode="1033"', 'languagecode="English"'),
    ('width="100%"', 'width="1000"'),
    ('width="100%"', ""),
    (f"{{{VIEW}}}", NOWHERE),
    ("<TargetEntityType>account", "<TargetEntityType>accounts"),
    ("<TargetEntityType>account", "<TargetEntityType>contact"),
    ("<ChartGridMode>Grid", "<ChartGridMode>Chart"),
    ("<ChartGridMode>Grid", "<ChartGridMode>Table"),
    ("<RecordsPerPage>4", "<RecordsPerPage>251"),
    ("<RecordsPerPage>4", "<RecordsPerPage>1"),
    ("<IsUserView>", "<RelationshipName>invoice_accounts</RelationshipName><IsUserView>"),
    (QUICK, NOWHERE.strip("{}")),
    (QUICK, texts.guid("form")),
    ('entityname="account"', 'entityname="opportunity"'),
    ('entityname="account"', 'entityname="contact"'),
    ('<control id="fb_health"', '<control id="fb_health" color="red"'),
    ("<tabs>", "<leaves>"),
    ("<tabs>", '<tabs shape="round">'),
    ("&lt;QuickFormIds&gt;", "&lt;QuickForms&gt;"),
    ("<form>", "<forms>"),
    ('disabled="true"', 'disabled="perhaps"'),
]
QUICK_FORM = [
    ("</form>", f'<header id="{texts.braced("h")}"><rows/></header></form>'),
    ("</form>", '<DisplayConditions Order="1"><Everyone/></DisplayConditions></form>'),
    ("</tabs>", texts.tab("fb_second", texts.section("fb_third")) + "</tabs>"),
    ('datafieldname="fb_overdue"', 'datafieldname="fb_overdoe"'),
]
BOARD = [
    ('rowspan="3"', 'rowspan="4"'),
    ('rowspan="2"', 'rowspan="3"'),
    (f"{{{VIEW}}}", NOWHERE),
    (f"{{{texts.guid('chart')}}}", NOWHERE),
    (f"<VisualizationId>{{{texts.guid('chart')}}}</VisualizationId>", ""),
    ("<TargetEntityType>account", "<TargetEntityType>invoice"),
    (texts.GRID, texts.TEXT),
    (
        "</tabs>",
        texts.tab(
            "fb_many",
            *[
                texts.section(f"s{n}", texts.cell(f"c{n}", texts.grid(f"g{n}", VIEW)))
                for n in range(5)
            ],
        )
        + "</tabs>",
    ),
]
SITE_MAP = [
    ('Entity="account"', 'Entity="acount"'),
    ('Entity="account"', ""),
    ('Entity="account"', 'Entity="account" Icon="$webresource:fb_/none.svg"'),
    ('Id="fb_invoices"', 'Id="fb_accounts"'),
    ('Id="fb_group"', 'Id="fb-group"'),
    ('Id="fb_group"', ""),
    ('LCID="1033"', 'LCID="1031"'),
    (texts.guid("dashboard"), NOWHERE),
    (texts.guid("dashboard"), texts.guid("form")),
    ("<Group ", "<Gruppe "),
    ("</SiteMap>", ""),
]
ACCOUNT = "<entities><entity>account</entity></entities>"
PUBLISH = [
    "",
    "<entities/>",
    "<entities><entity>acount</entity></entities>",
    "<entities><table>account</table></entities>",
    "<entity>account</entity>",
    f"<dashboards><dashboard>{NOWHERE}</dashboard></dashboards>",
    f"<dashboards><dashboard>{texts.guid('form')}</dashboard></dashboards>",
    f"<dashboards><dashboard>{texts.guid('dashboard')}</dashboard></dashboards>{ACCOUNT}",
    f"<sitemaps><sitemap>{NOWHERE}</sitemap></sitemaps>",
    f"<webresources><webresource>{NOWHERE}</webresource></webresources>",
    f"<appmodules><appmodule>{NOWHERE}</appmodule></appmodules>",
    f"<appmodules><app>{texts.guid('app')}</app></appmodules>",
    f"{ACCOUNT}<views><view>{VIEW}</view></views>",
    "<entities><entity>account</entity>",
]

MAIN_TEXT = texts.main_form(VIEW, QUICK)
BOARD_TEXT = texts.dashboard(VIEW, texts.guid("chart"))
MAP_TEXT = texts.site_map(texts.guid("dashboard"))
KINDS = {
    "fetch": ("savedqueries", "view", "fetchxml", texts.ACCOUNT_FETCH, FETCH),
    "layout": ("savedqueries", "view", "layoutxml", texts.ACCOUNT_LAYOUT, LAYOUT),
    "chart": ("savedqueryvisualizations", "chart", "datadescription", texts.CHART_DATA, CHART),
    "presentation": (
        "savedqueryvisualizations",
        "chart",
        "presentationdescription",
        texts.CHART_SHOWN,
        PRESENTATION,
    ),
    "form": ("systemforms", "form", "formxml", MAIN_TEXT, FORM),
    "quick view form": ("systemforms", "quick form", "formxml", texts.quick_form(), QUICK_FORM),
    "dashboard": ("systemforms", "dashboard", "formxml", BOARD_TEXT, BOARD),
    "site map": ("sitemaps", "site map", "sitemapxml", MAP_TEXT, SITE_MAP),
}
SPOILT = [
    pytest.param(kind, old, new, id=f"{kind}: {old[:30]} > {new[:30]}")
    for kind, (_, _, _, _, mutations) in KINDS.items()
    for old, new in mutations
]


def body(kind, text):
    _, _, column, _, _ = KINDS[kind]
    given = {column: text}
    if kind in {"fetch", "layout"}:
        whole = {"fetchxml": texts.ACCOUNT_FETCH, "layoutxml": texts.ACCOUNT_LAYOUT}
        given = {"name": "x", "returnedtypecode": "account", **whole, **given}
    return given


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_spoilt_is_accepted(desk, kind):
    collection, name, _, text, _ = KINDS[kind]

    answer = desk.api.patch(f"{collection}({texts.guid(name)})", body(kind, text))

    assert answer.status_code == 204, answer.text


def test_a_publish_request_that_is_not_spoilt_is_accepted(desk):
    boards = f"<dashboards><dashboard>{{{texts.guid('dashboard')}}}</dashboard></dashboards>"

    answer = desk.publish(ACCOUNT + boards)

    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize(("kind", "old", "new"), SPOILT)
def test_a_spoilt_text_is_refused_and_not_kept(desk, kind, old, new):
    collection, name, column, text, _ = KINDS[kind]
    before = desk.draft(collection, texts.guid(name), column)
    assert old in text
    spoilt = text.replace(old, new, 1) if kind != "form" or old != QUICK else text.replace(old, new)

    answer = desk.api.patch(f"{collection}({texts.guid(name)})", body(kind, spoilt))

    assert answer.status_code == 400, answer.text
    assert desk.draft(collection, texts.guid(name), column) == before


@pytest.mark.parametrize("inner", PUBLISH)
def test_a_spoilt_publish_request_is_refused_and_publishes_nothing(desk, inner):
    before = len(desk.customizing().publishes)

    answer = desk.publish(inner)

    assert answer.status_code in {400, 404}, answer.text
    assert len(desk.customizing().publishes) == before


def test_there_are_more_than_a_hundred_of_them():
    assert len(SPOILT) + len(PUBLISH) > 100
