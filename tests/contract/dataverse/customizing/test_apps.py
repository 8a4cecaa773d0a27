"""Apps and site maps (dynamics-ui.md 6): names, components, roles, what is missing."""

import pytest

from tests.contract.dataverse.customizing import texts

CRM = "Microsoft.Dynamics.CRM."
APP = texts.guid("app")
MAP = {"@odata.type": f"{CRM}sitemap", "sitemapid": texts.guid("site map")}
VIEW = {"@odata.type": f"{CRM}savedquery", "savedqueryid": texts.guid("view")}


def add(desk, *components, action="AddAppComponents"):
    return desk.api.post(action, {"AppId": APP, "Components": list(components)})


def held(desk, app=APP):
    answer = desk.api.get(f"RetrieveAppComponents(AppModuleId={app})")
    assert answer.status_code == 200, answer.text
    return {(row["componenttype"], row["objectid"]) for row in answer.json()["value"]}


def issues(desk):
    answer = desk.api.get(f"ValidateApp(AppModuleId={APP})").json()["AppValidationResponse"]
    return answer["ValidationSuccess"], answer["ValidationIssueList"]


def publish(desk):
    return desk.publish(f"<appmodules><appmodule>{APP}</appmodule></appmodules>")


def test_an_app_holds_its_site_map_and_the_tables_it_leads_to(desk):
    desk.everything()
    added = add(desk, MAP, VIEW)
    publish(desk)

    account = desk.api.get("EntityDefinitions(LogicalName='account')").json()["MetadataId"]
    found = held(desk)

    assert added.status_code == 204, added.text
    assert {(62, texts.guid("site map")), (26, texts.guid("view")), (1, account)} <= found


def test_components_of_an_app_never_published_cannot_be_retrieved_but_are_listed(desk):
    desk.everything()
    add(desk, VIEW)

    answer = desk.api.get(f"RetrieveAppComponents(AppModuleId={APP})")
    path = f"appmodulecomponents?$filter=_appmoduleidunique_value eq {APP}"

    assert answer.status_code == 404
    assert [row["objectid"] for row in desk.api.rows(path)] == [texts.guid("view")]


def test_components_are_taken_out_again(desk):
    desk.everything()
    add(desk, MAP, VIEW)

    removed = add(desk, VIEW, action="RemoveAppComponents")
    publish(desk)

    assert removed.status_code == 204
    assert (26, texts.guid("view")) not in held(desk)


def test_a_table_goes_by_its_own_name_and_id(desk):
    desk.everything()
    table = desk.api.get("EntityDefinitions(LogicalName='fb_payment')").json()["MetadataId"]

    good = add(desk, {"@odata.type": f"{CRM}fb_payment", "activityid": table})
    bad = add(desk, {"@odata.type": f"{CRM}entity", "entityid": table})

    assert (good.status_code, bad.status_code) == (204, 400)


def test_a_web_resource_is_no_component_of_an_app(desk):
    desk.everything()
    icon = {
        "@odata.type": f"{CRM}webresource",
        "webresourceid": "953b9fac-1e5e-e611-80d6-00155ded156f",
    }

    assert add(desk, icon).status_code == 400


def test_a_site_map_of_another_name_makes_several_of_them(desk, refusal):
    desk.view()
    desk.chart()
    desk.dashboard()
    desk.app()
    desk.site_map(sitemapnameunique="fb_other")

    assert refusal(add(desk, MAP)) == (400, "0x80050111")


def test_a_site_map_without_a_name_of_its_own_makes_several_of_them(desk):
    desk.view()
    desk.chart()
    desk.dashboard()
    desk.site_map()

    with pytest.raises(AssertionError, match="0x80050111"):
        desk.site_map(sitemapid=texts.guid("2"))
    with pytest.raises(AssertionError, match="0x80050111"):
        desk.site_map(sitemapid=texts.guid("2"), sitemapnameunique=None)


def test_what_an_app_lacks_is_told(desk):
    desk.everything()

    before = issues(desk)
    add(desk, MAP)
    after = issues(desk)

    assert before[0] is False
    assert after[0] is True
    assert {each["ErrorType"] for each in after[1]} == {"Warning"}
    assert any("all of them are shown" in each["Message"] for each in after[1])


def test_an_app_s_name_gets_a_prefix_and_is_its_own(desk, refusal):
    desk.app(uniquename="freshbooks")

    assert desk.draft("appmodules", APP, "uniquename") == "new_freshbooks"
    with pytest.raises(AssertionError, match="already exists"):
        desk.app(appmoduleid=texts.guid("2"), uniquename="new_freshbooks")


def test_the_icon_of_an_app_stays(desk, refusal):
    icon = {"name": "fb_/icons/app.svg", "webresourcetype": 11}
    resource = desk.made("webresourceset", icon)
    desk.app(webresourceid=resource)

    assert refusal(desk.api.delete(f"webresourceset({resource})")) == (400, "0x8004f01f")


@pytest.mark.parametrize(
    "given", [{"webresourceid": texts.guid("no icon")}, {"uniquename": "fb_fresh books"}]
)
def test_an_app_needs_an_icon_and_a_plain_name(desk, given):
    with pytest.raises(AssertionError):
        desk.app(**given)


def test_roles_see_an_app_until_they_are_taken_off_it(desk):
    desk.everything()
    unit = desk.api.rows("businessunits?$select=name")[0]["businessunitid"]
    body = {"name": "Bookkeepers", "businessunitid@odata.bind": f"/businessunits({unit})"}
    role = desk.made("roles", body)
    path = f"appmodules({APP})/appmoduleroles_association"

    given = desk.api.post(f"{path}/$ref", {"@odata.id": f"{desk.api.root}roles({role})"})
    seen = [row["name"] for row in desk.api.rows(f"{path}?$select=name")]
    taken = desk.api.delete(f"{path}({role})/$ref")

    assert (given.status_code, taken.status_code) == (204, 204)
    assert seen == ["Bookkeepers"]
    assert desk.api.rows(path) == []


def test_the_icon_of_a_sub_area_stays(desk, refusal):
    desk.everything()
    resource = desk.made("webresourceset", {"name": "fb_/nav.svg", "webresourcetype": 11})
    drawn = 'Entity="account" Icon="$webresource:fb_/nav.svg"'
    text = texts.site_map(texts.guid("dashboard")).replace('Entity="account"', drawn)
    path = f"sitemaps({texts.guid('site map')})"

    assert desk.api.patch(path, {"sitemapxml": text}).status_code == 204
    assert refusal(desk.api.delete(f"webresourceset({resource})")) == (400, "0x8004f01f")


def test_an_app_that_is_deleted_leaves_its_components(desk):
    desk.everything()
    add(desk, MAP, VIEW)
    publish(desk)

    deleted = desk.api.delete(f"appmodules({APP})")

    assert deleted.status_code == 204
    assert desk.api.rows("appmodulecomponents?$filter=componenttype eq 26") == []
    assert desk.api.get(f"savedqueries({texts.guid('view')})").status_code == 200


def test_sales_hub_is_delivered_with_its_tables(desk):
    (hub,) = desk.api.rows("appmodules?$filter=uniquename eq 'msdynce_saleshub'")

    kinds = {kind for kind, _ in held(desk, hub["appmoduleid"])}

    assert hub["ismanaged"] is True
    assert kinds == {1, 60, 62}
