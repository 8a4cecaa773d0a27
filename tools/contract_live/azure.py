"""Azure's open points, asked as a stranger from outside: no token is sent to any of them.

Never sends anything FreshBooks has signed, so nothing can get onto a queue.
"""

import base64
import json
from typing import Final

from tools.contract_live.findings import Check, Findings, agrees
from tools.contract_live.site import Site, body

_FORM: Final = "application/x-www-form-urlencoded"
_HOOK: Final = "/api/webhooks/freshbooks/contractlive/invoice/wrong"
_PAGES: Final = ("/api/connect/freshbooks/state", "/api/connect/freshbooks/business")


def _health(site: Site) -> Findings:
    answer = site.call("GET", "/api/health")
    found = body(answer)
    quiet = isinstance(found, dict) and set(found) <= {"status", "problem"}
    told = ", ".join(sorted(found)) if isinstance(found, dict) else "no JSON"
    bare = quiet and "problem" not in (found or {})
    return {
        "A01": agrees(
            when=answer.status_code in {200, 503} and bare,
            seen=f"{answer.status_code}, fields: {told}",
        )
    }


def _pages(site: Site) -> Findings:
    found = {page: site.call("GET", page) for page in _PAGES}
    principal = {"auth_typ": "aad", "claims": [{"typ": "roles", "val": "operator"}]}
    forged = {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-NAME": "contract-live",
    }
    given = {page: site.call("GET", page, headers=forged) for page in _PAGES}

    def closed(status: int) -> bool:
        return status in {302, 401, 403, 404, 405}

    seen = ", ".join(str(answer.status_code) for answer in found.values())
    again = ", ".join(str(answer.status_code) for answer in given.values())
    callback = site.call("GET", "/api/connect/freshbooks/callback?error=access_denied&state=none")
    return {
        "A02": agrees(when=all(closed(each.status_code) for each in found.values()), seen=seen),
        "A05": agrees(when=all(closed(each.status_code) for each in given.values()), seen=again),
        "A06": agrees(
            when=callback.status_code != 401 and callback.status_code < 500,
            seen=str(callback.status_code),
        ),
    }


def _webhook(site: Site) -> Findings:
    form = "name=invoice.update&object_id=1&account_id=contractlive&user_id=1"
    headers = {"Content-Type": _FORM}
    bare = site.call("POST", _HOOK, data=form, headers=headers, changes=False)
    wrong = site.call(
        "POST",
        _HOOK,
        data=form,
        headers={**headers, "X-FreshBooks-Hmac-SHA256": base64.b64encode(b"0" * 32).decode()},
        changes=False,
    )
    refused = {400, 401, 403, 404}
    return {
        "A03": agrees(when=bare.status_code in refused, seen=str(bare.status_code)),
        "A04": agrees(when=wrong.status_code in refused, seen=str(wrong.status_code)),
    }


def _plain(site: Site) -> Findings:
    plain = site.base.replace("https://", "http://")
    answer = site.call("GET", f"{plain}/api/health")
    moved = answer.headers.get("Location", "").startswith("https://")
    return {
        "A07": agrees(
            when=answer.status_code >= 400 or moved,
            seen=f"{answer.status_code}{', to https' if moved else ''}",
        )
    }


CHECKS: Final = (
    Check("health", ("A01",), "the health page", 1, _health),
    Check("pages", ("A02", "A05", "A06"), "the operator's pages, as a stranger", 5, _pages),
    Check("webhooks", ("A03", "A04"), "two deliveries nobody signed", 2, _webhook),
    Check("plain http", ("A07",), "the health page over http", 1, _plain),
)
