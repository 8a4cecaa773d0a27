"""What people are told in the app: once for each invoice and event, and only what is to be told."""

import json

import pytest

from sandbox.check.found.notices import notice
from tests.contract.check.picture import FIRST, HARBOUR, with_policies

ID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def told(number, event="overdue", *, identity="n-1", account=HARBOUR.id):
    row = notice(
        {
            "appnotificationid": identity,
            "title": f"Invoice {event}",
            "body": f"Invoice {number} of Harbour Group is {event}: 235.00 USD open.",
            "data": None,
            "_ownerid_value": "u-sales",
        }
    )
    return type(row)(row.key, row.id, {**row.fields, "opens": account})


@pytest.fixture
def telling(source):
    return with_policies(source, notices="both")


def test_what_was_chosen_may_be_told_and_need_not(judge, telling):
    assert judge(source=telling) == []
    assert judge(source=telling, notices=[told("0002"), told("0003", "paid")]) == []


def test_two_notices_of_an_invoice_and_an_event_are_one_too_many(judge, telling, ids):
    twice = [told("0003", "paid"), told("0003", "paid", identity="n-2"), told("0003")]

    assert judge(source=telling, notices=twice) == [
        f"{FIRST}-invoice-{ids.paid} has 2 notices that it is paid"
    ]


@pytest.mark.parametrize(
    ("policy", "event", "wrong"),
    [
        ("off", "overdue", "is of overdue, which is not to be told"),
        ("overdue", "paid", "is of paid, which is not to be told"),
        ("both", "lost", "is of nothing known, which is not to be told"),
    ],
)
def test_what_was_not_chosen_is_not_to_be_told(judge, source, policy, event, wrong):
    chosen = with_policies(source, notices=policy)

    (found,) = judge(source=chosen, notices=[told("0003", event)])

    assert found == f"the notice n-1 {wrong}"


def test_a_notice_opens_an_account(judge, telling):
    opens_none = judge(source=telling, notices=[told("0003", account=None)])

    assert opens_none == ["the notice n-1 opens no account"]


def test_a_notice_of_an_invoice_that_has_another_number_now_is_no_matter(judge, telling):
    assert judge(source=telling, notices=[told("9999"), told("9999", identity="n-2")]) == []


@pytest.mark.parametrize(
    ("data", "opened"),
    [
        ({"actions": [{"data": {"url": f"?pagetype=entityrecord&etn=account&id={ID}"}}]}, ID),
        ({"actions": [{"data": {"url": "https://elsewhere.example"}}]}, None),
        ({"actions": []}, None),
        ([], None),
    ],
)
def test_the_account_that_a_notice_opens_is_read_from_its_action(data, opened):
    row = {"appnotificationid": "n-1", "title": "", "body": None, "_ownerid_value": None}

    assert notice({**row, "data": json.dumps(data)})["opens"] == opened
