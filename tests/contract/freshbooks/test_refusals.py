"""Refusals: the shapes of errors, errors inside HTTP 200, and the rate-limit headers.

Never refusals of tokens.
"""

import pytest


def test_an_unknown_id_names_what_was_not_found(api):
    response = api.accounting("users/clients/1")

    assert response.status_code == 404
    assert response.json() == {
        "response": {
            "errors": [
                {
                    "errno": 1012,
                    "message": "Client not found.",
                    "object": "client",
                    "field": "userid",
                    "value": "1",
                }
            ]
        }
    }


def test_a_dated_api_version_gets_errors_in_the_newer_style(api):
    response = api.accounting("users/clients/1", headers={"X-API-VERSION": "2023-02-20"})
    older = [
        api.accounting("users/clients/1", headers={"X-API-VERSION": version}).json()
        for version in ("2022-01-01", "alpha")
    ]

    body = response.json()
    assert (response.status_code, body["code"]) == (404, 5)
    assert body["details"][0]["reason"] == "1012"
    assert body["details"][0]["metadata"]["field"] == "userid"
    assert all("response" in one for one in older)


def test_a_family_without_access_says_so_inside_http_200(api):
    response = api.accounting("items/items")

    assert response.status_code == 200
    assert response.json()["response"].keys() == {"errors"}
    assert response.json()["response"]["errors"][0]["errno"] == 12001


def test_errors_can_be_hidden_in_200_per_path(api, freshbooks):
    freshbooks.switches.errors_in_200 = ["/users/clients/"]

    assert api.errno("users/clients/1") == (200, 1012)
    assert api.errno("invoices/invoices/1") == (404, 1012)


def test_a_request_can_be_refused_inside_200_as_often_as_told(api, freshbooks, client):
    freshbooks.refuse("/users/clients", errno=1003, message="Not today.", times=2)

    assert api.errno("users/clients") == (200, 1003)
    assert api.errno(f"users/clients/{client['id']}") == (200, 1003)
    assert api.accounting("users/clients").json()["response"]["result"]["total"] == 1


@pytest.mark.parametrize(
    ("path", "body", "errno"),
    [
        ("invoices/invoices", {"invoice": {}}, 1001),
        ("invoices/invoices", {"invoice": {"customerid": 1}}, 1012),
        ("payments/payments", {"payment": {}}, 1001),
        ("payments/payments", {"payment": {"amount": 1, "invoiceid": 1}}, 1012),
        ("expenses/expenses", {"expense": {}}, 1001),
        ("expenses/expenses", {"expense": {"amount": "much"}}, 1015),
        ("expenses/expenses", {"expense": {"amount": "1", "date": "soon"}}, 1033),
        ("expenses/expenses", {"expense": {"amount": "1", "categoryid": 1}}, 1004),
        ("expenses/categories", {"category": {}}, 1001),
        ("users/clients", {"customer": {}}, 1001),
    ],
)
def test_what_cannot_be_created_is_refused_with_422(api, path, body, errno):
    assert api.errno(path, "POST", json=body) == (422, errno)


def test_a_body_that_is_no_json_is_refused(api):
    assert api.errno("users/clients", "POST", data="{") == (400, 1005)


def test_fields_that_cannot_be_written_are_ignored(api, client):
    body = {"client": {"id": 5, "updated": "1999-01-01", "role": "admin", "nonsense": 1}}

    shown = api.result(f"users/clients/{client['id']}", "PUT", json=body)["client"]

    assert (shown["id"], shown["role"]) == (client["id"], "client")
    assert shown["updated"] == client["updated"]


def test_a_refused_change_changes_nothing(api, books, an_invoice):
    invoice = an_invoice()
    bad = {"invoice": {"notes": "n", "lines": [{"qty": "many", "unit_cost": "1"}]}}

    refused = api.errno(f"invoices/invoices/{invoice['id']}", "PUT", json=bad)

    assert refused == (422, 1015)
    assert books.record("invoice", invoice["id"]) == invoice


def test_successful_answers_carry_retry_after_and_the_rate_limit(api, clock):
    first = api.accounting("users/clients").headers
    clock.forward(seconds=20)
    second = api.call("GET", "/auth/api/v1/users/me").headers

    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("500", "499")
    assert (first["Retry-After"], second["Retry-After"]) == ("60", "40")
    assert second["X-RateLimit-Remaining"] == "498"
    assert int(first["X-RateLimit-Reset"]) == int(clock.now.timestamp()) + 40


def test_errors_carry_no_retry_after_and_the_headers_can_be_switched_off(api, freshbooks):
    missing = api.accounting("users/clients/1").headers
    freshbooks.switches.rate_limit_headers = False
    without = api.accounting("users/clients").headers

    assert "Retry-After" not in missing
    assert "Retry-After" not in without
    assert "X-RateLimit-Limit" not in without


def test_a_switch_that_does_not_exist_is_refused(freshbooks):
    with pytest.raises(ValueError, match="no such setting: serve_cake"):
        freshbooks.switches.set(serve_cake=True)
