"""Solution components: membership, dependencies that block a deletion, what is managed."""

import pytest


@pytest.fixture
def own(api):
    api.publisher()
    return api


COLUMN = {
    "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
    "SchemaName": "fb_code",
    "MaxLength": 50,
}
ADDRESS = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_code')"


@pytest.fixture
def column(own):
    made = own.post(
        "EntityDefinitions(LogicalName='account')/Attributes",
        {**COLUMN, "DisplayName": own.label("Code")},
        **{"MSCRM.SolutionUniqueName": "Connector"},
    )
    assert made.status_code == 204, made.text
    return made.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")")


def blockers(api, component, kind):
    path = f"RetrieveDependenciesForDelete(ObjectId={component},ComponentType={kind})"
    return api.rows(path)


def members(api):
    return {
        row["objectid"]: row["componenttype"]
        for row in api.rows("solutioncomponents?$select=objectid,componenttype")
    }


def test_what_is_made_with_a_solution_named_belongs_to_it(own, column):
    assert members(own) == {column: 2}


def test_a_component_is_added_to_a_solution_and_may_be_in_it_already(own, column, code):
    unit = own.rows("businessunits?$select=name")[0]["businessunitid"]
    body = {"name": "A role", "businessunitid@odata.bind": f"/businessunits({unit})"}
    role = own.post("roles", body).headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")")
    given = {
        "ComponentId": role,
        "ComponentType": 20,
        "SolutionUniqueName": "Connector",
        "AddRequiredComponents": False,
    }

    assert own.post("AddSolutionComponent", given).status_code == 200
    assert own.post("AddSolutionComponent", given).status_code == 200
    assert members(own) == {column: 2, role: 20}
    assert code(own.post("AddSolutionComponent", {**given, "SolutionUniqueName": "x"})) == (
        404,
        "0x80040217",
    )
    assert own.post("AddSolutionComponent", {"ComponentId": role}).status_code == 400


def test_a_column_that_a_view_shows_is_not_deleted_and_the_view_is_named(
    own, dataverse, column, code
):
    view = dataverse.use("view", "Good clients", "account", "fb_code")

    refused = own.delete(ADDRESS)
    (found,) = blockers(own, column, 2)

    assert code(refused) == (400, "0x8004f01f")
    assert "RetrieveDependenciesForDelete" in refused.text
    assert (found["dependentcomponenttype"], found["dependentcomponentobjectid"]) == (26, view)
    assert own.get(f"savedqueries({view})?$select=name").json()["name"] == "Good clients"


def test_what_uses_it_no_more_blocks_no_more(own, dataverse, column):
    form = dataverse.use("form", "Account", "account", "fb_code")
    dataverse.delete("systemform", form)

    assert blockers(own, column, 2) == []
    assert own.delete(ADDRESS).status_code == 204


def test_a_key_blocks_its_column(own, column):
    keys = "EntityDefinitions(LogicalName='account')/Keys"
    own.post(keys, {"SchemaName": "fb_k", "KeyAttributes": ["fb_code"]})
    key = own.rows(keys)[0]["MetadataId"]

    assert [row["dependentcomponentobjectid"] for row in blockers(own, column, 2)] == [key]
    assert own.delete(ADDRESS).status_code == 400
    assert own.delete(f"{keys}({key})").status_code == 204
    assert own.delete(ADDRESS).status_code == 204


def test_a_deleted_column_takes_its_values_along(own, dataverse, column, seeds):
    account = seeds.account()
    dataverse.update("account", account, fb_code="42")
    own.delete(ADDRESS)

    own.post(
        "EntityDefinitions(LogicalName='account')/Attributes",
        {**COLUMN, "DisplayName": own.label("Code")},
    )

    assert own.get(f"accounts({account})?$select=fb_code").json()["fb_code"] is None


def test_what_a_managed_solution_brought_is_not_deleted_singly(own, dataverse, column, code):
    dataverse.manage("Connector")

    solution = own.rows("solutions?$select=ismanaged&$filter=uniquename eq 'Connector'")[0]

    assert solution["ismanaged"] is True
    assert own.get(ADDRESS).json()["IsManaged"] is True
    assert code(own.delete(ADDRESS)) == (400, "0x8004f032")
    assert own.delete(f"solutions({solution['solutionid']})").status_code == 501


def test_an_unmanaged_solution_is_only_a_list_its_components_stay(own, column):
    solution = own.rows("solutions?$select=uniquename&$filter=uniquename eq 'Connector'")[0]

    gone = own.delete(f"solutions({solution['solutionid']})")

    assert gone.status_code == 204
    assert members(own) == {}
    assert own.get(ADDRESS).status_code == 200


def test_a_publisher_is_kept_while_it_has_a_solution(own):
    publisher = own.rows("publishers?$select=uniquename&$filter=uniquename eq 'fb'")[0]
    solution = own.rows("solutions?$select=uniquename&$filter=uniquename eq 'Connector'")[0]
    address = f"publishers({publisher['publisherid']})"

    assert own.delete(address).status_code == 405
    own.delete(f"solutions({solution['solutionid']})")
    assert own.delete(address).status_code == 204


def test_dependencies_are_asked_with_an_id_and_a_number(own, column):
    path = "RetrieveDependenciesForDelete"

    assert own.get(f"{path}(ObjectId={column})").status_code == 400
    assert own.get(f"{path}(ObjectId=@o,ComponentType=@t)?@o={column}&@t=2").status_code == 200
    assert own.get(f"{path}(ObjectId={column},ComponentType='x')").status_code == 400
    assert own.post(f"{path}(ObjectId={column},ComponentType=2)", {}).status_code == 405
