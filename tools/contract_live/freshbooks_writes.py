"""FreshBooks' open points that only writing settles: edits, payments, deletions, callbacks.

Never touches a record it did not make: a client that carries the mark, its draft and its payment.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import requests

from tools.contract_live.findings import Check, Findings, agrees, confirmed, unsaid
from tools.contract_live.freshbooks import FAMILIES, listed, path
from tools.contract_live.site import Site, body, code

_EASTERN: Final = ZoneInfo("America/New_York")
_NOWHERE: Final = "https://contract-live.invalid/callback"
_SECOND: Final = 1.1  # times of records have no fractions


def _make(site: Site, family: str, given: dict[str, Any]) -> dict[str, Any]:
    """Create a record, remember to delete it, and return it."""
    kind = FAMILIES[family][1]
    answer = site.call("POST", path(site, family), json={kind: given})
    made: dict[str, Any] = ((body(answer) or {}).get("response") or {}).get("result", {})[kind]
    record = made["id"]

    def undo() -> requests.Response:
        return site.call("PUT", path(site, family, record), json={kind: {"vis_state": 1}})

    site.later(f"{kind} {record}", undo)
    return made


def _read(site: Site, family: str, record: object, query: str = "") -> dict[str, Any]:
    kind = FAMILIES[family][1]
    answer = site.call("GET", path(site, family, record) + query)
    found: dict[str, Any] = ((body(answer) or {}).get("response") or {}).get("result", {})[kind]
    return found


def _put(site: Site, family: str, record: object, given: dict[str, Any]) -> requests.Response:
    return site.call("PUT", path(site, family, record), json={FAMILIES[family][1]: given})


def _client(site: Site) -> dict[str, Any]:
    return _make(site, "clients", {"organization": site.mark + "client", "currency_code": "USD"})


def _invoice(site: Site, client: object, *, sent: bool = False) -> dict[str, Any]:
    line = {"name": "contract-live", "qty": "1", "unit_cost": {"amount": "10.00", "code": "USD"}}
    given = {
        "customerid": client,
        "create_date": datetime.now(UTC).date().isoformat(),
        "currency_code": "USD",
        "lines": [line],
        "notes": site.mark,
    }
    return _make(site, "invoices", {**given, **({"status": 2} if sent else {})})


def _edits(site: Site) -> Findings:
    client = _client(site)
    before = _read(site, "clients", client["id"])
    site.sleep(_SECOND)
    answer = _put(site, "clients", client["id"], {"note": site.mark})
    after = _read(site, "clients", client["id"])
    found = _zone(answer, after)
    today = after["updated"][:10]
    hit = any(
        each.get("id") == client["id"]
        for each in listed(site, "clients", f"search[updated_min]={today}&per_page=100").get(
            "clients", ()
        )
    )
    _put(site, "clients", client["id"], {"vis_state": 0, "note": "lost"})
    kept = _read(site, "clients", client["id"]).get("note")
    return {
        "F27": found,
        "F30": agrees(when=after["updated"] != before["updated"], seen="it moves"),
        "F20": confirmed(
            f"a change of Eastern day {today} is {'' if hit else 'not '}found by that day"
        ),
        "F33": confirmed("the other field is lost" if kept != "lost" else "it is kept"),
    }


def _zone(answer: requests.Response, record: dict[str, Any]) -> Any:
    at = parsedate_to_datetime(answer.headers["Date"])
    said = datetime.strptime(record["updated"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_EASTERN)
    off = abs(said - at)
    return agrees(when=off < timedelta(minutes=5), seen=f"{off} off when taken for Eastern")


def _invoices(site: Site) -> Findings:
    client = _client(site)
    invoice = _invoice(site, client["id"], sent=True)
    address = invoice["id"]
    lined = _read(site, "invoices", address, "?include[]=lines")
    lines = [each["lineid"] for each in lined["lines"]]
    again = _put(site, "invoices", address, {"lines": lined["lines"], "notes": site.mark + "2"})
    after = [
        each["lineid"] for each in _read(site, "invoices", address, "?include[]=lines")["lines"]
    ]
    due = _put(site, "invoices", address, {"due_date": "2030-01-01"})
    before = _read(site, "invoices", address)["updated"]
    site.sleep(_SECOND)
    amount = {"amount": "15.00", "code": "USD"}
    day = datetime.now(UTC).date().isoformat()
    payment = _make(
        site,
        "payments",
        {"invoiceid": address, "amount": amount, "date": day, "type": "Cash", "note": site.mark},
    )
    moved = _read(site, "invoices", address)["updated"] != before
    stored = _read(site, "payments", payment["id"])["amount"]["amount"]
    return {
        "F29": confirmed("it moves" if moved else "it does not"),
        "F31": confirmed(f"{'kept' if lines == after else 'renumbered'} ({code(again)})"),
        "F32": confirmed(f"writing it: {code(due)}"),
        "F34": confirmed(f"15.00 on 10.00 is kept as {stored}"),
    }


def _callbacks(site: Site) -> Findings:
    base = f"/events/account/{site.account}/events/callbacks"

    def register(event: str, uri: str) -> tuple[requests.Response, int | None]:
        answer = site.call("POST", base, json={"callback": {"event": event, "uri": uri}})
        found = ((body(answer) or {}).get("response") or {}).get("result") or {}
        number = (found.get("callback") or {}).get("callbackid")
        if number is not None:
            site.later(f"callback {number}", lambda: site.call("DELETE", f"{base}/{number}"))
        return answer, number

    first, number = register("invoice", _NOWHERE)
    twice, _ = register("invoice", _NOWHERE)
    plain, _ = register("invoice", _NOWHERE.replace("https", "http"))
    strange, _ = register("contract_live.create", _NOWHERE)
    if number is None:
        why = unsaid(f"no callback could be made: {code(first)}")
        return {"F45": why, "F46": confirmed(code(strange))}
    resent = site.call("PUT", f"{base}/{number}", json={"callback": {"resend": True}})
    verified = ((body(first) or {})["response"]["result"]["callback"]).get("verified")
    return {
        "F45": agrees(when=verified is False, seen=f"{code(first)}, verified {verified}"),
        "F46": agrees(when=strange.status_code >= 400, seen=code(strange)),
        "F47": confirmed(code(plain)),
        "F48": confirmed(code(twice)),
        "F50": agrees(when=resent.status_code < 400, seen=code(resent)),
    }


CHECKS: Final = (
    Check("edits", ("F27", "F30", "F20", "F33"), "a client that is edited", 7, _edits, writes=True),
    Check(
        "invoices and payments",
        ("F29", "F31", "F32", "F34"),
        "a client, an invoice of 10.00 and a payment of 15.00",
        12,
        _invoices,
        writes=True,
    ),
    Check(
        "callbacks",
        ("F45", "F46", "F47", "F48", "F50"),
        "callbacks to an address that does not exist",
        8,
        _callbacks,
        writes=True,
    ),
)
