"""Row versions and conditional requests, as the page on conditional operations describes."""

import pytest

STALE = 'W/"1"'


@pytest.fixture
def account(seeds):
    return f"accounts({seeds.account()})"


def etag(api, address):
    return api.get(address + "?$select=name").json()["@odata.etag"]


def test_every_write_moves_the_version_even_if_nothing_differs(api, account):
    before = etag(api, account)

    api.patch(account, {"name": "Aster Works"})

    assert etag(api, account) != before


def test_a_read_moves_no_version(api, account):
    assert etag(api, account) == etag(api, account)


def test_an_update_under_the_current_etag_is_made(api, account):
    answer = api.patch(account, {"name": "B"}, If_Match=etag(api, account))

    assert answer.status_code == 204
    assert api.get(account).json()["name"] == "B"


def test_an_update_or_delete_under_an_old_etag_is_refused(api, account, code):
    update = api.patch(account, {"name": "B"}, If_Match=STALE)
    delete = api.delete(account, If_Match=STALE)

    assert code(update) == (412, "0x80060882")
    assert code(delete) == (412, "0x80060882")
    assert api.get(account).json()["name"] == "Aster Works"


def test_if_match_star_updates_but_never_creates(api, account, seeds, dataverse, code):
    made = api.patch(account, {"name": "B"}, If_Match="*")
    missed = api.patch(f"accounts({seeds.guid()})", {"name": "C"}, If_Match="*")

    assert made.status_code == 204
    assert code(missed) == (404, "0x80040217")
    assert len(dataverse.all("account")) == 1


def test_if_none_match_star_creates_but_never_updates(api, account, seeds, code):
    fresh = f"accounts({seeds.guid()})"

    made = api.patch(fresh, {"name": "New"}, If_None_Match="*")
    refused = api.patch(account, {"name": "B"}, If_None_Match="*")

    assert made.status_code == 204
    assert code(refused) == (412, "")
    assert api.get(account).json()["name"] == "Aster Works"


def test_a_read_of_an_unchanged_row_is_304(api, account):
    current = etag(api, account)

    same = api.get(account, If_None_Match=current)
    annotated = api.get(account, If_None_Match=current, Prefer='odata.include-annotations="*"')
    expanded = api.get(account + "?$expand=primarycontactid", If_None_Match=current)
    api.patch(account, {"name": "B"})
    changed = api.get(account, If_None_Match=current)

    assert same.status_code == 304
    assert [annotated.status_code, expanded.status_code, changed.status_code] == [200, 200, 200]


def test_a_malformed_etag_is_refused(api, account):
    assert api.patch(account, {"name": "B"}, If_Match="12").status_code == 400


def test_writing_a_line_moves_the_invoice_s_version_through_recalculation(api, seeds):
    invoice = seeds.invoice()
    address = f"invoices({invoice})"
    versions = [etag(api, address)]

    line = seeds.line(invoice)
    versions.append(etag(api, address))
    api.patch(f"invoicedetails({line})", {"quantity": 2})
    versions.append(etag(api, address))
    api.delete(f"invoicedetails({line})")
    versions.append(etag(api, address))

    assert len(set(versions)) == 4


def test_representation_tells_the_new_version(api, account):
    answer = api.patch(
        account + "?$select=name&$expand=primarycontactid",
        {"name": "B"},
        Prefer="return=representation",
    )

    assert answer.status_code == 200
    assert answer.json()["@odata.etag"] == etag(api, account)
    assert "primarycontactid" not in answer.json()
