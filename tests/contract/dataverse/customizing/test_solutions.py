"""Solutions with components (dynamics-ui.md 3.1, 7, 10): membership, layers, history, export."""

import base64
import io
import zipfile
from xml.etree import ElementTree as ET

import pytest

from tests.contract.dataverse.customizing import texts

INTO = {"MSCRM.SolutionUniqueName": "Connector"}
KINDS = {
    "view": (26, "savedqueries"),
    "chart": (59, "savedqueryvisualizations"),
    "form": (60, "systemforms"),
    "dashboard": (60, "systemforms"),
    "site map": (62, "sitemaps"),
    "app": (80, "appmodules"),
}


def members(desk):
    rows = desk.api.rows("solutioncomponents?$select=objectid,componenttype")
    return {(row["componenttype"], row["objectid"]) for row in rows}


def add(desk, component, kind):
    return desk.api.post(
        "AddSolutionComponent",
        {
            "ComponentId": component,
            "ComponentType": kind,
            "SolutionUniqueName": "Connector",
            "AddRequiredComponents": False,
        },
    )


def remove(desk, component, kind):
    return desk.api.post(
        "RemoveSolutionComponent",
        {
            "SolutionComponent": {
                "@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent",
                "solutioncomponentid": component,
            },
            "ComponentType": kind,
            "SolutionUniqueName": "Connector",
        },
    )


def export(desk, **more):
    return desk.api.post("ExportSolution", {"SolutionName": "Connector", "Managed": True, **more})


def unpacked(answer):
    content = base64.b64decode(answer.json()["ExportSolutionFile"])
    return zipfile.ZipFile(io.BytesIO(content))


def test_a_component_made_with_a_solution_named_belongs_to_it(desk):
    body = {
        "savedqueryid": texts.guid("view"),
        "name": "x",
        "returnedtypecode": "account",
        "fetchxml": texts.ACCOUNT_FETCH,
        "layoutxml": texts.ACCOUNT_LAYOUT,
    }

    made = desk.api.post("savedqueries", body, **INTO)

    assert made.status_code == 204
    assert members(desk) == {(26, texts.guid("view"))}


def test_a_component_changed_with_a_solution_named_belongs_to_it_too(desk):
    view = desk.view()

    changed = desk.api.patch(f"savedqueries({view})", {"name": "x"}, **INTO)

    assert changed.status_code == 204
    assert members(desk) == {(26, view)}


def test_nothing_is_added_to_a_managed_solution(desk, dataverse):
    view = desk.view()
    dataverse.manage("Connector")

    assert add(desk, view, 26).status_code == 400


@pytest.mark.parametrize("name", KINDS)
def test_components_go_into_a_solution_once_and_out_of_it_without_being_deleted(
    desk, refusal, name
):
    desk.everything()
    kind, collection = KINDS[name]
    row_id = texts.guid(name)

    added = add(desk, row_id, kind)
    again = add(desk, row_id, kind)
    inside = members(desk)
    removed = remove(desk, row_id, kind)

    assert (added.status_code, removed.status_code) == (200, 200)
    assert refusal(again) == (400, "0x8004f042")
    assert (inside, members(desk)) == ({(kind, row_id)}, set())
    path = f"{collection}({row_id})/Microsoft.Dynamics.CRM.RetrieveUnpublished"
    assert desk.api.get(path).status_code == 200
    assert remove(desk, row_id, kind).status_code == 404


def test_the_fault_of_being_in_already_may_hold_for_every_component(desk, refusal):
    desk.api.dataverse.set({"customizing": {"already_in_is_a_fault": True}})
    table = desk.api.get("EntityDefinitions(LogicalName='fb_payment')").json()["MetadataId"]
    add(desk, table, 1)

    assert refusal(add(desk, table, 1)) == (400, "0x8004f042")


def test_a_component_that_is_not_there_is_not_added(desk):
    assert add(desk, texts.guid("nothing"), 26).status_code == 404
    assert add(desk, texts.guid("nothing"), 61).status_code == 404


def layers(desk, component, kind):
    path = (
        f"msdyn_componentlayers?$select=msdyn_name&$filter=msdyn_componentid eq '{component}' and "
        f"msdyn_solutioncomponentname eq '{kind}'"
    )
    return [row["msdyn_solutionname"] for row in desk.api.rows(path)]


def test_the_layers_of_a_form_are_told_and_select_is_ignored(desk):
    (form,) = desk.api.rows("systemforms?$filter=objecttypecode eq 'account' and type eq 2")
    row_id = form["formid"]

    before = layers(desk, row_id, "SystemForm")
    desk.api.patch(f"systemforms({row_id})", {"description": "Changed"})
    changed = layers(desk, row_id, "SystemForm")
    desk.api.dataverse.set({"customizing": {"layers": {row_id: "Somebody"}}})

    assert (before, changed) == (["System"], ["System", "Active"])
    assert layers(desk, row_id, "SystemForm") == ["System", "Active", "Somebody"]


def test_layers_are_asked_for_by_component(desk):
    assert desk.api.get("msdyn_componentlayers").status_code == 400


def test_what_runs_is_in_the_history_and_keeps_others_from_publishing(desk, refusal):
    before = desk.api.rows("msdyn_solutionhistories?$filter=msdyn_status eq 0")
    desk.api.dataverse.set({"customizing": {"running": "Import"}})

    running = desk.api.rows("msdyn_solutionhistories?$filter=msdyn_status eq 0")
    refused = desk.publish("<entities><entity>account</entity></entities>")
    desk.api.dataverse.set({"customizing": {"running": ""}})

    assert (before, len(running)) == ([], 1)
    assert refusal(refused) == (400, "0x80071151")
    assert "[Import]" in refused.text
    assert desk.api.rows("msdyn_solutionhistories?$filter=msdyn_status eq 0") == []


def test_a_solution_is_exported_with_what_is_published_of_its_components(desk):
    desk.everything()
    for name, (kind, _) in KINDS.items():
        add(desk, texts.guid(name), kind)
    table = desk.api.get("EntityDefinitions(LogicalName='fb_payment')").json()["MetadataId"]
    add(desk, table, 1)
    desk.api.patch(f"savedqueries({texts.guid('view')})", {"name": "A draft"})

    archive = unpacked(export(desk))
    about = ET.fromstring(archive.read("solution.xml")).find("SolutionManifest")
    inside = archive.read("customizations.xml").decode()

    assert about.findtext("UniqueName") == "Connector"
    assert about.findtext("Version") == "1.0.0.0"
    assert about.findtext("Managed") == "1"
    assert len(about.findall("RootComponents/RootComponent")) == 7
    assert texts.guid("view") in inside
    assert "A draft" not in inside
    assert "fb_payment" in inside
    assert "Payment Lookup View" in inside
    assert desk.api.rows("msdyn_solutionhistories?$filter=msdyn_operation eq 2")


def test_the_version_of_a_solution_is_that_of_its_export(desk):
    (solution,) = desk.api.rows("solutions?$filter=uniquename eq 'Connector'")
    desk.api.patch(f"solutions({solution['solutionid']})", {"version": "1.2.0.0"})

    archive = unpacked(export(desk, Managed=False))
    about = ET.fromstring(archive.read("solution.xml")).find("SolutionManifest")

    assert (about.findtext("Version"), about.findtext("Managed")) == ("1.2.0.0", "0")


def test_a_managed_solution_is_not_exported(desk, dataverse):
    dataverse.manage("Connector")

    assert export(desk).status_code == 400


@pytest.mark.parametrize("more", [{"SolutionName": "Nobody"}, {"Managed": "yes"}])
def test_an_export_needs_a_solution_and_what_it_shall_be(desk, more):
    assert export(desk, **more).status_code in {400, 404}


def test_a_managed_solution_s_components_are_managed_and_stay(desk, dataverse, refusal):
    view = desk.view()
    add(desk, view, 26)

    dataverse.manage("Connector")

    assert desk.seen("savedqueries", view, "ismanaged") is True
    assert refusal(desk.api.delete(f"savedqueries({view})")) == (400, "0x8004f032")


def test_an_unmanaged_solution_that_is_deleted_leaves_its_components(desk):
    view = desk.view()
    add(desk, view, 26)
    (solution,) = desk.api.rows("solutions?$filter=uniquename eq 'Connector'")

    deleted = desk.api.delete(f"solutions({solution['solutionid']})")

    assert deleted.status_code == 204
    assert members(desk) == set()
    assert desk.seen("savedqueries", view, "name") == "FreshBooks: overdue"
