"""When a removal may begin, and what is said when it may not."""

import pytest

from shared.core.removal import Loss, Plan, is_named, refusal

ADDRESS = "https://org.crm.dynamics.com"


def a_plan(**changes):
    given = {
        "address": ADDRESS,
        "organization": "Harbour Ltd",
        "steps": ("table x",),
    }
    return Plan(**(given | changes))


LOSSES = (Loss("x", own=True, rows=3), Loss("account", own=False, rows=5000))


def test_nothing_to_lose_needs_no_word():
    assert refusal(a_plan(), lose_data=False, environment=None) is None
    empty = (Loss("x", own=True, rows=0),)
    assert refusal(a_plan(losses=empty), lose_data=False, environment=None) is None


def test_what_would_be_lost_is_counted_by_table():
    said = refusal(a_plan(losses=LOSSES), lose_data=False, environment=None)

    assert "x: 3 rows" in said
    assert "account: 5,000 or more rows with values in the connector's columns" in said
    assert "--lose-data --environment Harbour Ltd" in said


@pytest.mark.parametrize(
    ("lose_data", "environment", "begins"),
    [
        (True, "Harbour Ltd", True),
        (True, None, False),
        (False, "Harbour Ltd", False),
        (True, "Other Ltd", False),
    ],
)
def test_data_is_lost_only_where_both_are_said(lose_data, environment, begins):
    said = refusal(a_plan(losses=LOSSES), lose_data=lose_data, environment=environment)

    assert (said is None) is begins


def test_another_environment_than_the_one_typed_is_left_alone_even_without_data():
    assert "not Other" in refusal(a_plan(), lose_data=False, environment="Other")


def test_an_obstacle_cannot_be_overruled():
    plan = a_plan(losses=LOSSES, obstacle="It is managed.")

    assert refusal(plan, lose_data=True, environment=ADDRESS) == "It is managed."


def test_what_the_firm_uses_stops_it_before_it_begins():
    plan = a_plan(blockers=("column a.b is used by the view Good",))

    said = refusal(plan, lose_data=True, environment=ADDRESS)

    assert "the view Good" in said
    assert said.startswith("Nothing was removed")


@pytest.mark.parametrize(
    "typed",
    [
        ADDRESS,
        f"{ADDRESS}/",
        "ORG.crm.dynamics.com",
        " harbour ltd ",
    ],
)
def test_an_environment_is_named_by_address_host_or_name(typed):
    assert is_named(a_plan(), typed)


@pytest.mark.parametrize("typed", ["", "org2.crm.dynamics.com", "https://", "Harbour"])
def test_anything_else_is_another_environment(typed):
    assert not is_named(a_plan(), typed)
    assert not is_named(a_plan(organization=""), "")
