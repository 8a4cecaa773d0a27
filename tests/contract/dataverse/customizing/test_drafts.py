"""Drafts and publishing (dynamics-ui.md 2, 3, 7): what was written, and what people see."""

import pytest

from sandbox.dataverse import Dataverse
from tests.contract.dataverse.customizing import texts


def rename(desk, view, name):
    return desk.api.patch(f"savedqueries({view})", {"name": name})


def test_a_view_is_made_with_an_id_of_the_client_s_own_and_is_seen_at_once(desk):
    view = desk.view()

    assert view == texts.guid("view")
    assert desk.seen("savedqueries", view, "name") == "FreshBooks: overdue"
    assert desk.api.post("savedqueries", {"savedqueryid": view, "name": "x"}).status_code == 412


def test_a_change_is_a_draft_until_its_table_is_published(desk):
    view = desk.view()
    rename(desk, view, "Late payers")

    before = desk.seen("savedqueries", view, "name")
    published = desk.publish("<entities><entity>account</entity></entities>")

    assert before == "FreshBooks: overdue"
    assert desk.draft("savedqueries", view, "name") == "Late payers"
    assert published.status_code == 204
    assert desk.seen("savedqueries", view, "name") == "Late payers"


def test_drafts_of_other_tables_stay_drafts(desk):
    view = desk.view()
    rename(desk, view, "Late payers")

    desk.publish("<entities><entity>invoice</entity></entities>")

    assert desk.seen("savedqueries", view, "name") == "FreshBooks: overdue"
    assert desk.customizing().publishes[-1].changed == ()


def test_all_drafts_are_published_together_if_that_is_asked_for(desk):
    view, board = desk.view(), None
    desk.chart()
    board = desk.dashboard()
    rename(desk, view, "Late payers")
    desk.api.patch(f"systemforms({board})", {"name": "Money"})

    desk.api.post("PublishAllXml", {})

    assert desk.seen("savedqueries", view, "name") == "Late payers"
    assert desk.seen("systemforms", board, "name") == "Money"
    assert desk.customizing().publishes[-1].everything


def test_a_dashboard_is_published_by_its_id_and_not_with_a_table(desk):
    desk.view()
    desk.chart()
    board = desk.dashboard()
    desk.api.patch(f"systemforms({board})", {"name": "Money"})

    desk.publish("<entities><entity>account</entity></entities>")
    before = desk.seen("systemforms", board, "name")
    desk.publish(f"<dashboards><dashboard>{{{board}}}</dashboard></dashboards>")

    assert before == "FreshBooks"
    assert desk.seen("systemforms", board, "name") == "Money"
    assert desk.customizing().publishes[-1].changed == (("systemform", board),)


def test_all_components_are_listed_as_last_written_with_the_options_of_a_list(desk):
    view = desk.view()
    rename(desk, view, "Late payers")

    path = "savedqueries/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()"
    found = desk.api.rows(f"{path}?$select=name,componentstate&$filter=name eq 'Late payers'")

    assert [(each["savedqueryid"], each["componentstate"]) for each in found] == [(view, 1)]


def test_an_app_is_not_seen_before_its_first_publish(desk):
    app = desk.app()

    before = desk.api.get(f"appmodules({app})").status_code
    draft = desk.draft("appmodules", app, "uniquename")
    desk.publish(f"<appmodules><appmodule>{app}</appmodule></appmodules>")

    assert (before, draft) == (404, "fb_freshbooks")
    assert desk.seen("appmodules", app, "name") == "FreshBooks"


def test_new_components_may_be_hidden_until_they_are_published(desk):
    desk.api.dataverse.set({"customizing": {"created_is_published": False}})
    view = desk.view()

    before = desk.api.get(f"savedqueries({view})").status_code
    rename(desk, view, "Late payers")
    desk.publish("<entities><entity>account</entity></entities>")

    assert before == 404
    assert desk.seen("savedqueries", view, "name") == "Late payers"


def test_a_component_is_deleted_with_its_draft_at_once(desk):
    view = desk.view()
    rename(desk, view, "Late payers")

    deleted = desk.api.delete(f"savedqueries({view})")

    assert deleted.status_code == 204
    path = f"savedqueries({view})/Microsoft.Dynamics.CRM.RetrieveUnpublished()"
    assert desk.api.get(path).status_code == 404


def test_a_publish_waits_for_what_is_running_and_the_draft_is_kept(desk, refusal):
    view = desk.view()
    rename(desk, view, "Late payers")
    desk.api.dataverse.set({"customizing": {"busy": 1}})

    refused = desk.publish("<entities><entity>account</entity></entities>")
    again = desk.publish("<entities><entity>account</entity></entities>")

    assert refusal(refused) == (400, "0x80071151")
    assert "Cannot start the requested operation" in refused.text
    assert again.status_code == 204
    assert desk.seen("savedqueries", view, "name") == "Late payers"


def test_publishes_are_counted_and_remembered(desk):
    desk.publish("<entities><entity>account</entity><entity>invoice</entity></entities>")

    shown = desk.api.dataverse.set({})["customizing"]

    assert shown["publishes"] == [
        {
            "everything": False,
            "named": [["entity", "account"], ["entity", "invoice"]],
            "changed": [],
        }
    ]


@pytest.mark.parametrize("lost", ["iscustomizable", "layer"])
def test_a_write_that_cannot_be_kept_is_accepted_and_lost_in_silence(desk, lost):
    view = desk.view()
    if lost == "layer":
        desk.api.dataverse.set({"customizing": {"layers": {view: "Somebody"}}})
    else:
        desk.api.patch(f"savedqueries({view})", {"iscustomizable": {"Value": False}})
        desk.api.post("PublishAllXml", {})

    answer = rename(desk, view, "Late payers")

    assert answer.status_code == 204
    assert desk.draft("savedqueries", view, "name") == "FreshBooks: overdue"


def test_drafts_and_publishes_are_saved_with_an_environment(desk, api_of):
    view = desk.view()
    desk.publish("<entities><entity>account</entity></entities>")
    rename(desk, view, "Late payers")
    other = Dataverse()

    other.environment.restore(desk.api.dataverse.environment.saved())

    path = f"savedqueries({view})"
    api = api_of(other)
    assert api.get(path).json()["name"] == "FreshBooks: overdue"
    unpublished = api.get(f"{path}/Microsoft.Dynamics.CRM.RetrieveUnpublished()").json()
    assert unpublished["name"] == "Late payers"
    assert len(other.environment.customizing.publishes) == 1


def test_a_refused_write_leaves_no_draft(desk):
    view = desk.view()
    given = {"name": "Late payers", "isdefault": True, "fetchxml": "<fetch/>", "layoutxml": "<x/>"}

    refused = desk.api.patch(f"savedqueries({view})", given)

    assert refused.status_code == 400
    assert desk.draft("savedqueries", view, "componentstate") == 0


def test_a_draft_is_written_in_a_change_set_and_undone_with_it(desk, a_part, parts):
    view = desk.view()
    path = f"{desk.api.root}savedqueries({view})"
    good = a_part("PATCH", path, {"name": "Late payers"}, "1")
    bad = a_part("PATCH", path, {"querytype": 64}, "2")

    answer = parts(desk.api.batch([good, bad]))

    assert answer.statuses[-1] == 400
    assert desk.draft("savedqueries", view, "name") == "FreshBooks: overdue"


def test_a_draft_has_a_version_of_its_own(desk, refusal):
    view = desk.view()
    etag = desk.api.get(f"savedqueries({view})").json()["@odata.etag"]
    rename(desk, view, "Late payers")

    stale = desk.api.patch(f"savedqueries({view})", {"name": "x"}, **{"If-Match": etag})

    assert refusal(stale) == (412, "0x80060882")
