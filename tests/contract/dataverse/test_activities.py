"""Dates of activities and the order a timeline shows them in.

The page on the timeline control sorts by modifiedon unless an administrator chooses another date;
`sortdate` is empty until somebody writes it.
"""

import re

import pytest

DATES = ("sortdate", "actualstart", "actualend", "scheduledstart", "scheduledend")
DAY = "2019-05-0{}T12:00:00Z"


@pytest.fixture
def payments(api):
    api.publisher("fbx")
    api.activity_table("fbx_Payment")


@pytest.fixture
def payment(api, payments):
    def make(account, subject, **columns):
        bind = {"regardingobjectid_account_fbx_payment@odata.bind": f"/accounts({account})"}
        made = api.post("fbx_payments", {"subject": subject, **bind, **columns})
        assert made.status_code == 204, made.text
        return made.headers["OData-EntityId"].split("(")[1].rstrip(")")

    return make


@pytest.fixture
def shown(api):
    def titles(account, query=""):
        page = api.session.get(f"{api.origin}/_sandbox/accounts/{account}{query}")
        assert page.status_code == 200, page.text
        timeline = page.text.partition('class="timeline"')[2]
        return re.findall(r"<h3>(.*?)</h3>", timeline), re.findall(r"<time>(.*?)</time>", timeline)

    return titles


def test_a_custom_activity_has_the_dates_of_every_activity(api, payment, seeds, dataverse):
    dates = {name: DAY.format(number) for number, name in enumerate(DATES, start=1)}

    made = payment(seeds.account(), "p")
    answer = api.patch(f"fbx_payments({made})", dates)

    assert answer.status_code == 204
    for table in ("fbx_payment", "activitypointer"):
        row = dataverse.get(table, made)
        assert {name: row[name] for name in DATES} == dates
        assert row["_regardingobjectid_value"]
        assert row["_ownerid_value"]
        assert row["modifiedon"] == "2026-10-01T12:00:00Z"


def test_sort_date_is_empty_unless_it_is_written(payment, seeds, dataverse):
    made = payment(seeds.account(), "p", actualend=DAY.format(1))

    assert dataverse.get("fbx_payment", made)["sortdate"] is None


def test_the_day_of_creation_is_overridden_at_creation_alone(api, payment, seeds, dataverse):
    made = payment(seeds.account(), "p", overriddencreatedon=DAY.format(1))

    refused = api.patch(f"fbx_payments({made})", {"overriddencreatedon": DAY.format(2)})

    assert refused.status_code == 400
    assert dataverse.get("fbx_payment", made)["createdon"] == DAY.format(1)


def test_all_activities_are_sorted_by_what_was_modified_and_by_their_sort_date(
    api, payment, seeds, dataverse, clock
):
    account = seeds.account()
    first = payment(account, "first", sortdate=DAY.format(3))
    clock.forward(60)
    dataverse.add(
        "task", subject="second", sortdate=DAY.format(1), regardingobjectid_account_task=account
    )
    clock.forward(60)
    payment(account, "third", sortdate=DAY.format(2))
    clock.forward(60)
    api.patch(f"fbx_payments({first})", {"description": "once more"})

    def order(column):
        rows = api.rows(f"activitypointers?$select=subject&$orderby={column} desc")
        return [row["subject"] for row in rows]

    assert order("modifiedon") == ["first", "third", "second"]
    assert order("sortdate") == ["first", "third", "second"]
    assert order("createdon") == ["third", "second", "first"]


def test_the_timeline_shows_what_was_modified_last_at_its_top(
    api, payment, seeds, dataverse, clock, shown
):
    account = seeds.account()
    first = payment(account, "first", sortdate=DAY.format(1))
    clock.forward(86400)
    payment(account, "second", sortdate=DAY.format(2))
    dataverse.add("annotation", subject="note", objectid_account=account)
    clock.forward(86400)
    api.patch(f"fbx_payments({first})", {"description": "once more"})

    titles, days = shown(account)

    assert titles[0] == "first"
    assert set(titles[1:]) == {"second", "note"}
    assert days == ["2026-10-03", "2026-10-02", "2026-10-02"]


def test_the_timeline_can_be_sorted_by_sort_date_where_entries_without_one_come_last(
    payment, seeds, dataverse, shown
):
    account = seeds.account()
    payment(account, "none")
    payment(account, "older", sortdate=DAY.format(1))
    payment(account, "newer", sortdate=DAY.format(2))

    titles, days = shown(account, "?sort=sortdate")

    assert titles == ["newer", "older", "none"]
    assert days == ["2019-05-02", "2019-05-01", ""]


def test_a_timeline_is_not_sorted_by_anything(api, seeds):
    answer = api.session.get(f"{api.origin}/_sandbox/accounts/{seeds.account()}?sort=subject")

    assert answer.status_code == 400
