"""Texts in several languages, colours, icons, managed properties (dynamics-ui.md 4, 9)."""

import base64

import pytest

from tests.contract.dataverse.customizing import texts

HEALTH = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fb_health')"
CHOICE = f"{HEALTH}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$expand=OptionSet"
SVG = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode()


def label(**languages):
    codes = {"en": 1033, "de": 1031, "fr": 1036}
    return {
        "LocalizedLabels": [
            {"Label": text, "LanguageCode": codes[name]} for name, text in languages.items()
        ]
    }


def shown(given):
    return {each["LanguageCode"]: each["Label"] for each in given["LocalizedLabels"]}


@pytest.fixture
def bilingual(desk):
    desk.api.dataverse.set({"customizing": {"languages": [1033, 1031]}})
    return desk


def health(**more):
    return {
        "@odata.type": "#Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
        "SchemaName": "fb_Health",
        "DisplayName": label(en="Health"),
        "OptionSet": {"Options": [{"Value": 72000, "Label": label(en="Good")}]},
        **more,
    }


def put(desk, body, **headers):
    return desk.api.call("PUT", HEALTH, body, **headers)


def test_one_language_is_provisioned_until_others_are(desk):
    before = desk.api.get("RetrieveProvisionedLanguages").json()["RetrieveProvisionedLanguages"]
    desk.api.dataverse.set({"customizing": {"languages": [1033, 1031]}})

    after = desk.api.get("RetrieveProvisionedLanguages").json()["RetrieveProvisionedLanguages"]

    assert (before, after) == ([1033], [1033, 1031])


def test_a_column_has_texts_in_every_language(bilingual):
    named, described = label(en="Health", de="Gesundheit"), label(en="How", de="Wie")

    answer = put(bilingual, health(DisplayName=named, Description=described))
    found = bilingual.api.get(HEALTH).json()

    assert answer.status_code == 204
    assert shown(found["DisplayName"]) == {1033: "Health", 1031: "Gesundheit"}
    assert shown(found["Description"]) == {1033: "How", 1031: "Wie"}


@pytest.mark.parametrize(
    ("merge", "left"),
    [("true", {1033: "State", 1031: "Gesundheit"}), (None, {1033: "State"})],
)
def test_texts_in_other_languages_are_lost_unless_they_are_merged(bilingual, merge, left):
    put(bilingual, health(DisplayName=label(en="Health", de="Gesundheit")))
    headers = {} if merge is None else {"MSCRM.MergeLabels": merge}

    put(bilingual, health(DisplayName=label(en="State")), **headers)

    assert shown(bilingual.api.get(HEALTH).json()["DisplayName"]) == left


@pytest.mark.parametrize("given", [label(en="Health", fr="Santé"), label(de="Gesundheit")])
def test_a_language_that_is_not_provisioned_and_a_missing_base_are_refused(bilingual, given):
    answer = put(bilingual, health(DisplayName=given))

    assert answer.status_code == 400
    assert shown(bilingual.api.get(HEALTH).json()["DisplayName"]) == {1033: "fb_Health"}


def test_a_table_has_texts_in_every_language_which_are_merged_on_demand(bilingual):
    path = "EntityDefinitions(LogicalName='fb_payment')"
    first = {"DisplayName": label(en="Payment", de="Zahlung"), "Description": label(en="Paid")}
    bilingual.api.call("PUT", path, first)

    bilingual.api.call(
        "PUT", path, {"DisplayName": label(en="Money")}, **{"MSCRM.MergeLabels": "true"}
    )
    merged = bilingual.api.get(path).json()
    bilingual.api.call("PUT", path, {"DisplayName": label(en="Money")})
    lost = bilingual.api.get(path).json()

    assert shown(merged["DisplayName"]) == {1033: "Money", 1031: "Zahlung"}
    assert shown(merged["Description"]) == {1033: "Paid"}
    assert shown(lost["DisplayName"]) == {1033: "Money"}


def test_a_colour_comes_with_the_option_list_and_never_by_an_option_of_its_own(desk):
    green = {"Value": 72000, "Label": label(en="Good"), "Color": "#107C10"}
    put(desk, health(OptionSet={"Options": [green]}))
    given = {
        "EntityLogicalName": "account",
        "AttributeLogicalName": "fb_health",
        "Label": label(en="Bad"),
        "Color": "#FF0000",
    }

    updated = desk.api.post("UpdateOptionValue", {**given, "Value": 72000, "MergeLabels": True})
    inserted = desk.api.post("InsertOptionValue", {**given, "Value": 72009})
    options = desk.api.get(CHOICE).json()["OptionSet"]["Options"]

    assert (updated.status_code, inserted.status_code) == (204, 200)
    assert [(each["Value"], each["Color"]) for each in options] == [
        (72000, "#107C10"),
        (72009, None),
    ]
    assert [shown(each["Label"])[1033] for each in options] == ["Bad", "Bad"]


def test_a_colour_given_at_creation_is_kept(desk):
    options = [{"Value": 1, "Label": label(en="Good"), "Color": "#107C10"}]
    desk.api.column("account", "fb_Mood", "Picklist", OptionSet={"Options": options})

    path = CHOICE.replace("fb_health", "fb_mood")

    assert desk.api.get(path).json()["OptionSet"]["Options"][0]["Color"] == "#107C10"


def test_managed_properties_that_are_left_out_are_reset(desk):
    audited = {"Value": True, "CanBeChanged": True}
    hidden = {"Value": False, "CanBeChanged": True}
    put(desk, health(IsAuditEnabled=audited, IsValidForAdvancedFind=hidden))

    def flags():
        found = desk.api.get(f"{HEALTH}?$select=IsAuditEnabled,IsValidForAdvancedFind").json()
        return found["IsAuditEnabled"]["Value"], found["IsValidForAdvancedFind"]["Value"]

    kept = flags()
    put(desk, health())

    assert kept == (True, False)
    assert flags() == (False, True)


def test_an_icon_is_an_svg_that_is_there(desk):
    path = "EntityDefinitions(LogicalName='fb_payment')"
    icon = {"IconVectorName": "fb_/icons/entry.svg"}

    before = desk.api.call("PUT", path, icon).status_code
    resource = {"name": "fb_/icons/entry.svg", "webresourcetype": 11, "content": SVG}
    made = desk.api.post("webresourceset", resource).status_code
    after = desk.api.call("PUT", path, icon).status_code

    assert (before, made, after) == (400, 204, 204)
    assert desk.api.get(path).json()["IconVectorName"] == "fb_/icons/entry.svg"
    (row,) = desk.api.rows("webresourceset?$filter=name eq 'fb_/icons/entry.svg'")
    assert desk.api.delete(f"webresourceset({row['webresourceid']})").status_code == 400


def test_a_new_table_may_bring_its_icon_along(desk):
    icon = {"IconVectorName": "fb_/icons/client.svg"}

    with pytest.raises(AssertionError, match="IconVectorName"):
        desk.api.table("fb_Client", **icon)
    desk.made("webresourceset", {"name": "fb_/icons/client.svg", "webresourcetype": 11})
    desk.api.table("fb_Client", **icon)

    path = "EntityDefinitions(LogicalName='fb_client')?$select=IconVectorName"
    assert desk.api.get(path).json()["IconVectorName"] == "fb_/icons/client.svg"


@pytest.mark.parametrize(
    "given",
    [
        {"name": "icons/entry.svg"},
        {"name": "zz_/icons/entry.svg"},
        {"name": "fb_//entry.svg"},
        {"content": "not base64!"},
        {"content": base64.b64encode(b"<html/>").decode()},
        {"content": base64.b64encode(b"<svg>" + b" " * 10_300 + b"</svg>").decode()},
        {"webresourcetype": 99},
    ],
)
def test_a_web_resource_that_cannot_be_is_refused(desk, given):
    resource = {"name": "fb_/icons/entry.svg", "webresourcetype": 11, "content": SVG, **given}

    assert desk.api.post("webresourceset", resource).status_code == 400


@pytest.mark.parametrize("given", [{"ActivityTypeMask": 0}, {"IsActivity": False}])
def test_what_makes_a_table_an_activity_is_set_at_creation(desk, given):
    path = "EntityDefinitions(LogicalName='fb_payment')"

    assert desk.api.call("PUT", path, given).status_code == 400


def texts_of(desk, kind, key, row_id, *, unpublished=True, column="name"):
    moniker = f'{{"@odata.type":"Microsoft.Dynamics.CRM.{kind}","{key}":"{row_id}"}}'
    path = (
        "RetrieveLocLabels(EntityMoniker=@m,AttributeName=@a,IncludeUnpublished=@u)"
        f"?@m={moniker}&@a='{column}'&@u={str(unpublished).lower()}"
    )
    answer = desk.api.get(path)
    assert answer.status_code == 200, answer.text
    return shown(answer.json()["Label"])


def set_texts(desk, kind, key, row_id, column="name", **languages):
    return desk.api.post(
        "SetLocLabels",
        {
            "EntityMoniker": {"@odata.type": f"Microsoft.Dynamics.CRM.{kind}", key: row_id},
            "AttributeName": column,
            "Labels": label(**languages)["LocalizedLabels"],
        },
    )


@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        ("savedquery", "savedqueryid", "view"),
        ("systemform", "formid", "form"),
        ("systemform", "formid", "dashboard"),
        ("savedqueryvisualization", "savedqueryvisualizationid", "chart"),
        ("appmodule", "appmoduleid", "app"),
    ],
)
def test_names_of_components_have_texts_in_every_language(bilingual, kind, key, name):
    bilingual.everything()
    row_id = texts.guid(name)

    answer = set_texts(bilingual, kind, key, row_id, en="Late", de="Überfällig")

    assert answer.status_code == 204, answer.text
    assert texts_of(bilingual, kind, key, row_id) == {1033: "Late", 1031: "Überfällig"}


def test_a_component_may_be_named_by_its_address(bilingual):
    view = bilingual.view()
    path = (
        "RetrieveLocLabels(EntityMoniker=@m,AttributeName=@a,IncludeUnpublished=@u)"
        f"?@m={{'@odata.id':'savedqueries({view})'}}&@a='name'&@u=true"
    )

    found = bilingual.api.get(path).json()["Label"]

    assert shown(found) == {1033: "FreshBooks: overdue"}


def test_texts_of_components_are_drafts_too(bilingual):
    view = bilingual.view()
    set_texts(bilingual, "savedquery", "savedqueryid", view, en="Late", de="Spät")

    before = texts_of(bilingual, "savedquery", "savedqueryid", view, unpublished=False)
    bilingual.publish("<entities><entity>account</entity></entities>")

    after = texts_of(bilingual, "savedquery", "savedqueryid", view, unpublished=False)
    assert before == {1033: "FreshBooks: overdue"}
    assert after == {1033: "Late", 1031: "Spät"}


@pytest.mark.parametrize(
    ("column", "languages"),
    [("name", {"en": "Late", "fr": "Tard"}), ("name", {"de": "Spät"}), ("fetchxml", {"en": "x"})],
)
def test_texts_that_cannot_be_are_refused(bilingual, column, languages):
    view = bilingual.view()

    answer = set_texts(bilingual, "savedquery", "savedqueryid", view, column, **languages)

    assert answer.status_code == 400
    assert texts_of(bilingual, "savedquery", "savedqueryid", view) == {1033: "FreshBooks: overdue"}


def test_labels_of_a_form_are_in_provisioned_languages(bilingual):
    bilingual.view()
    bilingual.quick_form()
    both = '<label description="Betrag" languagecode="1031"/></labels>'
    text = texts.main_form(texts.guid("view"), texts.guid("quick form"))

    assert bilingual.form(formxml=text.replace("</labels>", both))
