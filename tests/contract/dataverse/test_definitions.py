"""The metadata API: tables, columns, relationships and what they bring along, as its pages say."""

from decimal import Decimal

import pytest


@pytest.fixture
def own(api):
    api.publisher()
    return api


def definition(api, path):
    answer = api.get("EntityDefinitions" + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_table_tells_the_names_clients_need(api):
    found = api.rows(
        "EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute"
        "&$filter=LogicalName eq 'opportunity'"
    )

    assert len(found) == 1
    assert found[0]["EntitySetName"] == "opportunities"
    assert found[0]["PrimaryIdAttribute"] == "opportunityid"
    assert set(found[0]) == {
        "LogicalName",
        "EntitySetName",
        "PrimaryIdAttribute",
        "MetadataId",
    }


def test_definitions_are_addressed_by_name_or_id_and_expanded(api):
    by_name = definition(api, "(LogicalName='account')?$select=MetadataId")
    by_id = definition(
        api,
        f"({by_name['MetadataId']})?$select=LogicalName&$expand="
        "Attributes($select=LogicalName;$filter=LogicalName eq 'name'),Keys,"
        "ManyToOneRelationships($select=SchemaName)",
    )

    assert by_id["LogicalName"] == "account"
    assert [each["LogicalName"] for each in by_id["Attributes"]] == ["name"]
    assert by_id["Keys"] == []


def test_a_definition_that_is_not_there_is_404(api, code):
    for path in (
        "EntityDefinitions(LogicalName='fb_none')?$select=MetadataId",
        "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_none')",
        "RelationshipDefinitions(SchemaName='fb_none')",
    ):
        assert code(api.get(path)) == (404, "0x80040217")


def test_definitions_are_filtered_by_and_or_and_not(api):
    query = "LogicalName eq 'account' or not (LogicalName ne 'contact' or IsCustomEntity eq true)"

    found = api.rows(f"EntityDefinitions?$select=LogicalName&$filter={query}")

    assert {each["LogicalName"] for each in found} == {"account", "contact"}


def test_states_reasons_and_flags_tell_their_options(api):
    def options(table, column, cast):
        path = f"(LogicalName='{table}')/Attributes(LogicalName='{column}')/{api.crm}{cast}"
        return definition(api, f"{path}AttributeMetadata?$expand=OptionSet")["OptionSet"]

    states = options("account", "statecode", "State")["Options"]
    reasons = options("account", "statuscode", "Status")["Options"]
    flag = options("account", "creditonhold", "Boolean")

    assert [(each["Value"], each["DefaultStatus"]) for each in states] == [(0, 1), (1, 2)]
    assert [(each["Value"], each["State"]) for each in reasons] == [(1, 0), (2, 1)]
    assert (flag["TrueOption"]["Value"], flag["FalseOption"]["Value"]) == (1, 0)


def test_functions_and_unknown_properties_are_refused_over_definitions(api):
    for query in (
        "$filter=startswith(LogicalName,'acc')",
        "$filter=NoSuch eq 1",
        "$select=NoSuch",
        "$top=1",
    ):
        assert api.get("EntityDefinitions?" + query).status_code == 400


@pytest.mark.parametrize(
    ("kind", "more", "good", "bad"),
    [
        ("String", {"MaxLength": 5}, "abcde", "abcdef"),
        ("Memo", {"MaxLength": 5}, "abcde", "abcdef"),
        ("Integer", {"MinValue": 1, "MaxValue": 5}, 5, 6),
        ("Decimal", {"MinValue": 0, "MaxValue": 5, "Precision": 3}, Decimal("1.235"), -1),
        ("Money", {"MinValue": 0, "PrecisionSource": 2}, Decimal("1.24"), -1),
        ("Double", {"MaxValue": 5, "Precision": 3}, Decimal("1.235"), 6),
        ("Boolean", {}, True, 1),
        ("DateTime", {"Format": "DateAndTime"}, "2026-01-31T10:00:00Z", "soon"),
    ],
)
def test_a_column_of_every_kind_takes_what_fits_and_refuses_the_rest(
    own, seeds, kind, more, good, bad
):
    own.column("account", "fb_Own", kind, **more)
    account = f"accounts({seeds.account()})"
    sent = float(good) if isinstance(good, Decimal) else good

    stored = own.patch(account, {"fb_own": sent})
    refused = own.patch(account, {"fb_own": bad})

    assert (stored.status_code, refused.status_code) == (204, 400)
    assert own.get(f"{account}?$select=fb_own").json(parse_float=Decimal)["fb_own"] == good


def test_a_date_only_column_takes_days(own, seeds, code):
    own.column(
        "account",
        "fb_Day",
        "DateTime",
        Format="DateOnly",
        DateTimeBehavior={"Value": "DateOnly"},
    )
    account = f"accounts({seeds.account()})"

    own.patch(account, {"fb_day": "2026-01-31"})
    refused = own.patch(account, {"fb_day": "2026-01-31T00:00:00Z"})

    assert own.get(account).json()["fb_day"] == "2026-01-31"
    assert code(refused) == (400, "0x80048d19")


def test_a_new_date_column_is_user_local_by_default_even_if_it_shows_no_time(own, seeds):
    own.column("account", "fb_Day", "DateTime", Format="DateOnly")
    account = f"accounts({seeds.account()})"
    cast = "Microsoft.Dynamics.CRM.DateTimeAttributeMetadata"

    own.patch(account, {"fb_day": "2026-01-31"})
    found = definition(own, f"(LogicalName='account')/Attributes(LogicalName='fb_day')/{cast}")

    assert own.get(account).json()["fb_day"] == "2026-01-31T00:00:00Z"
    assert found["DateTimeBehavior"] == {"Value": "UserLocal"}


def test_a_choice_column_lists_its_options_and_takes_no_other(own, seeds, code):
    options = [{"Value": 720000000 + n, "Label": own.label(text)} for n, text in enumerate("ABC")]
    own.column(
        "account", "fb_Health", "Picklist", OptionSet={"IsGlobal": False, "Options": options}
    )
    account = f"accounts({seeds.account()})"
    cast = f"{own.crm}PicklistAttributeMetadata"

    own.patch(account, {"fb_health": 720000001})
    refused = own.patch(account, {"fb_health": 3})
    listed = own.rows(
        f"EntityDefinitions(LogicalName='account')/Attributes/{cast}"
        "?$select=LogicalName&$expand=OptionSet($select=Options)&$filter=LogicalName eq 'fb_health'"
    )[0]
    shown = own.get(account, Prefer='odata.include-annotations="*"').json()

    assert code(refused) == (400, "0x8004431a")
    assert [each["Value"] for each in listed["OptionSet"]["Options"]] == [
        720000000,
        720000001,
        720000002,
    ]
    assert shown["fb_health@OData.Community.Display.V1.FormattedValue"] == "B"


def test_derived_properties_need_a_cast(own):
    attributes = "(LogicalName='account')/Attributes"
    cast = f"{own.crm}StringAttributeMetadata"

    plain = own.get(f"EntityDefinitions{attributes}?$select=MaxLength")
    found = definition(own, f"{attributes}(LogicalName='name')/{cast}?$select=MaxLength")
    wrong = own.get(
        f"EntityDefinitions{attributes}(LogicalName='name')/{own.crm}MemoAttributeMetadata"
    )

    assert plain.status_code == 400
    assert found["MaxLength"] == 160
    assert wrong.status_code == 404


def test_money_brings_its_base_twin_and_the_table_s_currency(own):
    own.activity_table()
    before = definition(own, "(LogicalName='fb_payment')?$expand=Attributes")["Attributes"]

    own.column("fb_payment", "fb_Amount", "Money", PrecisionSource=2)

    after = definition(own, "(LogicalName='fb_payment')?$expand=Attributes")["Attributes"]
    added = {each["LogicalName"] for each in after} - {each["LogicalName"] for each in before}
    assert added == {"fb_amount", "fb_amount_base", "transactioncurrencyid", "exchangerate"}


def test_a_column_is_updated_by_put_of_the_whole_definition_and_never_by_patch(own, seeds):
    own.column("account", "fb_Text", "String", MaxLength=5)
    address = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_text')"
    whole = own.get(f"{address}/{own.crm}StringAttributeMetadata").json()
    body = {**whole, "@odata.type": f"{own.crm}StringAttributeMetadata", "MaxLength": 6}

    patched = own.patch(address, body)
    put = own.call("PUT", address, body, **{"MSCRM.MergeLabels": "true"})

    assert patched.status_code == 405
    assert put.status_code == 204, put.text
    account = f"accounts({seeds.account()})"
    assert own.patch(account, {"fb_text": "abcdef"}).status_code == 204


def test_a_table_is_updated_by_put_of_the_whole_definition_and_never_by_patch(own):
    own.activity_table()
    address = "EntityDefinitions(LogicalName='fb_payment')"
    body = {**own.get(address).json(), "DisplayName": own.label("Receipt")}

    patched = own.patch(address, body)
    put = own.call("PUT", address, body, **{"MSCRM.MergeLabels": "true"})

    assert patched.status_code == 405
    assert put.status_code == 204, put.text
    shown = own.get(f"{address}?$select=DisplayName").json()["DisplayName"]
    assert shown["UserLocalizedLabel"]["Label"] == "Receipt"


def test_a_column_is_deleted_unless_a_key_uses_it(own, seeds):
    own.column("account", "fb_Text", "String", MaxLength=5)
    own.column("account", "fb_Keyed", "String", MaxLength=5)
    own.key("account", "fb_Index", "fb_keyed")
    address = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='{}')"

    gone = own.delete(address.format("fb_text"))
    kept = own.delete(address.format("fb_keyed"))
    theirs = own.delete(address.format("name"))

    assert [gone.status_code, kept.status_code, theirs.status_code] == [204, 400, 400]
    assert "fb_text" not in own.get(f"accounts({seeds.account()})").json()


def test_schema_names_need_a_publisher_s_prefix_and_the_solution_s_own_in_a_solution(own, code):
    own.publisher("zz", "Other")
    body = {"@odata.type": f"{own.crm}StringAttributeMetadata", "MaxLength": 5}
    attributes = "EntityDefinitions(LogicalName='account')/Attributes"

    none = own.post(attributes, {**body, "SchemaName": "Plain"})
    unknown = own.post(attributes, {**body, "SchemaName": "qq_Name"})
    in_other = {"MSCRM.SolutionUniqueName": "Other"}
    wrong = own.call("POST", attributes, {**body, "SchemaName": "fb_Name"}, **in_other)
    right = own.call("POST", attributes, {**body, "SchemaName": "zz_Name"}, **in_other)
    nowhere = own.call(
        "POST",
        attributes,
        {**body, "SchemaName": "zz_Two"},
        **{"MSCRM.SolutionUniqueName": "Nowhere"},
    )

    assert [code(each) for each in (none, unknown, wrong)] == [(400, "0x8004431a")] * 3
    assert right.status_code == 204
    assert code(nowhere) == (404, "0x80040217")


def test_a_schema_name_is_used_once(own, code):
    own.column("account", "fb_Text", "String", MaxLength=5)
    own.activity_table()
    own.key("account", "fb_Index", "fb_text")
    body = {"@odata.type": f"{own.crm}StringAttributeMetadata", "SchemaName": "fb_TEXT"}

    column = own.post("EntityDefinitions(LogicalName='account')/Attributes", body)
    key = own.key("account", "fb_Index", "accountnumber")
    table = own.post("EntityDefinitions", {"SchemaName": "fb_Payment", "Attributes": []})

    assert [code(each) for each in (column, key, table)] == [(412, "0x80040237")] * 3


def test_a_custom_activity_has_the_columns_and_states_of_activities(own, dataverse):
    own.activity_table()

    found = definition(own, "(LogicalName='fb_payment')?$expand=Attributes")
    payment = own.post("fb_payments", {"subject": "Payment 1"})

    names = {each["LogicalName"] for each in found["Attributes"]}
    assert found["IsActivity"] is True
    assert (found["PrimaryIdAttribute"], found["PrimaryNameAttribute"]) == ("activityid", "subject")
    assert names >= {"subject", "description", "regardingobjectid", "scheduledend", "statecode"}
    assert payment.status_code == 204
    row = dataverse.all("fb_payment")[0]
    assert (row["statecode"], row["statuscode"], row["activitytypecode"]) == (0, 1, "fb_payment")


@pytest.mark.parametrize(("state", "reason"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_a_custom_activity_s_states_have_one_reason_each(own, dataverse, state, reason):
    own.activity_table()
    payment = dataverse.add("fb_payment", subject="P")

    answer = own.patch(f"fb_payments({payment})", {"statecode": state, "statuscode": reason})

    assert answer.status_code == 204
    assert dataverse.get("fb_payment", payment)["statuscode"] == reason


@pytest.mark.parametrize("table", ["account", "contact", "opportunity", "invoice"])
def test_a_custom_activity_regards_every_table_that_has_activities(own, seeds, dataverse, table):
    own.activity_table()
    rows = {
        "account": seeds.account,
        "invoice": seeds.invoice,
        "contact": lambda: dataverse.add("contact", lastname="L"),
        "opportunity": lambda: dataverse.add("opportunity", name="O"),
    }
    target = rows[table]()
    sets = {"opportunity": "opportunities"}
    address = f"{sets.get(table, table + 's')}({target})"

    made = own.post(
        "fb_payments",
        {"subject": "P", f"regardingobjectid_{table}_fb_payment@odata.bind": "/" + address},
    )
    below = own.rows(f"{address}/{table}_fb_payments?$select=subject")

    assert made.status_code == 204, made.text
    assert [row["subject"] for row in below] == ["P"]
    assert own.rows("activitypointers?$select=subject,activitytypecode")[0]["activitytypecode"] == (
        "fb_payment"
    )


def test_notes_can_be_put_on_a_custom_table_that_has_them(own, dataverse):
    own.activity_table()
    payment = dataverse.add("fb_payment", subject="P")

    made = own.post(
        "annotations",
        {"subject": "n", "objectid_fb_payment@odata.bind": f"/fb_payments({payment})"},
    )

    assert made.status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"HasActivities": True},
        {"OwnershipType": "OrganizationOwned"},
        {"IsAvailableOffline": False},
    ],
)
def test_a_custom_activity_needs_its_documented_settings(own, change):
    body = {
        "SchemaName": "fb_Payment",
        "OwnershipType": "UserOwned",
        "IsActivity": True,
        "IsAvailableOffline": True,
        "Attributes": [
            {
                "@odata.type": f"{own.crm}StringAttributeMetadata",
                "SchemaName": "Subject",
                "IsPrimaryName": True,
                "MaxLength": 200,
            }
        ],
    }

    assert own.post("EntityDefinitions", {**body, **change}).status_code == 400
    assert own.post("EntityDefinitions", body).status_code == 204


def test_a_relationship_makes_a_lookup_bound_under_its_schema_name(own, seeds, dataverse, code):
    own.activity_table()
    relationship = {
        "@odata.type": f"{own.crm}OneToManyRelationshipMetadata",
        "SchemaName": "fb_invoice_fb_payment",
        "ReferencedEntity": "invoice",
        "ReferencedAttribute": "invoiceid",
        "ReferencingEntity": "fb_payment",
        "Lookup": {
            "@odata.type": f"{own.crm}LookupAttributeMetadata",
            "SchemaName": "fb_InvoiceId",
            "DisplayName": own.label("Invoice"),
        },
        "CascadeConfiguration": {"Delete": "RemoveLink", "Assign": "NoCascade"},
    }
    invoice = seeds.invoice()
    bind = f"/invoices({invoice})"

    made = own.post("RelationshipDefinitions", relationship)
    wrong = own.post("fb_payments", {"subject": "P", "fb_invoiceid@odata.bind": bind})
    right = own.post("fb_payments", {"subject": "P", "fb_InvoiceId@odata.bind": bind})
    below = own.rows(f"invoices({invoice})/fb_invoice_fb_payment?$select=subject")
    listed = own.rows("RelationshipDefinitions?$filter=SchemaName eq 'fb_invoice_fb_payment'")
    named = own.get("RelationshipDefinitions(SchemaName='fb_invoice_fb_payment')").json()

    assert made.status_code == 204, made.text
    assert code(wrong) == (400, "0x80048d19")
    assert right.status_code == 204
    assert [row["subject"] for row in below] == ["P"]
    assert listed[0]["ReferencingEntityNavigationPropertyName"] == "fb_InvoiceId"
    assert named["MetadataId"] == listed[0]["MetadataId"]
    own.delete(f"invoices({invoice})")
    assert dataverse.all("fb_payment")[0]["_fb_invoiceid_value"] is None


def test_a_relationship_goes_with_its_lookup_and_the_platform_s_own_stays(own, code):
    own.activity_table()
    ours = "RelationshipDefinitions(SchemaName='fb_account_fb_payment')"
    theirs = "RelationshipDefinitions(SchemaName='lk_account_createdby')"
    own.post(
        "RelationshipDefinitions",
        {
            "@odata.type": f"{own.crm}OneToManyRelationshipMetadata",
            "SchemaName": "fb_account_fb_payment",
            "ReferencedEntity": "account",
            "ReferencingEntity": "fb_payment",
            "Lookup": {"SchemaName": "fb_AccountId"},
        },
    )

    gone, kept = own.delete(ours), own.delete(theirs)

    assert (gone.status_code, kept.status_code) == (204, 400)
    assert code(own.get(ours)) == (404, "0x80040217")
    assert own.get("fb_payments?$select=_fb_accountid_value").status_code == 400


def test_a_custom_standard_table_has_states_an_owner_and_bulk_messages(own):
    made = own.post(
        "EntityDefinitions",
        {
            "SchemaName": "fb_Currency",
            "OwnershipType": "UserOwned",
            "Attributes": [
                {
                    "@odata.type": f"{own.crm}StringAttributeMetadata",
                    "SchemaName": "fb_Name",
                    "IsPrimaryName": True,
                    "MaxLength": 100,
                }
            ],
        },
    )
    name = definition(own, "(LogicalName='fb_currency')?$select=EntitySetName")["EntitySetName"]
    row = own.post(name, {"fb_name": "x"}, Prefer="return=representation").json()
    probe = own.rows(
        "sdkmessagefilters?$filter=sdkmessageid/name eq 'CreateMultiple'"
        " and primaryobjecttypecode eq 'fb_currency'"
    )

    assert made.status_code == 204
    assert name == "fb_currencies"
    assert (row["statecode"], row["statuscode"]) == (0, 1)
    assert row["_ownerid_value"]
    assert len(probe) == 1


def test_a_table_can_be_deleted_with_its_rows_and_relationships(own, seeds):
    own.activity_table()
    own.post("fb_payments", {"subject": "P"})

    answer = own.delete("EntityDefinitions(LogicalName='fb_payment')")

    assert answer.status_code == 204
    assert own.get("fb_payments").status_code == 404
    assert own.get(f"accounts({seeds.account()})?$expand=account_fb_payments").status_code == 400


def test_standard_tables_cannot_be_deleted(api):
    assert api.delete("EntityDefinitions(LogicalName='account')").status_code == 400


def test_publishing_takes_the_names_of_tables_that_exist(api):
    xml = "<importexportxml><entities><entity>{}</entity></entities></importexportxml>"

    good = api.post("PublishXml", {"ParameterXml": xml.format("invoice")})
    bad = api.post("PublishXml", {"ParameterXml": xml.format("nothing")})
    everything = api.post("PublishAllXml", None)

    assert [good.status_code, bad.status_code, everything.status_code] == [204, 404, 204]


def test_definitions_in_a_change_set_are_not_simulated(api, a_part, parts):
    answer = api.batch([a_part("POST", "EntityDefinitions", {}, content_id="1")])

    assert parts(answer).statuses == [501]


def test_an_annotation_tells_that_the_schema_changed(own):
    name = "@Microsoft.Dynamics.CRM.globalmetadataversion"
    wish = {"Prefer": 'odata.include-annotations="*"'}
    before = own.get("accounts?$top=1", **wish).json()[name]

    own.column("account", "fb_Text", "String", MaxLength=5)

    assert own.get("accounts?$top=1", **wish).json()[name] != before
