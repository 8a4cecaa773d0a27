"""Views (dynamics-ui.md 2): which kinds a table has, what changes, what is refused."""

import pytest

from tests.contract.dataverse.customizing import texts


def of(desk, table, kind):
    path = f"savedqueries?$select=name,isdefault&$filter=returnedtypecode eq '{table}' and "
    return desk.api.rows(f"{path}querytype eq {kind}")


@pytest.mark.parametrize("kind", [1, 2, 4, 64])
def test_views_a_table_has_one_of_each_are_updated_and_never_made_or_deleted(desk, refusal, kind):
    (only,) = of(desk, "account", kind)
    row_id = only["savedqueryid"]

    made = desk.api.post(
        "savedqueries",
        {
            "name": "x",
            "returnedtypecode": "account",
            "querytype": kind,
            "fetchxml": texts.ACCOUNT_FETCH,
            "layoutxml": texts.ACCOUNT_LAYOUT,
        },
    )
    changed = desk.api.patch(f"savedqueries({row_id})", {"description": "Ours"})

    assert made.status_code == 400
    assert changed.status_code == 204
    assert desk.api.delete(f"savedqueries({row_id})").status_code == 400


@pytest.mark.parametrize(
    "given",
    [
        {"fetchxml": texts.ACCOUNT_FETCH},
        {"layoutxml": None},
        {"fetchxml": texts.ACCOUNT_FETCH, "layoutxml": ""},
    ],
)
def test_a_view_is_not_changed_without_its_layout(desk, refusal, given):
    view = desk.view()

    refused = desk.api.patch(f"savedqueries({view})", given)

    assert refusal(refused) == (400, "0x80040216")
    assert "Invalid layout xml" in refused.text


def test_the_query_of_a_managed_view_needs_its_table_in_the_same_body(desk, refusal):
    (view,) = [
        row["savedqueryid"] for row in of(desk, "account", 0) if row["name"] == "My Active Accounts"
    ]
    both = {"fetchxml": texts.ACCOUNT_FETCH, "layoutxml": texts.ACCOUNT_LAYOUT}

    refused = desk.api.patch(f"savedqueries({view})", both)
    accepted = desk.api.patch(f"savedqueries({view})", {**both, "returnedtypecode": "account"})

    assert refusal(refused) == (400, "0x80040216")
    assert accepted.status_code == 204


def test_the_default_is_taken_away_from_the_other_view(desk):
    view = desk.view(isdefault=True)

    defaults = [row["savedqueryid"] for row in of(desk, "account", 0) if row["isdefault"]]

    assert defaults == [view]


def test_a_changed_default_is_taken_away_when_the_table_is_published(desk):
    view = desk.view()
    desk.api.patch(f"savedqueries({view})", {"isdefault": True})

    before = [row["name"] for row in of(desk, "account", 0) if row["isdefault"]]
    desk.publish("<entities><entity>account</entity></entities>")
    after = [row["name"] for row in of(desk, "account", 0) if row["isdefault"]]

    assert (before, after) == (["Active Accounts"], ["FreshBooks: overdue"])


def test_the_default_view_is_neither_deleted_nor_deactivated(desk):
    view = desk.view(isdefault=True)

    assert desk.api.delete(f"savedqueries({view})").status_code == 400
    assert desk.api.patch(f"savedqueries({view})", {"statecode": 1}).status_code == 400


def test_a_managed_view_is_deactivated_and_not_deleted(desk, refusal):
    (view,) = [
        row["savedqueryid"] for row in of(desk, "account", 0) if row["name"] == "Inactive Accounts"
    ]

    deactivated = desk.api.patch(f"savedqueries({view})", {"statecode": 1, "statuscode": 2})

    assert deactivated.status_code == 204
    assert refusal(desk.api.delete(f"savedqueries({view})")) == (400, "0x8004f032")


@pytest.mark.parametrize(
    "given",
    [
        {"isprivate": True},
        {"iscustom": True},
        {"isuserdefined": True},
        {"ismanaged": True},
        {"layoutjson": "{}"},
        {"conditionalformatting": "<x/>"},
        {"name": "x" * 201},
        {"returnedtypecode": "acount"},
        {"iscustomizable": True},
        {"savedqueryid": "x"},
    ],
)
def test_what_a_view_cannot_be_made_with_is_refused(desk, given):
    with pytest.raises(AssertionError):
        desk.view(**given)


def test_the_type_of_a_view_never_changes(desk):
    view = desk.view()

    assert desk.api.patch(f"savedqueries({view})", {"querytype": 64}).status_code == 400
    assert desk.api.patch(f"savedqueries({view})", {"returnedtypecode": "task"}).status_code == 400


@pytest.mark.parametrize(
    ("fetch", "status"),
    [
        (texts.ACCOUNT_FETCH, 204),
        (texts.ACCOUNT_FETCH.replace("fb_health", "fb_wealth"), 400),
        ("<fetch><entity/></fetch>", 400),
    ],
)
def test_a_query_is_validated_without_being_saved(desk, fetch, status):
    answer = desk.api.post("ValidateSavedQuery", {"FetchXml": fetch, "QueryType": 0})

    assert answer.status_code == status
    assert not [row for row in of(desk, "account", 0) if row["name"].startswith("FreshBooks")]


def test_a_quick_find_view_is_changed_with_all_its_parts_and_stays_one(desk):
    (view,) = of(desk, "account", 4)
    row = desk.api.get(f"savedqueries({view['savedqueryid']})").json()
    parts = ("name", "returnedtypecode", "fetchxml", "layoutxml", "isquickfindquery")
    path = f"savedqueries({row['savedqueryid']})"

    same = desk.api.patch(path, {name: row[name] for name in parts})
    other = desk.api.patch(path, {"isquickfindquery": False})

    assert (same.status_code, other.status_code) == (204, 400)


def test_a_quick_find_view_needs_the_filter_it_searches_by(desk):
    body = {"FetchXml": texts.ACCOUNT_FETCH, "QueryType": 4}

    assert desk.api.post("ValidateSavedQuery", body).status_code == 400


def test_layouts_carry_the_type_code_of_their_table_which_can_be_read(desk):
    path = "EntityDefinitions(LogicalName='fb_payment')?$select=ObjectTypeCode"
    code = desk.api.get(path).json()["ObjectTypeCode"]
    fetch = (
        '<fetch><entity name="fb_payment"><attribute name="subject"/><attribute name="activityid"/>'
        "</entity></fetch>"
    )
    layout = (
        '<grid name="resultset" object="{}" jump="subject" select="1" icon="1" preview="1">'
        '<row name="result" id="activityid"><cell name="subject" width="200"/></row></grid>'
    )
    given = {"returnedtypecode": "fb_payment", "fetchxml": fetch}

    with pytest.raises(AssertionError, match="type code"):
        desk.view(**given, layoutxml=layout.format(code + 1))
    assert desk.view(**given, layoutxml=layout.format(code))


def test_the_script_that_draws_icons_has_to_be_there_and_stays(desk, refusal):
    script = desk.made("webresourceset", {"name": "fb_/icons.js", "webresourcetype": 3})
    drawn = 'width="100" imageproviderwebresource="$webresource:fb_/icons.js"'

    desk.view(layoutxml=texts.ACCOUNT_LAYOUT.replace('width="100"', drawn))

    assert refusal(desk.api.delete(f"webresourceset({script})")) == (400, "0x8004f01f")


def test_a_new_table_has_views_of_each_kind(desk):
    desk.api.table("fb_Client")

    found = desk.api.rows("savedqueries?$filter=returnedtypecode eq 'fb_client'")

    assert {(row["name"], row["querytype"], row["isdefault"]) for row in found} == {
        ("Active Clients", 0, True),
        ("Inactive Clients", 0, False),
        ("Client Advanced Find View", 1, True),
        ("Client Associated View", 2, True),
        ("Quick Find Active Clients", 4, True),
        ("Client Lookup View", 64, True),
        ("Clients", 8192, True),
        ("Client Copilot View", 1048576, True),
    }
    assert [row["name"] for row in found if row["canbedeleted"]["Value"]] == ["Clients"]
    assert [row["name"] for row in found if row["layoutxml"] is None] == ["Clients"]


def test_a_new_activity_has_views_of_all_and_of_one_s_own(desk):
    found = desk.api.rows("savedqueries?$filter=returnedtypecode eq 'fb_payment'")

    assert {row["name"] for row in found if row["querytype"] == 0} == {
        "All Payments",
        "My Payments",
    }


def test_the_views_of_a_table_go_with_it(desk):
    desk.api.delete("EntityDefinitions(LogicalName='fb_payment')")

    assert desk.api.rows("savedqueries?$filter=returnedtypecode eq 'fb_payment'") == []
    assert desk.api.rows("systemforms?$filter=objecttypecode eq 'fb_payment'") == []
