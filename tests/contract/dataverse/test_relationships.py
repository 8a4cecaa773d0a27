"""Custom tables of rows, and what the ends of a new relationship are called.

create-update-entity-relationships-using-web-api: both navigation properties may be named in the
definition. That a server keeps the names is not promised, so an environment can choose its own.
"""

from decimal import Decimal

import pytest

SINGLE = "ReferencingEntityNavigationPropertyName"
COLLECTION = "ReferencedEntityNavigationPropertyName"
NAMES = {SINGLE: "fbx_HomeAccount", COLLECTION: "fbx_FreshClients"}


@pytest.fixture
def client_table(api):
    api.publisher("fbx")
    api.table("fbx_Client")


def ends(api):
    query = f"$select=SchemaName,{SINGLE},{COLLECTION}&$filter=ReferencedEntity eq 'account'"
    (row,) = api.rows(f"EntityDefinitions(LogicalName='fbx_client')/ManyToOneRelationships?{query}")
    return row[SINGLE], row[COLLECTION]


def used(api, seeds, single, collection):
    """Return how binding, expanding, filtering and searching by the names are answered."""
    account = seeds.account("Home")
    bind = {f"{single}@odata.bind": f"/accounts({account})"}
    return [
        api.post("fbx_clients", {"fbx_name": "C", **bind}).status_code,
        api.get(f"fbx_clients?$expand={single}($select=name)").status_code,
        api.get(f"fbx_clients?$filter={single}/name eq 'Home'").status_code,
        api.get(f"accounts({account})?$expand={collection}($select=fbx_name)").status_code,
        api.get(f"accounts?$filter={collection}/any(c:c/fbx_name eq 'C')").status_code,
    ]


@pytest.mark.parametrize(
    ("naming", "requested", "expected"),
    [
        ("requested", NAMES, ("fbx_HomeAccount", "fbx_FreshClients")),
        ("requested", {}, ("fbx_AccountId", "fbx_account_client_AccountId")),
        ("schema", NAMES, ("fbx_AccountId", "fbx_account_client_AccountId")),
        ("with_table", NAMES, ("fbx_AccountId_fbx_client", "fbx_account_client_AccountId")),
    ],
)
def test_the_names_that_came_out_are_told_and_are_the_ones_that_work(
    api, seeds, dataverse, client_table, naming, requested, expected
):
    dataverse.set({"choices": {"navigation_names": naming}})

    made = api.relate("account", "fbx_client", "fbx_AccountId", **requested)

    assert made.status_code == 204
    assert ends(api) == expected
    assert used(api, seeds, *expected) == [204, 200, 200, 200, 200]


def test_a_name_that_was_ignored_is_undeclared(api, seeds, dataverse, client_table, code):
    dataverse.set({"choices": {"navigation_names": "schema"}})
    api.relate("account", "fbx_client", "fbx_AccountId", **NAMES)
    bind = {"fbx_HomeAccount@odata.bind": f"/accounts({seeds.account()})"}

    answer = api.post("fbx_clients", {"fbx_name": "C", **bind})

    assert code(answer) == (400, "0x80048d19")
    assert api.get("fbx_clients?$expand=fbx_HomeAccount").status_code == 400


def test_the_lookup_itself_is_called_by_its_schema_name_whatever_its_property_is(
    api, seeds, client_table
):
    api.relate("account", "fbx_client", "fbx_AccountId", **NAMES)
    account = seeds.account()
    bind = {"fbx_HomeAccount@odata.bind": f"/accounts({account})"}
    api.post("fbx_clients", {"fbx_name": "C", **bind})

    (row,) = api.rows("fbx_clients?$select=_fbx_accountid_value")

    assert row["_fbx_accountid_value"] == account


@pytest.mark.parametrize("name", [SINGLE, COLLECTION])
def test_a_name_in_use_is_refused(api, client_table, code, name):
    api.relate("account", "fbx_client", "fbx_AccountId", **NAMES)

    answer = api.relate("account", "fbx_client", "fbx_Other", **{name: NAMES[name]})

    assert code(answer) == (400, "0x80072551")
    left = api.rows("EntityDefinitions(LogicalName='fbx_client')/Attributes?$select=LogicalName")
    assert "fbx_other" not in {column["LogicalName"] for column in left}


def test_a_custom_table_of_rows_takes_columns_of_every_kind(api, client_table, dataverse):
    states = {
        "Options": [
            {"Value": 1, "Label": api.label("linked")},
            {"Value": 2, "Label": api.label("gone")},
        ]
    }
    day = {"Format": "DateOnly", "DateTimeBehavior": {"Value": "DateOnly"}}
    for schema, kind, more in (
        ("fbx_Key", "String", {"MaxLength": 60, "FormatName": {"Value": "Text"}}),
        ("fbx_Address", "String", {"MaxLength": 200, "FormatName": {"Value": "Url"}}),
        ("fbx_Candidates", "Memo", {"MaxLength": 4000}),
        ("fbx_Open", "Money", {"PrecisionSource": 2}),
        ("fbx_LastInvoiceOn", "DateTime", day),
        ("fbx_SyncedOn", "DateTime", {"Format": "DateAndTime"}),
        ("fbx_State", "Picklist", {"OptionSet": states}),
        ("fbx_Complete", "Boolean", {}),
        ("fbx_Version", "Integer", {"MinValue": 0, "MaxValue": 1000}),
    ):
        api.column("fbx_client", schema, kind, **more)
    assert api.key("fbx_client", "fbx_ClientKey", "fbx_key").status_code == 204
    body = {
        "fbx_name": "Aster Works",
        "fbx_address": "https://my.freshbooks.com/#/client/7",
        "fbx_candidates": "Aster Works Ltd",
        "fbx_open": 12.34,
        "fbx_lastinvoiceon": "2026-01-31",
        "fbx_syncedon": "2026-01-31T10:00:00Z",
        "fbx_state": 1,
        "fbx_complete": True,
        "fbx_version": 7,
    }

    written = api.patch("fbx_clients(fbx_key='xazq5-7')", body)

    row = api.get("fbx_clients(fbx_key='xazq5-7')").json(parse_float=Decimal)
    assert written.status_code == 204
    assert {name: row[name] for name in body} == body | {"fbx_open": Decimal("12.34")}
    assert row["fbx_open_base"] == Decimal("12.34")
    assert (row["statecode"], row["statuscode"]) == (0, 1)
    shape = "EntityDefinitions(LogicalName='fbx_client')/Attributes(LogicalName='fbx_address')"
    column = api.get(f"{shape}/{api.crm}StringAttributeMetadata?$select=FormatName").json()
    assert column["FormatName"] == {"Value": "Url"}
    note = {"subject": "n", "objectid_fbx_client@odata.bind": "/fbx_clients(fbx_key='xazq5-7')"}
    assert api.post("annotations", note).status_code == 204
    assert len(dataverse.all("annotation")) == 1


def test_a_lookup_is_written_whole_and_goes_on_leading_where_it_led(api, client_table):
    api.relate("account", "fbx_client", "fbx_AccountId")
    at = "EntityDefinitions(LogicalName='fbx_client')/Attributes(LogicalName='fbx_accountid')"
    lookup = api.get(at).json()
    label = {"LocalizedLabels": [{"Label": "Belongs to", "LanguageCode": 1033}]}

    written = api.call("PUT", at, {**lookup, "DisplayName": label})
    refused = api.call("PUT", at, {**lookup, "@odata.type": "#Microsoft.Dynamics.CRM.X"})

    after = api.get(at).json()
    assert (written.status_code, refused.status_code) == (204, 400)
    assert after["DisplayName"]["LocalizedLabels"][0]["Label"] == "Belongs to"
    assert after["Targets"] == lookup["Targets"] == ["account"]
