"""What components name cannot be deleted (dynamics-ui.md 3.1, 14.27): columns, tables, views."""

import pytest

from tests.contract.dataverse.customizing import texts

OVERDUE = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_overdue')"


def blockers(desk, component, kind):
    path = f"RetrieveDependenciesForDelete(ObjectId={component},ComponentType={kind})"
    return {
        (row["dependentcomponenttype"], row["dependentcomponentobjectid"])
        for row in desk.api.rows(path)
    }


def test_a_column_that_a_view_a_form_and_a_chart_name_stays(desk, refusal):
    desk.everything()
    column = desk.api.get(OVERDUE).json()["MetadataId"]

    refused = desk.api.delete(OVERDUE)

    assert refusal(refused) == (400, "0x8004f01f")
    assert blockers(desk, column, 2) == {
        (26, texts.guid("view")),
        (59, texts.guid("chart")),
        (60, texts.guid("quick form")),
    }


def test_a_column_goes_once_all_that_named_it_is_gone_in_the_right_order(desk):
    desk.everything()
    app, board = texts.guid("app"), texts.guid("dashboard")
    order = [
        f"appmodules({app})",
        f"sitemaps({texts.guid('site map')})",
        f"systemforms({texts.guid('form')})",
        f"systemforms({board})",
        f"systemforms({texts.guid('quick form')})",
        f"savedqueryvisualizations({texts.guid('chart')})",
        f"savedqueries({texts.guid('view')})",
        OVERDUE,
    ]

    assert [desk.api.delete(path).status_code for path in order] == [204] * len(order)


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("savedqueries", "view"),
        ("savedqueryvisualizations", "chart"),
        ("systemforms", "quick form"),
        ("systemforms", "dashboard"),
    ],
)
def test_a_component_that_another_names_stays(desk, refusal, collection, name):
    desk.everything()

    refused = desk.api.delete(f"{collection}({texts.guid(name)})")

    assert refusal(refused) == (400, "0x8004f01f")


def test_a_draft_and_what_is_published_both_keep_a_column(desk):
    view = desk.view()
    fetch = texts.ACCOUNT_FETCH.replace('<attribute name="fb_health"/>', "")
    layout = texts.ACCOUNT_LAYOUT.replace('<cell name="fb_health" width="100"/>', "")
    given = {"returnedtypecode": "account", "fetchxml": fetch, "layoutxml": layout}
    path = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_health')"

    changed = desk.api.patch(f"savedqueries({view})", given)
    before = desk.api.delete(path).status_code
    desk.publish("<entities><entity>account</entity></entities>")

    assert (changed.status_code, before) == (204, 400)
    assert desk.api.delete(path).status_code == 204


def test_a_table_that_a_form_of_another_lists_stays(desk, refusal):
    (listed,) = desk.api.rows(
        "savedqueries?$filter=returnedtypecode eq 'fb_payment' and querytype eq 2"
    )
    grid = texts.grid("fb_list", listed["savedqueryid"], "fb_payment")
    text = texts.form(texts.tab("t", texts.section("s", texts.cell("c", grid))))
    form = desk.form(objecttypecode="account", formxml=text)
    path = "EntityDefinitions(LogicalName='fb_payment')"
    table = desk.api.get(path).json()["MetadataId"]

    refused = desk.api.delete(path)

    assert refusal(refused) == (400, "0x8004f01f")
    assert blockers(desk, table, 1) == {(60, form)}


def test_the_lookup_behind_a_sub_grid_stays(desk, refusal):
    desk.api.table("fb_Client")
    made = desk.api.relate("account", "fb_client", "fb_AccountId")
    assert made.status_code == 204
    (listed,) = desk.api.rows(
        "savedqueries?$filter=returnedtypecode eq 'fb_client' and querytype eq 2"
    )
    grid = texts.grid(
        "l", listed["savedqueryid"], "fb_client", RelationshipName="fb_account_client_AccountId"
    )
    text = texts.form(texts.tab("t", texts.section("s", texts.cell("c", grid))))
    desk.form(objecttypecode="account", formxml=text)

    path = "EntityDefinitions(LogicalName='fb_client')/Attributes(LogicalName='fb_accountid')"

    assert refusal(desk.api.delete(path)) == (400, "0x8004f01f")
    relationship = "RelationshipDefinitions(SchemaName='fb_account_client_AccountId')"
    assert refusal(desk.api.delete(relationship)) == (400, "0x8004f01f")
    desk.api.delete(f"systemforms({texts.guid('form')})")
    assert desk.api.delete(relationship).status_code == 204
