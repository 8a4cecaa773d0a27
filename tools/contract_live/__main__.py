"""`python -m tools.contract_live`: what a firm with accounts runs once, for an hour's work.

Never reads the connector's settings or its stored login: tokens come from the environment
(DATAVERSE_TOKEN, FRESHBOOKS_TOKEN), Dataverse's otherwise from a signed-in Azure CLI.
"""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests

from tools.contract_live import (
    azure,
    dataverse,
    dataverse_costs,
    dataverse_writes,
    freshbooks,
    freshbooks_writes,
)
from tools.contract_live.findings import Check, Verdict
from tools.contract_live.open_points import POINTS
from tools.contract_live.points import Service
from tools.contract_live.run import open_table, plan, run, save, table
from tools.contract_live.site import Site, body

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

PREFIX: Final = "contract-live-"
_MARGIN: Final = 300  # seconds before its end at which a token is asked for anew
CHECKS: dict[Service, tuple[Check, ...]] = {
    Service.DATAVERSE: (*dataverse.CHECKS, *dataverse_writes.CHECKS, *dataverse_costs.CHECKS),
    Service.FRESHBOOKS: (*freshbooks.CHECKS, *freshbooks_writes.CHECKS),
    Service.AZURE: azure.CHECKS,
}
# An environment is taken for production unless its address or name says what else it is.
_HARMLESS = ("dev", "test", "trial", "sandbox", "uat", "demo", "play")


def main(
    arguments: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,  # noqa: TID251  # no settings of the connector's
    ask: Callable[[str], str] = input,
) -> int:
    """Run and return the exit code: 0 all as relied on, 1 something differs, 2 not begun."""
    options = _parser().parse_args(arguments)
    if options.points:
        print("\n".join(open_table(POINTS, CHECKS)))
        return 0
    try:
        sites = open_sites(environ, write=options.write, named=options.named)
        return _ask(options, sites, ask)
    except PermissionError as refused:  # also a sign-in that ended meanwhile
        print(refused, file=sys.stderr)
    except requests.RequestException as error:
        print(f"No answer: {type(error).__name__}; are the addresses right?", file=sys.stderr)
    return 2


def _ask(options: argparse.Namespace, sites: dict[Service, Site], ask: Callable[[str], str]) -> int:
    """Show the plan, have it agreed to, run it and report."""
    print("\n".join(plan(CHECKS, sites, write=options.write)))
    if not sites:
        print("Set DATAVERSE_URL, FRESHBOOKS_TOKEN or CONNECTOR_URL.", file=sys.stderr)
        return 2
    if not options.yes and ask("Go on? [y/N] ").strip().lower() != "y":
        print("Nothing was asked.")
        return 2
    found = run(CHECKS, sites, POINTS, write=options.write)
    print("\n".join(table(POINTS, found)))
    save(options.report, POINTS, found, sites, at=datetime.now(UTC), write=options.write)
    print(f"Written to {options.report}.")
    return 1 if any(each.verdict is Verdict.DIFFERS for each in found.values()) else 0


def open_sites(
    environ: Mapping[str, str],
    *,
    write: bool,
    named: Sequence[str] = (),
    session: requests.Session | None = None,
) -> dict[Service, Site]:
    """Return the services that were given, those that may be written to with a mark.

    Args:
        environ: environment variables.
        write: something shall be written.
        named: environments and accounts that were named although they look like production.
        session: over which everything goes; None makes one.

    Raises:
        PermissionError: it would write into what looks like production and was not named.
    """
    over = session or requests.Session()
    mark = f"{PREFIX}{secrets.token_hex(4)} " if write else ""
    sites: dict[Service, Site] = {}
    if url := environ.get("DATAVERSE_URL", "").rstrip("/"):
        token = environ.get("DATAVERSE_TOKEN") or ""
        site = Site("Dataverse", f"{url}/api/data/v9.2/", over, _bearer(token, url))
        rows = body(site.call("GET", "organizations?$select=name")) or {}
        name = str((rows.get("value") or [{}])[0].get("name") or "")
        _allow(write=write, named=named, known=(url, urlsplit(url).netloc, name))
        site.mark = mark
        sites[Service.DATAVERSE] = site
    if token := environ.get("FRESHBOOKS_TOKEN", ""):
        base = environ.get("FRESHBOOKS_API_URL", "https://api.freshbooks.com").rstrip("/")
        site = Site("FreshBooks", base, over, lambda: token)
        site.account = environ.get("FRESHBOOKS_ACCOUNT") or freshbooks.first_account(site)
        _allow(write=write, named=named, known=(site.account,))
        site.mark = mark
        sites[Service.FRESHBOOKS] = site
    if url := environ.get("CONNECTOR_URL", "").rstrip("/"):
        sites[Service.AZURE] = Site("Azure", url, over)
    return sites


def _allow(*, write: bool, named: Sequence[str], known: Sequence[str]) -> None:
    """Refuse to write where real figures may be, unless it was named."""
    typed = {name.strip().rstrip("/").casefold() for name in named}
    words = {name.casefold() for name in known if name}
    harmless = any(word in name for word in _HARMLESS for name in words)
    if write and not harmless and not typed & words:
        raise PermissionError(
            f"{' / '.join(known)} looks like production: to write there all the same, name it with "
            f"--named {known[-1] or known[0]}."
        )


def _bearer(token: str, url: str) -> Callable[[], str]:
    if token:
        return lambda: token

    kept: list[AccessToken] = []

    def ask() -> str:
        from azure.core.exceptions import ClientAuthenticationError
        from azure.identity import AzureCliCredential

        if not kept or kept[-1].expires_on < time.time() + _MARGIN:
            try:
                kept.append(AzureCliCredential().get_token(f"{url}/.default"))
            except ClientAuthenticationError:
                raise PermissionError(
                    "No token for Dataverse: run `az login`, or set DATAVERSE_TOKEN."
                ) from None
        return str(kept[-1].token)

    return ask


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.contract_live")
    parser.add_argument("--write", action="store_true", help="also write, and remove it again")
    parser.add_argument("--points", action="store_true", help="print what is open, ask nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before it begins")
    parser.add_argument(
        "--named",
        action="append",
        default=[],
        metavar="NAME",
        help="an environment or FreshBooks account that may be written to, though it looks real",
    )
    parser.add_argument(
        "--report", type=Path, default=Path("contract-live.json"), help="where the JSON goes"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
