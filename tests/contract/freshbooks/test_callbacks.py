"""Callbacks over HTTP: create, prove, repeat, list, change, delete.

Never the deliveries that follow.
"""

import re

import pytest

URI = "https://hooks.example/fb/1"


def create(api, event="invoice", uri=URI):
    response = api.callbacks("", "POST", json={"callback": {"event": event, "uri": uri}})
    assert response.status_code == 200, response.text
    return response.json()["response"]["result"]["callback"]


def put(api, callback, **fields):
    return api.callbacks(f"/{callback}", "PUT", json={"callback": fields})


def test_a_new_callback_is_unverified_and_its_id_is_called_callbackid(api):
    made = create(api, "invoice.create")

    assert "callback_id" not in made
    assert "verifier" not in made
    assert isinstance(made.pop("callbackid"), int)
    assert made == {
        "event": "invoice.create",
        "uri": URI,
        "verified": False,
        "updated_at": "2026-01-15T02:30:00Z",
    }


def test_the_handshake_carries_the_code_to_the_uri(api, inbox, deliver):
    made = create(api)
    deliver()

    (post,) = inbox.posts
    fields = post["fields"]
    assert post["url"] == URI
    assert fields["name"] == "callback.verify"
    assert fields["object_id"] == str(made["callbackid"])
    assert fields["account_id"] == api.account
    assert re.fullmatch(r"[A-Za-z0-9]{31,34}", fields["verifier"])
    assert post["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


def test_every_callback_has_a_code_of_its_own(api, inbox, deliver):
    create(api, "invoice")
    create(api, "client")
    deliver()

    assert len({post["fields"]["verifier"] for post in inbox.posts}) == 2


@pytest.mark.parametrize("documented", [True, False])
def test_the_code_is_put_back_with_or_without_the_id_beside_it(api, inbox, deliver, documented):
    callback = create(api)["callbackid"]
    deliver()
    beside = {"callback_id": callback} if documented else {}

    proven = put(api, callback, verifier=inbox.posts[0]["fields"]["verifier"], **beside)

    assert proven.json()["response"]["result"]["callback"]["verified"] is True
    assert api.callbacks(f"/{callback}").json()["response"]["result"]["callback"]["verified"]


def test_a_wrong_code_is_refused(api):
    callback = create(api)["callbackid"]

    refused = put(api, callback, verifier="guess")

    assert refused.status_code == 400
    assert not api.callbacks(f"/{callback}").json()["response"]["result"]["callback"]["verified"]


@pytest.mark.parametrize("renews", [False, True])
def test_resending_repeats_the_code_or_makes_a_new_one(api, inbox, deliver, freshbooks, renews):
    freshbooks.switches.resend_renews_verifier = renews
    callback, verifier = api.subscribe("invoice")

    put(api, callback, resend=True)
    deliver()

    (post,) = inbox.posts
    assert post["fields"]["name"] == "callback.verify"
    assert (post["fields"]["verifier"] != verifier) is renews


@pytest.mark.parametrize(
    ("event", "uri", "fields"),
    [
        ("invoice.explode", URI, ["event"]),
        ("callback.verify", URI, ["event"]),
        ("invoice", "hooks.example", ["uri"]),
        ("invoice", "ftp://hooks.example/", ["uri"]),
        ("", "", ["event", "uri"]),
    ],
)
def test_an_event_or_address_that_is_none_is_refused(api, event, uri, fields):
    response = api.callbacks("", "POST", json={"callback": {"event": event, "uri": uri}})

    body = response.json()
    assert (response.status_code, body["errno"]) == (400, 422)
    assert [detail.partition(":")[0] for detail in body["details"]] == fields


@pytest.mark.parametrize(
    "event", ["invoice", "payment.delete", "category.update", "invoice.sendByEmail", "time_entry"]
)
def test_documented_events_are_accepted_also_for_plain_http(api, event):
    assert create(api, event, "http://hooks.example/")["event"] == event


def test_a_noun_needs_its_read_scope_and_nothing_else(api):
    api.log_in(scopes="user:expenses:read")

    assert create(api, "category")["event"] == "category"
    refused = api.callbacks("", "POST", json={"callback": {"event": "invoice", "uri": URI}})
    assert (refused.status_code, refused.json()["errno"]) == (403, 403)


def test_an_empty_list_has_no_pages(api):
    assert api.callbacks(params={"per_page": 2}).json() == {
        "response": {"result": {"callbacks": [], "page": 1, "pages": 0, "per_page": 2, "total": 0}}
    }


def test_the_list_is_paged_and_filtered_by_event_and_its_noun(api):
    for event in ("invoice", "invoice.create", "invoice.delete", "client", *["tax"] * 14):
        create(api, event)

    def events(**params):
        result = api.callbacks(params=params).json()["response"]["result"]
        return [one["event"] for one in result["callbacks"]]

    assert len(events()) == 15
    assert len(events(page=2)) == 3
    assert events(**{"search[event]": "invoice.create"}) == ["invoice", "invoice.create"]
    assert events(**{"search[event]": "client"}) == ["client"]


@pytest.mark.parametrize("unverifies", [True, False])
def test_moving_a_callback_may_take_its_verification_back(api, freshbooks, unverifies):
    freshbooks.switches.update_unverifies = unverifies
    callback, _ = api.subscribe("invoice")

    moved = put(api, callback, event="invoice", uri="https://hooks.example/new")

    shown = moved.json()["response"]["result"]["callback"]
    assert shown["uri"] == "https://hooks.example/new"
    assert shown["verified"] is not unverifies


def test_a_deleted_callback_is_gone_for_good(api, books, inbox, deliver):
    callback, _ = api.subscribe("client")

    deleted = api.callbacks(f"/{callback}", "DELETE")
    books.create_client(organization="X")
    deliver()

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.callbacks(f"/{callback}").status_code == 404
    assert api.callbacks(f"/{callback}").json()["errno"] == 404
    assert inbox.posts == []


def test_another_accounts_callback_is_unknown(api, books):
    callback = create(api)["callbackid"]
    api.account = books.create_business("Second").account_id

    assert api.callbacks(f"/{callback}").status_code == 404


def test_the_handshake_may_arrive_before_the_create_call_answers(api, inbox, freshbooks):
    freshbooks.switches.handshake_first = True

    create(api)

    assert inbox.names == ["callback.verify"]
