"""Who is asking: `users/me`, accounts, roles and scopes.

Never which records they read.
"""

import pytest


def me(api):
    return api.call("GET", "/auth/api/v1/users/me").json()["response"]


def test_users_me_has_no_result_level_and_the_ids_in_their_places(api, books):
    business = books.business(None)

    membership = me(api)["business_memberships"][0]

    assert membership["role"] == "owner"
    assert membership["business"]["account_id"] == business.account_id
    assert membership["business"]["id"] == business.id
    assert membership["id"] != business.id


def test_an_account_id_may_stand_in_the_roles_only(api, books):
    hidden = books.create_business("Second", account="hid3n1", hides_account_id=True)

    body = me(api)
    shown = {one["business"]["id"]: one["business"] for one in body["business_memberships"]}

    assert shown[hidden.id]["account_id"] is None
    assert [one["accountid"] for one in body["roles"]] == [api.account, "hid3n1"]


def test_the_owner_is_called_admin_in_the_older_roles(api):
    assert me(api)["roles"][0]["role"] == "admin"


def test_a_client_of_an_account_has_a_role_there_and_no_membership(api, books):
    books.create_business("Supplier", account="supp1y", role="client", userid=7)

    body = me(api)

    assert len(body["business_memberships"]) == 1
    assert [(one["role"], one["userid"]) for one in body["roles"]] == [("admin", 1), ("client", 7)]


def test_a_client_reads_their_own_rows_while_the_total_counts_all(api, books):
    books.create_business("Supplier", account="supp1y", role="client", userid=92001)
    mine = books.create_client(account="supp1y", organization="Me")
    other = books.create_client(account="supp1y", organization="Other")
    for client in (mine, other, other):
        books.create_invoice(client["id"], [{"qty": 1, "unit_cost": 5}], sent=True)
    api.account = "supp1y"

    listed = api.result("invoices/invoices")

    assert mine["id"] == 92001
    assert [one["customerid"] for one in listed["invoices"]] == [mine["id"]]
    assert listed["total"] == 3
    assert api.errno(f"users/clients/{other['id']}") == (404, 1012)


def test_a_client_may_not_write_although_every_scope_is_granted(api, books):
    books.create_business("Supplier", account="supp1y", role="client", userid=92001)
    api.account = "supp1y"

    written = api.accounting("users/clients", "POST", json={"client": {"organization": "X"}})

    assert written.status_code == 403
    assert "Permission Denied" in written.text


def test_a_stranger_to_an_existing_account_is_forbidden(api, books):
    stranger = books.create_identity(email="stranger@example.org")
    api.log_in(identity=stranger.id)

    assert api.accounting("users/clients").status_code == 403


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc"])
def test_without_a_living_token_the_answer_is_401_in_the_shape_of_the_family(api, header):
    api.session.headers["Authorization"] = header

    auth = api.call("GET", "/auth/api/v1/users/me")
    accounting = api.accounting("users/clients")
    dated = api.accounting("users/clients", headers={"X-API-VERSION": "2023-02-20"})
    events = api.callbacks()

    assert {one.status_code for one in (auth, accounting, dated, events)} == {401}
    assert auth.json()["error"] == accounting.json()["error"] == "unauthenticated"
    assert dated.json()["code"] == 16
    assert events.json()["errno"] == 401


def test_an_unknown_account_is_told_even_to_those_who_are_not_logged_in(api):
    api.session.headers["Authorization"] = None
    api.account = "n0body"

    assert api.errno("invoices/invoices") == (404, 404)
    assert api.callbacks().json()["errno"] == 404


def test_the_integer_business_id_is_no_account_id(api, books):
    api.account = books.business(None).id

    assert api.errno("invoices/invoices") == (404, 404)


def test_a_token_reads_and_writes_what_its_scopes_say(api):
    api.log_in(scopes="user:clients:read")

    assert api.accounting("users/clients").status_code == 200
    assert api.accounting("users/clients", "POST", json={"client": {}}).status_code == 403
    assert api.accounting("invoices/invoices").status_code == 403
    assert api.accounting("expenses/categories").status_code == 403


def test_a_path_that_is_none_gets_a_bare_404(api):
    answer = api.call("GET", f"/accounting/{api.account}/invoices")

    assert (answer.status_code, answer.content) == (404, b"")
