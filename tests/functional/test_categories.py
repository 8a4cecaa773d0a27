"""Categories of expenses: old expenses follow a new name, and nothing else is shown of it."""

from datetime import timedelta

import pytest

from shared.core.identity import Kind
from tests.functional.world import Firm

ANY_WAY = pytest.mark.parametrize("told", ["by webhooks", "by polls alone"])


@pytest.fixture
def firm():
    return Firm()


def expenses(firm, category, count=1, **fields):
    client = firm.books.create_client(organization="Aster Works")
    made = {"categoryid": category["id"], "clientid": client["id"], **fields}
    return [firm.books.create_expense("12.50", **made) for _ in range(count)]


def carried(firm, told="by webhooks"):
    """Let what happened in FreshBooks reach Dynamics."""
    if told == "by polls alone":
        firm.freshbooks.deliveries.set(drop=1.0)
        firm.poll()
        firm.clock.advance(600)
    firm.run()


def rested(firm):
    """Let polls find whatever there is to be found, and forget what was asked for."""
    for _ in range(2):
        firm.clock.advance(3600)
        firm.poll()
    firm.queue.sent.clear()


def methods(firm):
    """What living entries say their expenses were for."""
    return {each["fbx_method"] for each in firm.entries("expense") if each["statecode"] == 1}


@ANY_WAY
def test_expenses_follow_the_new_name_of_their_category(firm, told):
    travel = firm.books.create_category("Travel")
    expenses(firm, travel, 3)
    expenses(firm, firm.books.create_category("Meals"))
    carried(firm, told)

    firm.books.edit_category(travel["id"], name="Journeys")
    carried(firm, told)

    assert methods(firm) == {"Journeys", "Meals"}
    assert [e["subject"] for e in firm.entries() if "Journeys" in e["subject"]] == [
        "Expense 12.50 USD: Journeys"
    ] * 3
    assert firm.differences() == []


@ANY_WAY
def test_a_category_that_was_renamed_before_it_was_ever_looked_at_is_followed_too(firm, told):
    travel = firm.books.create_category("Travel")
    expenses(firm, travel)
    firm.freshbooks.deliveries.run_pending()
    for request in list(firm.queue.requests()):
        if request.kind is not Kind.CATEGORY:
            firm.connector.process.handle(request.model_dump_json().encode())
    firm.queue.messages.clear()
    before = methods(firm)

    firm.books.edit_category(travel["id"], name="Journeys")
    carried(firm, told)

    assert before == {"Travel"}
    assert methods(firm) == {"Journeys"}


def test_a_category_that_keeps_its_name_has_nothing_asked_for(firm):
    expenses(firm, firm.books.create_category("Travel"))
    carried(firm)
    rested(firm)

    assert firm.poll().asked == {firm.account: 0}
    assert firm.queue.sent == []


def test_hundreds_of_expenses_come_one_after_the_other_and_only_those_that_name_a_client(firm):
    travel = firm.books.create_category("Travel")
    shown = expenses(firm, travel, 110)
    deleted = expenses(firm, travel)
    firm.books.create_expense("1.00", categoryid=travel["id"])
    carried(firm)
    firm.books.delete_expense(deleted[0]["id"])
    carried(firm)
    rested(firm)

    firm.books.edit_category(travel["id"], name="Journeys")
    firm.freshbooks.deliveries.run_pending()
    firm.step()

    began = firm.clock()
    due = sorted(
        (at - began, message.number)
        for at, _, message in firm.queue.messages
        if message.kind is Kind.EXPENSE
    )
    assert [number for _, number in due] == [each["id"] for each in shown]
    assert due[100][0] > timedelta(seconds=10)
    assert due[-1][0] < timedelta(minutes=2)
    firm.drain()
    assert methods(firm) == {"Journeys"}
    assert firm.differences() == []


def test_categories_that_are_renamed_at_once_do_not_flood_the_queue_together(firm):
    made = [firm.books.create_category(f"Category {number}") for number in range(5)]
    for category in made:
        expenses(firm, category, 30)
    carried(firm)
    rested(firm)

    for category in made:
        firm.books.edit_category(category["id"], name=f"{category['category']} anew")
    firm.freshbooks.deliveries.run_pending()
    for _ in made:
        firm.step()

    due = [at for at, _, message in firm.queue.messages if message.kind is Kind.EXPENSE]
    assert len(due) == 150
    assert max(due) - firm.clock() > timedelta(seconds=15)


def test_what_is_to_be_read_anyhow_is_not_asked_for_again(firm):
    travel = firm.books.create_category("Travel")
    expenses(firm, travel, 20)
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.connector.poll.run()

    firm.drain()

    asked = [request.number for request in firm.queue.sent if request.kind is Kind.EXPENSE]
    assert len(asked) <= 40  # at most once by the list and once by its category
    firm.queue.sent.clear()
    rested(firm)
    assert firm.poll().asked == {firm.account: 0}


def test_a_category_is_on_no_list_of_what_is_not_in_sales(firm):
    travel = firm.books.create_category("Travel")
    expenses(firm, travel)
    carried(firm)
    firm.freshbooks_door.fail(kind="status", status=503, path="/expenses/", times=None)
    firm.books.edit_category(travel["id"], name="Journeys")
    firm.freshbooks.deliveries.run_pending()
    while firm.step():
        pass

    waiting = firm.connector.waiting_list.gather()
    firm.freshbooks_door.heal()
    for _ in range(30):
        firm.clock.advance(60)
        firm.connector.upkeep.run()
        firm.drain()

    assert "category" not in {each.kind for each in waiting}
    assert methods(firm) == {"Journeys"}


def test_with_expenses_left_out_nothing_is_asked_for():
    firm = Firm(expenses="off")
    travel = firm.books.create_category("Travel")
    expenses(firm, travel)
    carried(firm)
    rested(firm)

    firm.books.edit_category(travel["id"], name="Journeys")
    carried(firm)

    assert {request.kind for request in firm.queue.sent} == {Kind.CATEGORY}
    assert firm.entries() == []


def test_a_list_of_expenses_that_cannot_be_read_is_no_trouble_of_the_service(firm):
    travel = firm.books.create_category("Travel")
    broken, *_ = expenses(firm, travel, 2)
    carried(firm)
    rested(firm)
    firm.freshbooks.switches.set(breaking_rows=[broken["id"]])
    firm.books.edit_category(travel["id"], name="Journeys")
    firm.freshbooks.deliveries.run_pending()
    for _ in range(20):
        firm.step()
        firm.clock.advance(120)

    stopped = firm.connector.circuits.list_open()
    firm.freshbooks.switches.set(breaking_rows=[])
    firm.clock.advance(7200)
    firm.connector.upkeep.run()
    firm.drain()

    assert [circuit.name for circuit in stopped if "freshbooks" in circuit.name.lower()] == []
    assert methods(firm) == {"Journeys"}


@pytest.mark.parametrize("answers", ["row", "unknown", "deleted"])
def test_a_category_that_is_gone_ends_its_message(firm, answers):
    firm.freshbooks.switches.set(deleted_reads=answers)
    travel = firm.books.create_category("Travel")
    carried(firm)

    firm.books.set_visibility("category", travel["id"], 1)
    carried(firm)

    assert firm.outcomes()["category", travel["id"]] == "skipped"
    assert list(firm.dead_letters.list_all()) == []
