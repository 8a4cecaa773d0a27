"""Forms and dashboards (dynamics-ui.md 3, 3.1, 5): kinds, rules, what was there before."""

import re

import pytest

from tests.contract.dataverse.customizing import texts

OUR_FIELD = texts.cell("c", texts.field("fb_overdue", texts.MONEY))
OUR_TAB = texts.tab("fb_freshbooks", texts.section("fb_s", OUR_FIELD))


@pytest.fixture
def made(desk):
    desk.view()
    desk.quick_form()
    return desk


def delivered(desk, table):
    path = f"systemforms?$filter=objecttypecode eq '{table}' and type eq 2 and ismanaged eq true"
    (form,) = desk.api.rows(path)
    return form


def card(*names):
    sections = "".join(
        texts.section(name, texts.cell(f"{name} cell", "", ' showlabel="false"')) for name in names
    )
    return texts.form(texts.tab("card", sections))


def test_a_form_is_made_changed_and_deleted(made):
    form = made.form()
    changed = made.api.patch(f"systemforms({form})", {"description": "Ours"})

    assert form == texts.guid("form")
    assert changed.status_code == 204
    assert made.api.delete(f"systemforms({form})").status_code == 204


@pytest.mark.parametrize("given", [{"type": 6}, {"uniquename": "x"}, {"ancestorformid": None}])
def test_what_is_set_at_creation_never_changes(made, given):
    form = made.form()

    assert made.api.patch(f"systemforms({form})", given).status_code == 400


@pytest.mark.parametrize("given", [{"formjson": "{}"}, {"ismanaged": True}, {"componentstate": 1}])
def test_what_the_platform_fills_in_is_not_given(made, given):
    form = made.form()

    assert made.api.patch(f"systemforms({form})", given).status_code == 400


def test_only_main_forms_are_deactivated_and_the_default_one_never(made):
    form = made.form()
    quick = texts.guid("quick form")
    default = delivered(made, "account")["formid"]
    off = {"formactivationstate": 0}

    assert made.api.patch(f"systemforms({form})", off).status_code == 204
    assert made.api.patch(f"systemforms({quick})", off).status_code == 400
    assert made.api.patch(f"systemforms({default})", off).status_code == 400


def test_the_default_form_is_taken_away_from_the_other_of_its_type(made):
    made.form(isdefault=True)

    assert delivered(made, "invoice")["isdefault"] is False
    assert delivered(made, "account")["isdefault"] is True


@pytest.mark.parametrize(
    "given", [{"objecttypecode": "invoces"}, {"name": None}, {"formxml": None}]
)
def test_a_form_needs_a_table_a_name_and_a_text(made, given):
    with pytest.raises(AssertionError):
        made.form(**given)


def test_a_card_keeps_the_names_of_its_sections(made):
    sections = ("ColorStrip", "CardHeader", "CardDetails", "CardFooter")
    given = {"objecttypecode": "account", "type": 11}

    assert made.form(**given, formxml=card(*sections))
    with pytest.raises(AssertionError, match="ColorStrip"):
        made.form(**given, formid=texts.guid("2"), formxml=card("Strip", *sections[1:]))


def test_a_dashboard_belongs_to_no_table(made):
    made.chart()

    assert made.dashboard()
    with pytest.raises(AssertionError, match="objecttypecode"):
        made.dashboard(formid=texts.guid("2"), objecttypecode="account")


def test_a_timeline_lists_activities_only(made):
    def timeline(listed):
        control = (
            f'<control id="notes" classid="{{{texts.TIMELINE}}}"><parameters>'
            f"<UClientActivities>{listed}</UClientActivities></parameters></control>"
        )
        return texts.form(texts.tab("t", texts.section("s", texts.cell("c", control))))

    form = delivered(made, "account")["formid"]

    def write(listed):
        return made.api.patch(f"systemforms({form})", {"formxml": timeline(listed)}).status_code

    assert [write("task,fb_payment"), write(""), write("account"), write("fb_pay")] == [
        204,
        204,
        400,
        400,
    ]


def test_a_delivered_form_is_newer_than_the_schema_and_takes_one_more_tab(made):
    form = delivered(made, "account")
    text = form["formxml"].replace("</tabs>", f"{OUR_TAB}</tabs>")

    answer = made.api.patch(f"systemforms({form['formid']})", {"formxml": text})

    assert "headerdensity" in text
    assert answer.status_code == 204, answer.text
    assert made.draft("systemforms", form["formid"], "formxml") == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</tabs>", "<tabs>"),
        ('name="fb_freshbooks"', 'name="SUMMARY_TAB"'),
        (texts.MONEY, texts.TEXT),
        ('datafieldname="fb_overdue"', 'datafieldname="fb_overdoe"'),
        ('id="fb_overdue" classid', 'id="name" classid'),
    ],
)
def test_what_is_new_on_a_delivered_form_is_checked_all_the_same(made, old, new):
    form = delivered(made, "account")
    text = form["formxml"].replace("</tabs>", f"{OUR_TAB}</tabs>")
    head, mark, tail = text.partition('<tab name="fb_freshbooks"')

    spoilt = head + (mark + tail).replace(old, new, 1)
    answer = made.api.patch(f"systemforms({form['formid']})", {"formxml": spoilt})

    assert answer.status_code == 400


def test_delivered_forms_list_all_activities_or_some_or_say_nothing(made):
    def listed(table):
        found = re.findall("<UClientActivities>(.*?)<", delivered(made, table)["formxml"])
        return found[0] if found else None

    assert listed("account") == ""
    assert listed("opportunity") == "phonecall,email,appointment,task"
    assert listed("invoice") is None


def test_a_new_table_has_a_main_a_card_and_a_quick_view_form(made):
    made.api.table("fb_Client")

    found = made.api.rows("systemforms?$filter=objecttypecode eq 'fb_client'")

    assert {(row["name"], row["type"]) for row in found} == {
        ("Information", 2),
        ("Information", 11),
        ("Information", 6),
    }


def test_the_form_of_a_new_activity_shows_parties_and_none_of_its_columns(made):
    (form,) = made.api.rows("systemforms?$filter=objecttypecode eq 'fb_payment' and type eq 2")

    text = form["formxml"]

    assert all(f'datafieldname="{name}"' in text for name in ("subject", "from", "to", "cc", "bcc"))
    assert "fb_amount" not in text
    assert "<header" in text


def test_the_form_of_our_activity_is_replaced_as_a_whole(made):
    (form,) = made.api.rows("systemforms?$filter=objecttypecode eq 'fb_payment' and type eq 2")
    fields = [
        texts.cell("Subject", texts.field("subject", texts.TEXT)),
        texts.cell("Amount", texts.field("fb_amount", texts.MONEY)),
    ]
    text = texts.form(texts.tab("fb_general", texts.section("fb_fields", *fields)))

    answer = made.api.patch(f"systemforms({form['formid']})", {"formxml": text})

    assert answer.status_code == 204, answer.text


def test_what_a_customer_made_can_be_asked_for_over_http(made):
    answer = made.api.session.post(f"{made.api.origin}/_sandbox/customizations")

    assert answer.status_code == 201
    assert made.seen("systemforms", answer.json()["form"], "name") == "Our accounts"


def test_a_customer_s_own_work_is_there_with_drafts_of_its_own(made, dataverse):
    work = dataverse.customer_customizations()

    form = made.draft("systemforms", work.drafted_form, "formxml")

    assert "our_draft" in form
    assert "our_draft" not in made.seen("systemforms", work.drafted_form, "formxml")
    assert made.seen("systemforms", work.form, "ismanaged") is False
    assert f'<Role Id="{{{work.role}}}" />' in made.seen("systemforms", work.form, "formxml")
    assert made.seen("roles", work.role, "name") == "Our bookkeepers"
    assert made.seen("savedqueries", work.view, "isdefault") is True
    assert made.draft("savedqueries", work.drafted_view, "name") == "My live accounts"
