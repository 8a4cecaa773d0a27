"""`python -m shared connect`: the login to FreshBooks, its businesses and its webhooks.

Never shows a code or a token; the link it prints counts once, for a quarter of an hour.
"""

import argparse
import sys
import time
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shared.app import Connector
from shared.cli.commands import Commands, add_command, printable
from shared.console.access import BROWSER_LASTS
from shared.core.consent import OPEN_FOR, Progress, Stage, list_usable
from shared.core.sight import plural, say, say_tally, tally
from shared.errors import NotPossibleError

PATIENCE = 90.0  # seconds a step of FreshBooks may take, or fail
LOOK_EVERY = 0.5  # seconds
MOST_LINES: Final = 20  # about businesses, or about webhooks


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    connect = add_command(
        commands,
        "connect",
        "log in to FreshBooks and register the webhooks",
        details="It prints a link to a page with a button; the button counts once, for a quarter "
        "of an hour.",
        examples=("python -m shared connect", "python -m shared connect --account ACCOUNT"),
    )
    connect.add_argument(
        "--account",
        dest="businesses",
        metavar="ACCOUNT",
        action="append",
        default=[],
        help="FreshBooks account id to sync, if the login has several; may be given again",
    )
    connect.add_argument(
        "--paste",
        action="store_true",
        help="for an app no browser can reach yet: paste the address FreshBooks sends you to",
    )
    connect.set_defaults(command=_connect)


def _connect(options: argparse.Namespace, app: Connector) -> int:
    consent = app.connect.invite(*options.businesses).id
    if options.paste:
        _paste(consent, app)
    else:
        page = f"{app.settings.connect_url}?invitation={app.access.invitation(consent)}"
        link = app.settings.sign_in_url(page)
        print(
            "Open this address in a browser, press the button, log in to FreshBooks and allow the "
            "access:\n"
        )
        print(f"  {link}\n", flush=True)
        _wait_for_tokens(consent, app)
    chosen = _wait_for_businesses(consent, app).consent
    names = {business.id: business.name for business in chosen.businesses}
    for business in chosen.chosen[:MOST_LINES]:
        print(f"Connected to {printable(names.get(business) or business)} ({business}).")
    if (more := len(chosen.chosen) - MOST_LINES) > 0:
        print(f"Connected to {more:,} more.")
    sys.stdout.flush()
    return _wait_for_webhooks(consent, app)


def _paste(consent: str, app: Connector) -> None:
    app.connect.start(consent)
    address = app.connect.authorize_url(consent, state=app.access.state(consent))
    print("Open this address, log in to FreshBooks and allow the access:\n")
    print(f"  {address}\n")
    print("Then paste the address your browser was sent to:", flush=True)
    answer = parse_qs(urlsplit(sys.stdin.readline().strip()).query)
    if app.access.read_state((*answer.get("state", ()), "")[0]) != consent:
        raise NotPossibleError(
            "The address belongs to another attempt. Run the command again and use its address."
        )
    if "code" not in answer:
        error = (*answer.get("error", ()), "")[0]
        raise NotPossibleError(app.connect.refuse(consent, error=error).problem)
    app.connect.finish(consent, answer["code"][0])


def _wait_for_tokens(consent: str, app: Connector) -> None:
    deadline = time.monotonic() + OPEN_FOR.total_seconds()
    told = False
    while (stage := app.connect.get(consent).stage) in {Stage.INVITED, Stage.STARTED}:
        if stage is Stage.STARTED and not told:
            print("The button was pressed; waiting for FreshBooks.", flush=True)
            told = True
            deadline = time.monotonic() + OPEN_FOR.total_seconds()
        if time.monotonic() > deadline:
            raise NotPossibleError(
                "Nobody allowed the access in time. Run the command again."
                if told
                else "Nobody pressed the button in time. Run the command again."
            )
        time.sleep(LOOK_EVERY)


def _wait_for_businesses(consent: str, app: Connector) -> Progress:
    told, choice_ends, problem = False, 0.0, ""
    deadline = time.monotonic() + PATIENCE
    while True:
        progress = app.connect.advance(consent)
        if not progress.problem:
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise NotPossibleError(f"{progress.problem} It was tried for a while in vain.")
        elif progress.problem != problem:
            problem = progress.problem
            print(f"Not yet: {printable(problem)} It is tried again by itself.", flush=True)
        match progress.consent.stage:
            case Stage.CONNECTED:
                return progress
            case Stage.FAILED:
                raise NotPossibleError(progress.consent.problem)
            case Stage.CHOOSING if not told:
                _print_choice(progress)
                told, choice_ends = True, time.monotonic() + BROWSER_LASTS.total_seconds()
            case Stage.CHOOSING if time.monotonic() > choice_ends:
                raise NotPossibleError("Nobody chose a business in time. Run the command again.")
            case _:
                time.sleep(LOOK_EVERY)


def _print_choice(progress: Progress) -> None:
    usable = list_usable(progress.consent.businesses)
    print(f"This login opens {len(usable):,} businesses:")
    for business in usable[:MOST_LINES]:
        print(f"  {business.id}  {printable(business.name)} ({printable(business.role)})")
    if (more := len(usable) - MOST_LINES) > 0:
        print(f"  and {more:,} more")
    print("Choose in the browser, or stop and run it with --account.", flush=True)


def _wait_for_webhooks(consent: str, app: Connector) -> int:
    deadline = time.monotonic() + PATIENCE
    while not (progress := app.connect.advance(consent)).done:
        if time.monotonic() > deadline:
            pending = [each for each in progress.registrations if not each.is_live]
            print(
                f"{len(pending):,} of {len(progress.registrations):,} webhooks are not verified "
                f"yet. FreshBooks must reach {app.settings.public_url}; the app goes on trying, "
                "some every minute, and polling covers meanwhile."
                + (f" ({progress.problem})" if progress.problem else "")
            )
            return 1
        time.sleep(LOOK_EVERY)
    _print_webhooks(progress, app)
    return 0


def _print_webhooks(progress: Progress, app: Connector) -> None:
    now = app.world.clock()
    if len(progress.registrations) <= MOST_LINES:
        for each in progress.registrations:
            print(f"Webhook {each.business}/{each.noun} is {each.state}: {say(each, now)}.")
        return
    for count in tally(progress.registrations):
        print(f"Webhooks for {plural(count.noun)}: {say_tally(count, now)}.")
