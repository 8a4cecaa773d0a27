"""FreshBooks' open points that reading settles: login, lists, filters, records, limits.

Never refreshes a token and never sends a secret; the token endpoint is asked with nothing in it.
"""

import base64
import json
from datetime import datetime
from typing import Any, Final

from tools.contract_live.findings import Check, Finding, Findings, agrees, confirmed, unsaid
from tools.contract_live.site import Site, body, code

FAMILIES: Final = {
    "clients": ("users/clients", "client"),
    "invoices": ("invoices/invoices", "invoice"),
    "payments": ("payments/payments", "payment"),
    "expenses": ("expenses/expenses", "expense"),
}
_ME: Final = "/auth/api/v1/users/me"
_FUTURE: Final = "2099-01-01"
_NEVER: Final = 999_999_999


def first_account(site: Site) -> str:
    """Return the first account id of whoever the token belongs to, "" where there is none."""
    said = (body(site.call("GET", _ME)) or {}).get("response") or {}
    found = [
        (each.get("business") or {}).get("account_id")
        for each in said.get("business_memberships") or ()
    ]
    found += [each.get("accountid") for each in said.get("roles") or ()]
    return next((str(each) for each in found if each), "")


def path(site: Site, family: str, record: object = "") -> str:
    """Return the address of a list or a record."""
    return f"/accounting/account/{site.account}/{FAMILIES[family][0]}" + (
        f"/{record}" if record else ""
    )


def listed(site: Site, family: str, query: str = "") -> dict[str, Any]:
    """Return the result of a list: its records, page, pages and total."""
    answer = body(site.call("GET", path(site, family) + (f"?{query}" if query else "")))
    return dict(((answer or {}).get("response") or {}).get("result") or {})


def total(site: Site, family: str, query: str = "") -> int | None:
    """Return how many records a list has, None where it was refused."""
    found = listed(site, family, query).get("total")
    return found if isinstance(found, int) else None


def _endpoint(site: Site) -> Findings:
    nothing = site.call("POST", "/auth/oauth/token", json={}, token="", changes=False)
    stranger = {
        "grant_type": "refresh_token",
        "client_id": "contract-live",
        "client_secret": "contract-live",
        "refresh_token": "contract-live",
        "redirect_uri": "https://localhost/",
    }
    unknown = site.call("POST", "/auth/oauth/token", json=stranger, token="", changes=False)
    return {
        "F01": agrees(when=code(nothing) == "400 invalid_request", seen=code(nothing)),
        "F02": agrees(when=code(unknown) == "401 invalid_client", seen=code(unknown)),
        "F07": _lifetime(site.token()),
    }


def _lifetime(token: str) -> Finding:
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        hours = (int(claims["exp"]) - int(claims["iat"])) / 3600
    except (IndexError, KeyError, ValueError):
        return unsaid("the token cannot be read")
    return confirmed(f"{hours:.1f} hours")


def _identity(site: Site) -> Findings:
    said = (body(site.call("GET", _ME)) or {}).get("response") or {}
    memberships = said.get("business_memberships") or ()
    ids = [(each.get("business") or {}).get("account_id") for each in memberships]
    roles = [each for each in said.get("roles") or () if each.get("accountid")]
    wrong = site.call("GET", path(site, "clients"), token="contract-live")  # noqa: S106  # none
    other = site.call("GET", "/accounting/account/123456/users/clients")
    return {
        "F08": agrees(
            when=any(ids) or roles,
            seen=f"{sum(map(bool, ids))} of {len(ids)} memberships, {len(roles)} roles",
        ),
        "F09": agrees(when=wrong.status_code == 401, seen=code(wrong)),
        "F10": agrees(when=other.status_code in {401, 403, 404}, seen=code(other)),
    }


def _pages(site: Site) -> Findings:
    plain, many = listed(site, "clients"), listed(site, "clients", "per_page=500")
    zero, beyond = listed(site, "clients", "page=0"), listed(site, "clients", "page=99999")
    empty = listed(site, "invoices", f"search[updated_min]={_FUTURE}")
    rows = beyond.get("clients")
    return {
        "F13": agrees(
            when=many.get("per_page") == 100,
            seen=f"{plain.get('per_page')} by default, {many.get('per_page')} of 500",
        ),
        "F14": agrees(
            when=rows == [],
            seen=f"beyond: {len(rows or [])} records; empty: {empty.get('pages')} pages",
        ),
        "F15": confirmed(f"page {zero.get('page')}"),
    }


def _filters(site: Site) -> Findings:
    everything = total(site, "invoices")
    unknown = total(site, "invoices", "search[contract_live]=x")
    status = total(site, "invoices", f"search[status]={_NEVER}")
    if not everything:
        return {each: unsaid("the account has no invoice") for each in ("F16", "F17")}
    return {
        "F16": confirmed("ignored" if unknown == everything else f"{unknown} of {everything}"),
        "F17": confirmed("ignored" if status == everything else f"{status} of {everything}"),
    }


def _overpaid(site: Site) -> Findings:
    found: dict[str, set[Any]] = {}
    for query in ("", "search[outstanding]=true"):
        rows = listed(site, "invoices", f"{query}&per_page=100").get("invoices") or []
        found[query] = {each.get("id") for each in rows if _is_overpaid(each)}
    overpaid, among = found.values()
    if not overpaid | among:
        return {"F64": unsaid("of the first hundred invoices none is overpaid")}
    return {"F64": confirmed("yes" if among else "no")}


def _is_overpaid(invoice: dict[str, Any]) -> bool:
    outstanding = invoice.get("outstanding") or {}
    return str(outstanding.get("amount", "")).startswith("-")


def _updated(site: Site) -> Findings:
    seen, works = [], True
    for family in FAMILIES:
        everything = total(site, family)
        later = total(site, family, f"search[updated_min]={_FUTURE}")
        works = works and (later == 0 or not everything)
        seen.append(f"{family} {later} of {everything}")
    time = site.call("GET", path(site, "invoices") + f"?search[updated_min]={_FUTURE}%2000:00:00")
    return {
        "F18": agrees(when=works, seen="; ".join(seen)),
        "F19": confirmed(f"answered {code(time)}"),
    }


def _order(site: Site) -> Findings:
    up = [
        each.get("id")
        for each in listed(site, "invoices", "sort=updated_asc").get("invoices") or ()
    ]
    down = [
        each.get("id")
        for each in listed(site, "invoices", "sort=updated_desc").get("invoices") or ()
    ]
    if len(up) < 2:
        return {"F21": unsaid("fewer than two invoices")}
    return {"F21": confirmed("ignored" if up == down else "honoured")}


def _records(site: Site) -> Findings:
    found = {family: listed(site, family, "per_page=5").get(family) or [] for family in FAMILIES}
    plain = found["invoices"]
    lined = listed(site, "invoices", "per_page=1&include[]=lines").get("invoices") or []
    versions = {name: any("version" in each for each in rows) for name, rows in found.items()}
    amounts = [each.get("amount", {}).get("amount") for each in plain]
    signups = [_hours(each) for each in found["clients"]]
    payments = total(site, "payments")
    invoiced = total(site, "payments", "search[payment_or_credit]=invoice")
    emails = [
        each.get("email") for each in listed(site, "clients", "per_page=100").get("clients") or ()
    ]
    shared = len([email for email in emails if email]) - len({email for email in emails if email})
    none = unsaid("the account has no invoice")
    return {
        "F22": agrees(
            when=all("lines" not in each for each in plain) and all("lines" in e for e in lined),
            seen="only when asked for",
        )
        if plain
        else none,
        "F24": confirmed(f"{payments} in all, {invoiced} of invoices"),
        "F26": confirmed(", ".join(name for name, there in versions.items() if there) or "none"),
        "F28": confirmed(
            f"updated is {sorted({h for h in signups if h is not None})} hours off signup_date"
        ),
        "F35": confirmed(f"{shared} emails more than once"),
        "F36": agrees(when=all(isinstance(each, str) for each in amounts), seen="texts")
        if plain
        else none,
    }


def _hours(client: dict[str, Any]) -> int | None:
    """Return whole hours between a client's signup and its last change, where that tells zones."""
    try:
        form = "%Y-%m-%d %H:%M:%S"
        signup = datetime.strptime(client["signup_date"], form)  # noqa: DTZ007  # zones are the point
        updated = datetime.strptime(client["updated"], form)  # noqa: DTZ007  # same
    except (KeyError, TypeError, ValueError):
        return None
    hours = round((updated - signup).total_seconds() / 3600)
    return hours if -6 < hours < 0 else None


def _deleted(site: Site) -> Findings:
    seen = []
    for family, (_, kind) in FAMILIES.items():
        gone = listed(site, family, "per_page=1&search[vis_state]=1").get(family) or []
        if gone:
            answer = site.call("GET", path(site, family, gone[0].get("id")))
            inner = ((body(answer) or {}).get("response") or {}).get("result") or {}
            state = (inner.get(kind) or {}).get("vis_state")
            seen.append((answer.status_code, f"{kind}: {answer.status_code}, vis_state {state}"))
    if not seen:
        return {"F25": unsaid("nothing deleted in this account")}
    known = all(status in {200, 404, 410, 422} for status, _ in seen)
    return {"F25": agrees(when=known, seen="; ".join(text for _, text in seen))}


def _limits(site: Site) -> Findings:
    told = site.call("GET", path(site, "clients") + "?per_page=1").headers
    kept = [name for name in told if name.lower().startswith(("x-ratelimit", "retry-after"))]
    notes = site.call(
        "GET", f"/accounting/account/{site.account}/credit_notes/credit_notes?per_page=1"
    )
    result = ((body(notes) or {}).get("response") or {}).get("result") or {}
    found = result.get("credit_notes") or []
    return {
        "F41": confirmed(", ".join(sorted(kept)) or "none"),
        "F39": confirmed("yes" if "updated" in found[0] else "no")
        if found
        else unsaid(f"no credit note was to be seen ({code(notes)})"),
    }


CHECKS: Final = (
    Check(
        "token endpoint", ("F01", "F02", "F07"), "it, with nothing and as a stranger", 2, _endpoint
    ),
    Check("identity", ("F08", "F09", "F10"), "who the token belongs to", 3, _identity),
    Check("pages", ("F13", "F14", "F15"), "pages of clients", 5, _pages),
    Check("filters", ("F16", "F17"), "counts of invoices", 3, _filters),
    Check("overpaid invoices", ("F64",), "two pages of invoices", 2, _overpaid),
    Check("changed since", ("F18", "F19"), "counts of all four kinds", 9, _updated),
    Check("order", ("F21",), "a page of invoices, twice", 2, _order),
    Check(
        "records",
        ("F22", "F24", "F26", "F28", "F35", "F36"),
        "a few records of each kind",
        8,
        _records,
    ),
    Check("deleted records", ("F25",), "one deleted record of each kind", 8, _deleted),
    Check("limits", ("F41", "F39"), "headers, one credit note", 2, _limits),
)
