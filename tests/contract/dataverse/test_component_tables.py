"""The tables of components: their names, their codes, their columns on the wire."""

import pytest


@pytest.mark.parametrize(
    ("table", "collection", "code"),
    [
        ("savedquery", "savedqueries", 1039),
        ("systemform", "systemforms", 1030),
        ("savedqueryvisualization", "savedqueryvisualizations", 1111),
        ("appmodule", "appmodules", 9006),
        ("sitemap", "sitemaps", 4709),
        ("webresource", "webresourceset", 9333),
    ],
)
def test_components_are_rows_of_their_own_tables(api, table, collection, code):
    path = f"EntityDefinitions(LogicalName='{table}')?$select=EntitySetName,ObjectTypeCode"

    found = api.get(path).json()

    assert (found["EntitySetName"], found["ObjectTypeCode"]) == (collection, code)


def test_components_are_found_by_whether_they_can_be_customized(dataverse, api):
    dataverse.add("webresource", name="fb_/a.svg", webresourcetype=11)

    def found(value):
        path = "webresourceset?$select=name&$filter=startswith(name,'fb_') and iscustomizable/Value"
        return [row["name"] for row in api.rows(f"{path} eq {value}")]

    assert (found("true"), found("false")) == (["fb_/a.svg"], [])


def test_whether_a_component_can_be_customized_is_a_managed_property(dataverse, api):
    resource = dataverse.add("webresource", name="fb_/icons/a.svg", webresourcetype=11)

    found = api.get(f"webresourceset({resource})?$select=iscustomizable,ismanaged").json()

    assert found["iscustomizable"] == {
        "Value": True,
        "CanBeChanged": True,
        "ManagedPropertyLogicalName": "iscustomizableanddeletable",
    }
    assert found["ismanaged"] is False
