"""Categories of expenses: reading them, renaming them, and what an expense shows of its own.

Never amounts.
"""

import pytest


@pytest.fixture
def ferries(books):
    return books.create_category("Ferries")


def test_categories_are_listed_with_what_every_business_starts_with(api, ferries):
    listed = api.result("expenses/categories")

    assert [each["category"] for each in listed["categories"]] == [
        "Advertising",
        "Airfare",
        "Meals & Entertainment",
        "Office Expenses",
        "Ferries",
    ]
    assert listed["total"] == 5


def test_a_category_has_the_fields_of_the_vendors_sdk(api, ferries):
    shown = api.result(f"expenses/categories/{ferries['id']}")["category"]

    assert shown.keys() == {
        "category",
        "categoryid",
        "created_at",
        "id",
        "is_cogs",
        "is_editable",
        "parentid",
        "transaction_posted",
        "updated_at",
        "vis_state",
    }


def test_a_category_that_is_renamed_tells_its_webhook_and_no_expenses(
    api, books, ferries, clock, inbox, deliver
):
    expense = books.create_expense("5.00", categoryid=ferries["id"])
    for noun in ("category", "expense"):
        api.subscribe(noun, f"https://hooks.example/{noun}")
    clock.forward(hours=1)

    books.edit_category(ferries["id"], name="Boats")
    deliver()

    after = books.record("expense", expense["id"])
    renamed = books.record("category", ferries["id"])
    assert inbox.names == ["category.update"]
    assert inbox.posts[0]["fields"]["object_id"] == str(ferries["id"])
    assert (after["updated"], after["version"]) == (expense["updated"], expense["version"])
    assert renamed["updated_at"] > ferries["updated_at"]


def test_an_expense_shows_the_name_its_category_has_now(api, books, ferries):
    expense = books.create_expense("5.00", categoryid=ferries["id"])
    books.edit_category(ferries["id"], name="Boats")

    def category(path):
        return api.result(path, params={"include[]": "category"})

    one = category(f"expenses/expenses/{expense['id']}")["expense"]
    (listed,) = category("expenses/expenses")["expenses"]

    assert one["category"]["category"] == "Boats"
    assert listed["category"] == one["category"]


def test_an_expense_may_change_its_category(api, books, ferries):
    expense = books.create_expense("5.00")
    path = f"expenses/expenses/{expense['id']}"
    body = {"expense": {"categoryid": ferries["id"]}}

    shown = api.result(path, "PUT", json=body, params={"include[]": "category"})["expense"]
    found = api.result("expenses/expenses", params={"search[categoryid]": ferries["id"]})

    assert shown["category"]["category"] == "Ferries"
    assert [each["id"] for each in found["expenses"]] == [expense["id"]]


def test_categories_are_read_with_the_scope_of_expenses(api, ferries):
    api.log_in(scopes="user:profile:read user:expenses:read")
    allowed = api.accounting("expenses/categories").status_code
    api.log_in(scopes="user:profile:read user:invoices:read")

    refused = api.accounting("expenses/categories").status_code

    assert (allowed, refused) == (200, 403)
