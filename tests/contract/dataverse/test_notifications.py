"""Notifications: rows of the table appnotification, each for the user who owns it.

Columns, lengths and choices: the table's reference. That a sender needs Create, and whose the row
is: "Send in-app notifications within model-driven apps".
"""

import uuid

import pytest

ROWS = "appnotifications"


@pytest.fixture
def ann(dataverse):
    return str(dataverse.user("Ann Ray"))


def notification(ann, **columns):
    return {"title": "Welcome", "ownerid@odata.bind": f"/systemusers({ann})", **columns}


def test_a_notification_belongs_to_whom_it_is_for_and_expires_in_a_fortnight(api, ann):
    row = uuid.uuid4()
    made = api.patch(f"{ROWS}({row})", notification(ann, body="Hello"), **{"If-None-Match": "*"})

    shown = api.get(f"{ROWS}({row})").json()

    assert made.status_code == 204
    assert shown["_ownerid_value"] == ann
    assert (shown["icontype"], shown["toasttype"]) == (100000000, 200000000)
    assert (shown["priority"], shown["ttlinseconds"]) == (200000000, 14 * 24 * 60 * 60)


def test_an_id_that_was_given_away_makes_no_second_notification(api, ann):
    row = uuid.uuid4()
    for _ in range(2):
        answer = api.patch(f"{ROWS}({row})", notification(ann), **{"If-None-Match": "*"})

    assert answer.status_code == 412
    assert len(api.get(ROWS).json()["value"]) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"title": "x" * 257},
        {"body": "x" * 501},
        {"data": "x" * 5001},
        {"icontype": 1},
        {"ttlinseconds": 0},
    ],
)
def test_what_the_table_cannot_hold_is_refused(api, ann, columns):
    answer = api.patch(f"{ROWS}({uuid.uuid4()})", notification(ann, **columns))

    assert answer.status_code == 400


def test_who_may_not_create_notifications_is_told_the_privilege(api, ann, dataverse):
    dataverse.set({"privileges": {"prvCreateappnotification": None}})

    answer = api.patch(f"{ROWS}({uuid.uuid4()})", notification(ann))

    assert answer.status_code == 403
    assert "prvCreateappnotification" in answer.json()["error"]["message"]
