"""Dataverse's open points that reading settles: sign-in, names, columns, queries, batches of reads.

Never changes anything; a batch here holds reads alone.
"""

import base64
import contextlib
import json
from typing import Any, Final
from urllib.parse import quote

import requests

from tools.contract_live.findings import Check, Finding, Findings, agrees, confirmed, unsaid
from tools.contract_live.site import Site, body, code

NOBODY: Final = "00000000-0000-0000-0000-0000000000aa"
_BOUNDARY: Final = "batch_contract_live"
_TIMES: Final = 10


def rows(site: Site, path: str) -> list[dict[str, Any]]:
    """Return the rows of a list, none where it was refused."""
    return list((body(site.call("GET", path)) or {}).get("value") or [])


def batch(
    site: Site, *parts: str, headers: dict[str, str] | None = None, changes: bool = False
) -> requests.Response:
    """Send parts as a multipart batch."""
    text = "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n"
    kind = {"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"}
    return site.call(
        "POST", "$batch", data=text.encode(), headers={**kind, **(headers or {})}, changes=changes
    )


def part(
    site: Site, method: str, path: str, given: Any = None, *, length: bool = True, number: int = 1
) -> str:
    """Return one part of a batch or of a change set."""
    text = "" if given is None else json.dumps(given)
    inner = [f"{method} {site.base}{path} HTTP/1.1", "Accept: application/json"]
    if given is not None:
        inner.append("Content-Type: application/json; type=entry")
        inner += [f"Content-Length: {len(text)}"] if length else []
    outer = [
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {number}",
    ]
    return "\r\n".join([*outer, "", *inner, "", text])


def _sign_in(site: Site) -> Findings:
    bare = site.call("GET", "WhoAmI", token="")
    wrong = site.call("GET", "WhoAmI", token="x.y.z")  # noqa: S106  # no token, on purpose
    challenge = bare.headers.get("WWW-Authenticate", "")
    kept = ", ".join(piece.partition("=")[0].strip() for piece in challenge.split(","))
    return {
        "D01": agrees(
            when=(bare.status_code, wrong.status_code) == (401, 401) and "Bearer" in challenge,
            seen=f"{bare.status_code} {kept}; a wrong token: {wrong.status_code}",
        ),
        "D02": _lifetime(site.token()),
    }


def _lifetime(token: str) -> Finding:
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        minutes = (int(claims["exp"]) - int(claims.get("iat", claims["nbf"]))) // 60
    except (IndexError, KeyError, ValueError):
        return unsaid("the token cannot be read")
    return confirmed(f"{minutes} minutes for the one of this run")


def _privileges(site: Site) -> Findings:
    def names(table: str) -> list[str]:
        path = f"EntityDefinitions(LogicalName='{table}')?$select=Privileges"
        found = body(site.call("GET", path)) or {}
        return [str(each.get("Name")) for each in found.get("Privileges") or ()]

    lines, tasks = names("invoicedetail"), names("task")
    roles = rows(site, "roles?$select=roleid&$top=1")
    role = roles[0]["roleid"] if roles else NOBODY
    held = site.call("GET", f"RetrieveRolePrivilegesRole(RoleId={role})")
    shared = bool(tasks) and all(name.endswith("Activity") for name in tasks)
    return {
        "D05": confirmed(", ".join(lines) or "it has none"),
        "D06": agrees(when=shared, seen=", ".join(tasks[:3])),
        "D10": agrees(
            when=isinstance((body(held) or {}).get("RolePrivileges"), list) or not roles,
            seen=code(held) if roles else "no role was there to be read",
        ),
    }


def _names(site: Site) -> Findings:
    def name_of(table: str) -> str:
        path = f"EntityDefinitions(LogicalName='{table}')?$select=EntitySetName"
        return str((body(site.call("GET", path)) or {}).get("EntitySetName"))

    def customers(table: str) -> list[str]:
        path = f"EntityDefinitions(LogicalName='{table}')/ManyToOneRelationships"
        select = "$select=ReferencingAttribute,ReferencingEntityNavigationPropertyName"
        return sorted(
            str(each.get("ReferencingEntityNavigationPropertyName"))
            for each in rows(site, f"{path}?{select}")
            if each.get("ReferencingAttribute") == "customerid"
        )

    price, pointer = name_of("pricelevel"), name_of("activitypointer")
    found = {table: customers(table) for table in ("invoice", "opportunity")}
    return {
        "D11": agrees(when=price == "pricelevels", seen=f"{price}, {pointer}"),
        "D12": agrees(
            when=all("customerid_account" in each for each in found.values()), seen=str(found)
        ),
    }


def _columns(site: Site) -> Findings:
    def column(table: str, name: str) -> dict[str, Any]:
        path = f"EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{name}')"
        return body(site.call("GET", path)) or {}

    length = column("invoicedetail", "productdescription").get("MaxLength")
    return {"D16": agrees(when=isinstance(length, int) and length >= 500, seen=str(length))}


def _keys(site: Site) -> Findings:
    found = rows(site, "EntityDefinitions(LogicalName='account')/Keys")
    seen = sorted({str(key.get("EntityKeyIndexStatus")) for key in found})
    known = {"Pending", "In Progress", "InProgress", "Active", "Failed"}
    return {"D27": agrees(when=set(seen) <= known, seen=", ".join(seen) or "no key on account")}


def _bulk(site: Site) -> Findings:
    seen = []
    for table in ("account", "invoice", "invoicedetail"):
        where = f"sdkmessageid/name eq 'CreateMultiple' and primaryobjecttypecode eq '{table}'"
        found = rows(site, f"sdkmessagefilters?$select=sdkmessagefilterid&$filter={quote(where)}")
        seen.append(f"{table}: {'CreateMultiple' if found else 'none'}")
    return {"D42": confirmed("; ".join(seen))}


def _comparison(site: Site) -> Findings:
    found = rows(site, "accounts?$select=name&$top=1&$filter=name%20ne%20null")
    if not found:
        return {each: unsaid("there is no account to compare with") for each in ("D49", "D50")}
    name = str(found[0]["name"])

    def hits(text: str) -> int:
        literal = quote(text.replace("'", "''"), safe="")
        return len(rows(site, f"accounts?$select=accountid&$filter=name%20eq%20'{literal}'&$top=1"))

    return {
        "D49": confirmed("blind to case" if hits(name.swapcase()) else "case counts"),
        "D50": confirmed("blanks do not count" if hits(name + "  ") else "blanks count"),
    }


def _related(site: Site) -> Findings:
    accounts = (
        f"accounts?$select=name&$filter=account_master_account/any(a:a/accountid eq {NOBODY})"
    )
    found = site.call("GET", accounts)
    return {"D66": agrees(when=found.status_code == 200, seen=code(found))}


def _count(site: Site) -> Findings:
    found = body(site.call("GET", "accounts?$select=accountid&$top=1&$count=true")) or {}
    total = found.get("@odata.count")
    seen = "few" if isinstance(total, int) and total < 5000 else str(total)
    return {"D51": agrees(when=isinstance(total, int) and total <= 5000, seen=seen)}


def _missing(site: Site) -> Findings:
    prop = site.call("GET", "accounts?$select=contractlive_nothing&$top=1")
    row = site.call("GET", f"accounts({NOBODY})?$select=name")
    known = {"400 0x80048d19", "400 0x80060888"}
    return {
        "D53": agrees(when=code(prop) in known, seen=code(prop)),
        "D54": agrees(when=row.status_code == 404, seen=code(row)),
    }


def _batches(site: Site) -> Findings:
    good = part(site, "GET", "WhoAmI")
    bad = part(site, "GET", f"accounts({NOBODY})?$select=name")
    stopped = batch(site, bad, good)
    going = batch(site, bad, good, headers={"Prefer": "odata.continue-on-error"})
    as_json = site.call(
        "POST",
        "$batch",
        json={"requests": [{"id": "1", "method": "GET", "url": "WhoAmI"}]},
        changes=False,
    )
    answers = going.text.count("HTTP/1.1 ")
    return {
        "D38": agrees(
            when=going.status_code == 200 and answers == 2,
            seen=f"without: {stopped.status_code}, {stopped.text.count('HTTP/1.1 ')} answers; "
            f"with: {going.status_code}, {answers} answers",
        ),
        "D39": confirmed(f"answered {code(as_json)}"),
    }


def _dependencies(site: Site) -> Findings:
    path = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='name')"
    column = (body(site.call("GET", f"{path}?$select=MetadataId")) or {}).get("MetadataId")
    arguments = f"ObjectId={column},ComponentType=2"
    answer = site.call("GET", f"RetrieveDependenciesForDelete({arguments})")
    found = (body(answer) or {}).get("value")
    kinds = sorted({str(each.get("dependentcomponenttype")) for each in found or ()})
    return {
        "D61": agrees(
            when=isinstance(found, list), seen=f"{code(answer)}, kinds {', '.join(kinds) or 'none'}"
        )
    }


def _limits(site: Site) -> Findings:
    told = site.call("GET", "WhoAmI").headers
    wanted = ("x-ms-dop-hint", "x-ms-ratelimit", "Retry-After", "Date")
    kept = [name for name in told if any(name.lower().startswith(w.lower()) for w in wanted)]
    return {"D63": confirmed(", ".join(sorted(kept)) or "none")}


def _share(site: Site) -> Findings:
    """Ask ten times as a stranger would, and see who answers and what each is charged."""
    hints, servers, left, took = set[str](), set[str](), list[float](), 0.0
    for _ in range(_TIMES):
        site.session.cookies.clear()
        answer = site.call("GET", "WhoAmI")
        hints.add(answer.headers.get("x-ms-dop-hint", "none"))
        servers.add(answer.cookies.get("ARRAffinity") or "none")
        told = answer.headers.get("x-ms-ratelimit-time-remaining-xrm-requests", "")
        with contextlib.suppress(ValueError):
            left.append(float(told.replace(",", "")))
        took += answer.elapsed.total_seconds()
    charged = f"{left[0] - left[-1]:.2f}" if left else "unsaid"
    return {
        "D72": confirmed(", ".join(sorted(hints))),
        "D73": confirmed(f"{len(servers)} of {_TIMES} answers"),
        "D74": confirmed(f"{charged} s of {took:.2f} s"),
    }


def _languages(site: Site) -> Findings:
    answer = site.call("GET", "RetrieveProvisionedLanguages()")
    found = (body(answer) or {}).get("RetrieveProvisionedLanguages")
    return {"D67": confirmed(f"{code(answer)}, {found}")}


CHECKS: Final = (
    Check("sign-in", ("D01", "D02"), "WhoAmI without and with a wrong token", 2, _sign_in),
    Check("privileges", ("D05", "D06", "D10"), "definitions, one role", 4, _privileges),
    Check("names", ("D11", "D12"), "definitions of four tables", 4, _names),
    Check("columns", ("D16",), "the definition of one column", 1, _columns),
    Check("keys", ("D27",), "the keys of account", 1, _keys),
    Check("bulk messages", ("D42",), "the list of messages", 3, _bulk),
    Check("comparison", ("D49", "D50"), "one account's name, and accounts by it", 3, _comparison),
    Check("related", ("D66",), "accounts by another account", 1, _related),
    Check("count", ("D51",), "how many accounts there are", 1, _count),
    Check("missing", ("D53", "D54"), "a column and a row that are not there", 2, _missing),
    Check("batches of reads", ("D38", "D39"), "a row that is not there, in batches", 3, _batches),
    Check("dependencies", ("D61",), "what uses the name of account", 2, _dependencies),
    Check("limits", ("D63",), "the headers of WhoAmI", 1, _limits),
    Check("share", ("D72", "D73", "D74"), "WhoAmI ten times, each by its own", _TIMES, _share),
    Check("languages", ("D67",), "the languages that are enabled", 1, _languages),
)
