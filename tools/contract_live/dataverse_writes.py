"""Dataverse's open points that only writing settles: keys, states, invoices, change sets.

Never touches a row it did not make: accounts, invoices and tasks that carry the mark.
"""

import time
from typing import Any, Final
from uuid import uuid4

import requests

from tools.contract_live.dataverse import NOBODY, batch, part, rows
from tools.contract_live.findings import Check, Findings, agrees, confirmed, unsaid
from tools.contract_live.site import Site, body, code

_HUNDREDS: Final = 400
_KEY: Final = "fbx_clientkey"


class NotMadeError(ValueError):
    """A row that a check needs could not be made."""


def _make(site: Site, table: str, key: str, given: dict[str, Any]) -> str:
    """Create a row, remember to delete it, and return its id."""
    row = str(uuid4())
    answer = site.call("POST", table, json={key: row, **given})
    if answer.status_code >= _HUNDREDS:
        raise NotMadeError(f"{table} {code(answer)}")
    later(site, table, row)
    return row


def later(site: Site, table: str, row: str) -> None:
    """Remember to delete a row that was made."""

    def undo() -> requests.Response:
        if table == "invoices":  # a closed one is read-only until it is reopened
            site.call("PATCH", f"{table}({row})", json={"statecode": 0, "statuscode": 4})
        return site.call("DELETE", f"{table}({row})")

    site.later(f"{table}({row})", undo)


def an_account(site: Site, name: str = "account", **given: Any) -> str:
    """Create an account and return its id."""
    return _make(site, "accounts", "accountid", {"name": site.mark + name, **given})


def sold_to(site: Site, account: str) -> dict[str, Any]:
    """Return what an invoice has to be bound to: an account, a currency, a price list in it."""
    bound = {"customerid_account@odata.bind": f"/accounts({account})"}
    currencies = rows(site, "organizations?$select=_basecurrencyid_value")
    currency = currencies[0]["_basecurrencyid_value"]
    bound["transactioncurrencyid@odata.bind"] = f"/transactioncurrencies({currency})"
    lists = rows(
        site,
        "pricelevels?$select=pricelevelid&$top=1&$filter=statecode%20eq%200%20and%20"
        f"_transactioncurrencyid_value%20eq%20{currency}",
    )
    if lists:
        bound["pricelevelid@odata.bind"] = f"/pricelevels({lists[0]['pricelevelid']})"
    return bound


def _invoice(site: Site, account: str, **given: Any) -> str:
    bound = sold_to(site, account)
    return _make(site, "invoices", "invoiceid", {"name": site.mark + "invoice", **bound, **given})


def a_line(price: int = 10) -> dict[str, Any]:
    """Return a line of an invoice that was written in."""
    return {
        "isproductoverridden": True,
        "productdescription": "contract-live",
        "quantity": 1,
        "priceperunit": price,
    }


def _identity(site: Site) -> Findings:
    account = an_account(site)
    again = site.call("POST", "accounts", json={"accountid": account, "name": site.mark + "twice"})
    unless = site.call(
        "PATCH", f"accounts({account})", json={"name": site.mark}, headers={"If-None-Match": "*"}
    )
    stale = site.call(
        "PATCH", f"accounts({account})", json={"fax": "1"}, headers={"If-Match": 'W/"1"'}
    )
    return {
        "D32": agrees(
            when=again.status_code == 412 and unless.status_code == 412,
            seen=f"POST {code(again)}; If-None-Match {code(unless)}",
        ),
        "D33": agrees(when=code(stale) == "412 0x80060882", seen=code(stale)),
    }


def _alternate_keys(site: Site) -> Findings:
    if site.call("GET", f"accounts?$select={_KEY}&$top=1").status_code >= _HUNDREDS:
        why = unsaid("the connector's key is not in this environment: run schema apply first")
        return dict.fromkeys(("D28", "D29", "D30", "D31"), why)
    value = f"contract-live-{uuid4().hex}"
    an_account(site, "no key 1")
    an_account(site, "no key 2")
    an_account(site, "key", **{_KEY: value})
    twice = site.call("POST", "accounts", json={"name": site.mark + "2", _KEY: value})
    if twice.status_code < _HUNDREDS:
        later(site, "accounts", twice.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")"))
    absent = site.call("GET", f"accounts({_KEY}='{value}x')?$select=name")
    colon = site.call("GET", f"accounts({_KEY}='a%3Ab')?$select=name")
    return {
        "D28": confirmed("two accounts without a key were accepted"),
        "D29": agrees(when=twice.status_code == 412, seen=code(twice)),
        "D30": agrees(when=absent.status_code == 404, seen=code(absent)),
        "D31": confirmed(f"a colon: {code(colon)}"),
    }


def _values(site: Site) -> Findings:
    nameless = site.call("POST", "accounts", json={"fax": "contract-live"})
    if nameless.status_code < _HUNDREDS:
        made = nameless.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")")
        later(site, "accounts", made)
    account = an_account(site)
    address = f"accounts({account})"
    long = site.call("PATCH", address, json={"name": "x" * 161})
    choice = site.call("PATCH", address, json={"customertypecode": 987654})
    status = site.call("PATCH", address, json={"statecode": 1, "statuscode": 1})
    return {
        "D17": confirmed(f"an account without a name: {code(nameless)}"),
        "D20": agrees(when=long.status_code == 400, seen=code(long)),
        "D21": agrees(when=choice.status_code == 400, seen=code(choice)),
        "D22": agrees(when=status.status_code == 400, seen=code(status)),
    }


def _invoices(site: Site) -> Findings:
    account = an_account(site)
    number = f"CL-{uuid4().hex[:10]}"
    first = _invoice(site, account, invoicenumber=number)
    address = f"invoices({first})"
    renamed = site.call("PATCH", address, json={"invoicenumber": number + "b"})
    site.call("PATCH", address, json={"invoicenumber": number})
    try:
        _invoice(site, account, invoicenumber=number)
        second = "a second one of the same number was accepted"
    except NotMadeError as refused:
        second = f"a second one of the same number: {refused}"
    try:
        _invoice(site, account, totalamount=5)
        total = "accepted"
    except NotMadeError as refused:
        total = str(refused)
    discount = site.call("PATCH", address, json={"discountamount": -1})
    kept = site.call("DELETE", f"accounts({account})")
    return {
        "D14": confirmed(f"changing it: {code(renamed)}; {second}"),
        "D15": confirmed(total),
        "D18": _currency(site, address),
        "D19": agrees(when=discount.status_code == 400, seen=code(discount)),
        "D55": agrees(when=kept.status_code >= _HUNDREDS, seen=code(kept)),
    }


def _currency(site: Site, address: str) -> Any:
    now = (body(site.call("GET", f"{address}?$select=_transactioncurrencyid_value")) or {}).get(
        "_transactioncurrencyid_value"
    )
    others = rows(
        site,
        f"transactioncurrencies?$select=transactioncurrencyid&$filter=statecode%20eq%200%20and%20"
        f"transactioncurrencyid%20ne%20{now}&$top=1",
    )
    if not others:
        return unsaid("the environment has one currency")
    other = others[0]["transactioncurrencyid"]
    bound = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({other})"}
    return confirmed(code(site.call("PATCH", address, json=bound)))


def _closed(site: Site) -> Findings:
    address = f"invoices({_invoice(site, an_account(site))})"
    closed = site.call("PATCH", address, json={"statecode": 2, "statuscode": 100001})
    refused = site.call("PATCH", address, json={"description": "contract-live"})
    reopened = site.call("PATCH", address, json={"statecode": 0, "statuscode": 4})
    canceled = site.call("PATCH", address, json={"statecode": 3, "statuscode": 100003})
    restored = site.call("PATCH", address, json={"statecode": 0, "statuscode": 4})
    lock = site.call("POST", "LockInvoicePricing", json={"InvoiceId": address[9:-1]})
    locked = unsaid(f"LockInvoicePricing: {code(lock)}")
    if lock.status_code < _HUNDREDS:
        change = site.call("PATCH", address, json={"description": "contract-live"})
        locked = confirmed(f"a change after locking: {code(change)}")
    changes = (closed.status_code, reopened.status_code)
    return {
        "D23": agrees(
            when=refused.status_code >= _HUNDREDS and max(changes) < _HUNDREDS,
            seen=f"closing {code(closed)}, writing {code(refused)}, reopening {code(reopened)}",
        ),
        "D24": locked,
        "D64": agrees(
            when=max(canceled.status_code, restored.status_code) < _HUNDREDS,
            seen=f"canceling {code(canceled)}, activating {code(restored)}",
        ),
    }


def _activities(site: Site) -> Findings:
    row = _make(site, "tasks", "activityid", {"subject": site.mark + "task"})
    address = f"tasks({row})"
    site.call("PATCH", address, json={"statecode": 1, "statuscode": 5})
    refused = site.call("PATCH", address, json={"description": "contract-live"})
    pointer = site.call("POST", "activitypointers", json={"subject": site.mark + "pointer"})
    regards = {"regardingobjectid_account_task@odata.bind": f"/accounts({an_account(site)})"}
    clears = {"regardingobjectid_contact_task@odata.bind": None}
    open_task = _make(site, "tasks", "activityid", {"subject": site.mark + "task 2", **regards})
    site.call("PATCH", f"tasks({open_task})", json=clears)
    left = body(site.call("GET", f"tasks({open_task})?$select=_regardingobjectid_value")) or {}
    return {
        "D65": confirmed("no" if left.get("_regardingobjectid_value") else "yes"),
        "D25": confirmed(f"a change of a completed task: {code(refused)}"),
        "D13": agrees(when=pointer.status_code >= _HUNDREDS, seen=code(pointer)),
    }


def _change_sets(site: Site) -> Findings:
    one, two = str(uuid4()), str(uuid4())
    for row in (one, two):
        later(site, "accounts", row)
    good = part(site, "POST", "accounts", {"accountid": one, "name": site.mark + "1"}, number=1)
    bad = part(site, "PATCH", f"accounts({NOBODY})", {"contractlive_nothing": 1}, number=2)
    inside = f"--changeset_1\r\n{good}\r\n--changeset_1\r\n{bad}\r\n--changeset_1--\r\n"
    failed = batch(
        site,
        f"Content-Type: multipart/mixed; boundary=changeset_1\r\n\r\n{inside}",
        headers={"Prefer": "odata.continue-on-error"},
        changes=True,
    )
    kept = site.call("GET", f"accounts({one})?$select=name").status_code
    bare = part(site, "POST", "accounts", {"accountid": two, "name": site.mark + "2"}, length=False)
    lengthless = batch(site, bare, changes=True)
    answers = failed.text.count("HTTP/1.1 ")
    return {
        "D36": agrees(
            when=kept == 404 and answers in {1, 2},
            seen=f"{failed.status_code} with {answers} answers; nothing of it stayed"
            if kept == 404
            else "a part of it stayed",
        ),
        "D37": confirmed(
            "needed" if "HTTP/1.1 20" not in lengthless.text else "not needed, sent all the same"
        ),
    }


def _bulk(site: Site) -> Findings:
    invoice = _invoice(site, an_account(site))
    target = {
        "@odata.type": "Microsoft.Dynamics.CRM.invoice",
        "invoiceid": invoice,
        "description": "contract-live",
    }
    answer = site.call(
        "POST", "invoices/Microsoft.Dynamics.CRM.UpsertMultiple", json={"Targets": [target]}
    )
    return {"D43": confirmed(f"{code(answer)}, body {'yes' if answer.content else 'no'}")}


def _speed(site: Site) -> Findings:
    account = an_account(site)
    began = time.monotonic()
    for _ in range(5):
        _invoice(site, account, invoice_details=[a_line()])
    each = (time.monotonic() - began) / 5
    last = rows(
        site,
        "invoices?$select=name&$expand=invoice_details($select=priceperunit)"
        f"&$filter=_customerid_value%20eq%20{account}",
    )
    whole = len(last) == 5 and all(len(row["invoice_details"]) == 1 for row in last)
    return {
        "D44": confirmed(f"{each:.2f} s for one with its look-ups, one after the other"),
        "D46": agrees(when=whole, seen="5 invoices with a line each" if whole else "lines missing"),
    }


CHECKS: Final = (
    Check(
        "identity", ("D32", "D33"), "an account under an id of our own", 4, _identity, writes=True
    ),
    Check(
        "alternate keys",
        ("D28", "D29", "D30", "D31"),
        "three accounts, one with the connector's key",
        8,
        _alternate_keys,
        writes=True,
    ),
    Check(
        "values",
        ("D17", "D20", "D21", "D22"),
        "two accounts, wrong values",
        6,
        _values,
        writes=True,
    ),
    Check(
        "invoices",
        ("D14", "D15", "D18", "D19", "D55"),
        "an account with up to three invoices",
        18,
        _invoices,
        writes=True,
    ),
    Check(
        "closed rows",
        ("D23", "D24", "D64"),
        "an invoice that is closed",
        12,
        _closed,
        writes=True,
    ),
    Check(
        "activities", ("D25", "D13", "D65"), "two tasks, one completed", 8, _activities, writes=True
    ),
    Check("change sets", ("D36", "D37"), "two accounts by batch", 3, _change_sets, writes=True),
    Check("bulk write", ("D43",), "one invoice by UpsertMultiple", 6, _bulk, writes=True),
    Check("speed", ("D44", "D46"), "five invoices with a line each", 18, _speed, writes=True),
)
