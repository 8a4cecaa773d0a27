"""`$batch` and change sets, as the page on batch operations describes."""

import pytest

BAD = {"name": "x" * 161}


def post(a_part, body, **more):
    return a_part("POST", "/api/data/v9.2/accounts", body, **more)


def test_parts_are_executed_in_order_and_answered_in_order(api, a_part, parts, dataverse):
    answer = api.batch(
        post(a_part, {"name": "A"}),
        a_part("GET", "accounts?$select=name"),
        post(a_part, {"name": "B"}),
        a_part("GET", f"{api.root}accounts?$select=name"),
    )

    found = parts(answer)
    assert answer.status_code == 200
    assert found.statuses == [204, 200, 204, 200]
    assert [len(found.bodies[n]["value"]) for n in (1, 3)] == [1, 2]


def test_the_answer_has_a_boundary_of_its_own(api, a_part):
    answer = api.batch([post(a_part, {"name": "A"}, content_id="1")])

    boundary = answer.headers["Content-Type"].partition("boundary=")[2]
    assert boundary.startswith("batchresponse_")
    assert answer.text.startswith(f"--{boundary}\r\n")
    assert answer.text.endswith(f"--{boundary}--\r\n")
    assert "--changesetresponse_" in answer.text


def test_a_change_set_is_applied_whole(api, a_part, parts, dataverse):
    answer = api.batch(
        [
            post(a_part, {"name": "A"}, content_id="1"),
            a_part("PATCH", "$1", {"telephone1": "5"}, content_id="2"),
            a_part(
                "POST",
                "contacts",
                {"lastname": "L", "parentcustomerid_account@odata.bind": "$1"},
                content_id="3",
            ),
            a_part("POST", "$1/Account_Tasks", {"subject": "t"}, content_id="4"),
        ]
    )

    found = parts(answer)
    account = dataverse.all("account")[0]
    assert answer.status_code == 200
    assert (found.statuses, found.ids) == ([204] * 4, ["1", "2", "3", "4"])
    assert account["telephone1"] == "5"
    assert dataverse.all("contact")[0]["_parentcustomerid_value"] == account["accountid"]
    assert dataverse.all("task")[0]["_regardingobjectid_value"] == account["accountid"]


def test_a_failed_change_set_leaves_nothing_and_answers_one_error(api, a_part, parts, seeds):
    account = seeds.account("Before")

    answer = api.batch(
        [
            a_part("PATCH", f"accounts({account})", {"name": "After"}, content_id="1"),
            post(a_part, {"name": "New"}, content_id="2"),
            post(a_part, BAD, content_id="3"),
            post(a_part, {"name": "Never"}, content_id="4"),
        ]
    )

    found = parts(answer)
    assert answer.status_code == 400
    assert (found.statuses, found.code(0)) == ([400], "0x80044331")
    assert "changesetresponse" not in answer.text
    assert "REQ_ID" in answer.text
    assert [row["name"] for row in api.rows("accounts")] == ["Before"]


def test_rollback_restores_versions_keys_totals_and_deleted_rows(api, a_part, seeds, dataverse):
    api.keyed_accounts()
    account = seeds.account("A", fb_clientkey="a-1")
    invoice = seeds.invoice(account)
    line = seeds.line(invoice)
    before = {table: dataverse.all(table) for table in ("account", "invoice", "invoicedetail")}

    answer = api.batch(
        [
            a_part("PATCH", f"accounts({account})", {"fb_clientkey": "a-2"}, content_id="1"),
            a_part("DELETE", f"invoicedetails({line})", content_id="2"),
            a_part("PATCH", f"invoices({invoice})", {"freightamount": 5}, content_id="3"),
            post(a_part, BAD, content_id="4"),
        ]
    )

    assert answer.status_code == 400
    assert {table: dataverse.all(table) for table in before} == before
    assert api.get("accounts(fb_clientkey='a-1')").json()["accountid"] == account
    assert api.get("accounts(fb_clientkey='a-2')").status_code == 404


def test_without_continue_on_error_the_rest_is_not_executed_and_what_came_before_stays(
    api, a_part, parts, dataverse
):
    answer = api.batch(post(a_part, {"name": "A"}), post(a_part, BAD), post(a_part, {"name": "B"}))

    found = parts(answer)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("multipart/mixed")
    assert found.statuses == [204, 400]
    assert [row["name"] for row in dataverse.all("account")] == ["A"]


def test_the_outer_status_is_that_of_the_failure(api, a_part, seeds):
    account = seeds.account()

    answer = api.batch(a_part("PATCH", f"accounts({account})", {}, If_Match='W/"1"'))

    assert answer.status_code == 412


def test_with_continue_on_error_every_part_is_executed_under_200(api, a_part, parts, dataverse):
    answer = api.batch(
        post(a_part, {"name": "A"}),
        post(a_part, BAD),
        [post(a_part, {"name": "C"}, content_id="1"), post(a_part, BAD, content_id="2")],
        post(a_part, {"name": "B"}),
        prefer="odata.continue-on-error",
    )

    assert answer.status_code == 200
    assert parts(answer).statuses == [204, 400, 400, 204]
    assert [row["name"] for row in dataverse.all("account")] == ["A", "B"]


def test_conditions_work_inside_a_change_set(api, a_part, parts, seeds):
    account = seeds.account()
    current = api.get(f"accounts({account})").json()["@odata.etag"]
    fresh = seeds.guid()

    answer = api.batch(
        [
            a_part("PATCH", f"accounts({account})", {"name": "B"}, "1", If_Match=current),
            a_part("PATCH", f"accounts({fresh})", {"name": "C"}, "2", If_None_Match="*"),
        ]
    )

    assert parts(answer).statuses == [204, 204]


def test_line_writes_before_the_header_make_its_etag_stale(api, a_part, parts, seeds):
    invoice = seeds.invoice()
    line = seeds.line(invoice)
    current = api.get(f"invoices({invoice})").json()["@odata.etag"]

    answer = api.batch(
        [
            a_part("PATCH", f"invoicedetails({line})", {"quantity": 3}, "1"),
            a_part("PATCH", f"invoices({invoice})", {"name": "B"}, "2", If_Match=current),
        ]
    )

    assert (answer.status_code, parts(answer).code(0)) == (412, "0x80060882")


def test_get_is_not_allowed_in_a_change_set(api, a_part, parts):
    answer = api.batch([a_part("GET", "accounts", content_id="1")])

    assert (answer.status_code, parts(answer).statuses) == (400, [400])


@pytest.mark.parametrize("reference", ["$2", "$9"])
def test_a_reference_forward_or_to_nothing_is_refused(api, a_part, parts, reference):
    answer = api.batch(
        [
            a_part("PATCH", reference, {"name": "A"}, content_id="1"),
            post(a_part, {"name": "B"}, content_id="2"),
        ]
    )

    assert parts(answer).code(0) == "0x80048d19"
    assert f"'{reference}' does not exist in the batch context" in answer.text


def test_references_do_not_leave_their_change_set(api, a_part, parts):
    answer = api.batch(
        [post(a_part, {"name": "A"}, content_id="1")],
        [a_part("PATCH", "$1", {"name": "B"}, content_id="2")],
    )

    assert parts(answer).statuses == [204, 400]


@pytest.mark.parametrize("length", [True, False])
def test_the_inner_content_length_may_be_there_or_not(api, a_part, parts, length):
    headers = {"Content_Length": str(len('{"name": "A"}'))} if length else {}

    assert parts(api.batch(post(a_part, {"name": "A"}, **headers))).statuses == [204]


def test_a_wrong_inner_content_length_is_refused(api, a_part, parts):
    assert parts(api.batch(post(a_part, {"name": "A"}, Content_Length="3"))).statuses == [400]


def test_a_batch_holds_a_thousand_requests_and_no_more(api, a_part, parts, dataverse):
    every = [post(a_part, {"name": str(number)}) for number in range(1001)]

    refused = api.batch(*every)
    none = dataverse.all("account")
    taken = api.batch(*every[:1000])

    assert refused.status_code == 400
    assert refused.headers["Content-Type"].startswith("application/json")
    assert none == []
    assert parts(taken).statuses == [204] * 1000


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no boundary at all",
        "--batch_1\r\nContent-Type: application/http\r\n\r\nGET accounts HTTP/1.1\r\n\r\n",
        (
            "--batch_1\r\nContent-Type: application/http\r\n\r\nGET accounts HTTP/1.1\r\n\r\n\r\n"
            "--batch_1--\r\n"
        ),
        (
            "--batch_1\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n"
            "GET accounts HTTP/1.1\n\n\n--batch_1--\n"
        ),
        (
            "--batch_1\r\nContent-Type: application/http\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\nFETCH accounts\r\n\r\n\r\n--batch_1--\r\n"
        ),
    ],
)
def test_a_malformed_batch_is_answered_in_json(api, body):
    answer = api.raw_batch(body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "0x80048d19"


def test_a_batch_in_a_batch_is_refused(api, a_part, parts):
    assert parts(api.batch(a_part("POST", "$batch", {}))).statuses == [400]


def test_a_part_for_another_host_is_refused(api, a_part, parts):
    url = "https://elsewhere.example/api/data/v9.2/accounts"

    assert parts(api.batch(a_part("GET", url))).statuses == [400]


def test_a_header_with_lines_and_timeline_is_one_change_set(api, a_part, parts, seeds, dataverse):
    invoice, account = seeds.guid(), seeds.account()
    body = {
        "name": "I",
        "customerid_account@odata.bind": f"/accounts({account})",
        "pricelevelid@odata.bind": f"/pricelevels({seeds.price_list()})",
    }
    line = {
        "invoiceid@odata.bind": f"/invoices({invoice})",
        "isproductoverridden": True,
        "productdescription": "Consulting",
        "quantity": 2,
        "priceperunit": 50,
    }

    answer = api.batch(
        [
            a_part("PATCH", f"invoices({invoice})", body, "1", If_None_Match="*"),
            a_part("PATCH", f"invoicedetails({seeds.guid()})", line, "2", If_None_Match="*"),
            a_part("PATCH", f"invoices({invoice})", {"statecode": 2, "statuscode": 100001}, "3"),
        ]
    )

    row = dataverse.get("invoice", invoice)
    assert parts(answer).statuses == [204] * 3
    assert (row["statecode"], row["totalamount"]) == (2, 100)
