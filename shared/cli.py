"""`python -m shared`: what the administrator does from a terminal.

Reads the same settings as the app. Exit codes: 0 done, 1 something needs attention, 2 it could not
be done; the text says what to do next.
"""

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from shared.app import Connector, connector
from shared.core.events import Kind
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import JournalEntry
from shared.sync.review import Waiting

HANDSHAKE_PATIENCE = 60.0  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Connector], int] = options.command
    try:
        return command(options, connector())
    except (ConnectorError, ValueError) as error:
        print(f"{type(error).__name__.removesuffix('Error')}: {error}", file=sys.stderr)
        return 2


def _schema_apply(options: argparse.Namespace, app: Connector) -> int:
    for line in app.schema.apply(wait=options.wait):
        print(line)
    return _schema_check(options, app)


def _schema_check(_options: argparse.Namespace, app: Connector) -> int:
    differences = app.schema.check()
    for line in differences:
        print(line)
    print(f"{len(differences)} differences" if differences else "Dataverse has everything it needs")
    return 1 if differences else 0


def _connect(options: argparse.Namespace, app: Connector) -> int:
    state = secrets.token_urlsafe(24)
    print("Open this address, log in to FreshBooks and allow the access:\n")
    print(f"  {app.connect.authorize_url(state)}\n")
    print("Then paste the address your browser was sent to:", flush=True)
    answer = parse_qs(urlsplit(sys.stdin.readline().strip()).query)
    if answer.get("error"):
        raise ConfigurationError(
            f"FreshBooks did not allow it: {answer['error'][0]}. Run the command again."
        )
    if not secrets.compare_digest(answer.get("state", [""])[0].encode(), state.encode()):
        raise ConfigurationError(
            "The address belongs to another attempt. Run the command again and use its address."
        )
    if not answer.get("code"):
        raise ConfigurationError("The address holds no code. Paste it whole, with its query.")
    business = app.connect.finish(answer["code"][0], account=options.account)
    print(f"Connected to {business.name} ({business.account}).")
    app.connect.register(business.account or "")
    return _wait_for_webhooks(app)


def _wait_for_webhooks(app: Connector) -> int:
    deadline = time.monotonic() + HANDSHAKE_PATIENCE
    while pending := app.connect.settle():
        if time.monotonic() > deadline:
            print(
                f"{len(pending)} webhooks are not verified yet. FreshBooks must reach "
                f"{app.settings.public_url}; the next poll tries again."
            )
            return 1
        time.sleep(0.5)
    for registration in app.registrations.list_all():
        print(f"Webhook {registration.noun} is {registration.state}: {registration.uri}")
    return 0


def _held(options: argparse.Namespace, app: Connector) -> int:
    waiting = app.review.list_held()
    if options.json:
        print(json.dumps([_as_json(each) for each in waiting], indent=2))
        return 0
    for each in waiting:
        _print_hold(each)
    print(f"{len(waiting)} held" if waiting else "Nothing is held")
    return 1 if waiting else 0


def _held_link(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.link(_account(options, app), options.client, options.row)
    print(f"Client {options.client} is linked; {count} waiting records follow.")
    return 0


def _held_create(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.create(_account(options, app), options.client)
    print(f"An account was created for client {options.client}; {count} waiting records follow.")
    return 0


def _held_ignore(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.ignore(_account(options, app), options.client)
    print(f"Client {options.client} is ignored; {count} waiting records are skipped.")
    return 0


def _history(options: argparse.Namespace, app: Connector) -> int:
    account = _account(options, app)
    found = list(app.journal.find_by_number(account, options.kind, options.number))
    if not found and options.number.isdigit():
        latest = app.journal.get_latest(account, options.kind, int(options.number))
        found = [latest] if latest else []
    for latest in found:
        print(f"{options.kind} {latest.number or latest.record} (FreshBooks id {latest.record})")
        _print_entry(latest)
        for entry in app.journal.list_history(account, options.kind, latest.record):
            if entry != latest:
                _print_entry(entry)
        for row in latest.rows:
            print(f"  row {row}")
    if not found:
        print(f"Nothing was ever heard of {options.kind} {options.number}.")
    return 0 if found else 1


def _dead_letters(options: argparse.Namespace, app: Connector) -> int:
    letters = list(app.dead_letters.list_all())
    if options.json:
        print(json.dumps([{"key": x.key, "reason": x.reason, "code": x.code} for x in letters]))
        return 0
    for letter in letters:
        print(f"{letter.key}  {letter.at:%Y-%m-%d %H:%M} UTC")
        print(f"  {letter.reason}")
    print(f"{len(letters)} dead letters" if letters else "There are no dead letters")
    return 1 if letters else 0


def _dead_letters_retry(options: argparse.Namespace, app: Connector) -> int:
    app.review.retry(options.key)
    print(f"{options.key} is on the queue again.")
    return 0


def _dead_letters_dismiss(options: argparse.Namespace, app: Connector) -> int:
    if app.dead_letters.get(options.key) is None:
        raise ConfigurationError(f"There is no dead letter {options.key}.")
    app.dead_letters.delete(options.key)
    print(f"{options.key} is dismissed.")
    return 0


def _account(options: argparse.Namespace, app: Connector) -> str:
    accounts = app.registrations.list_accounts()
    if options.account:
        if options.account not in accounts:
            raise ConfigurationError(
                f"{options.account} is not connected; connected: {', '.join(accounts) or 'none'}."
            )
        return str(options.account)
    if len(accounts) != 1:
        raise ConfigurationError(
            "Name the FreshBooks account with --account; connected: "
            f"{', '.join(accounts) or 'none, run connect first'}."
        )
    return accounts[0]


def _print_hold(waiting: Waiting) -> None:
    hold = waiting.hold
    print(f"{hold.name}  ({hold.account} {hold.subject}, since {hold.since:%Y-%m-%d %H:%M} UTC)")
    print(f"  {hold.reason}")
    if waiting.records:
        print(f"  waiting: {', '.join(f'{r.kind} {r.record}' for r in waiting.records)}")
    for candidate in hold.candidates:
        note = f" ({candidate.note})" if candidate.note else ""
        print(f"  candidate: {candidate.account}  {candidate.name}{note}")
    if hold.subject.startswith("client-"):
        client = hold.subject.partition("-")[2]
        print(f"  decide: held link {client} ACCOUNT | held create {client} | held ignore {client}")


def _as_json(waiting: Waiting) -> dict[str, object]:
    hold = waiting.hold
    return {
        "account": hold.account,
        "subject": hold.subject,
        "name": hold.name,
        "reason": hold.reason,
        "since": hold.since.isoformat(),
        "candidates": [
            {"account": str(c.account), "name": c.name, "note": c.note} for c in hold.candidates
        ],
        "waiting": [{"kind": str(r.kind), "record": r.record} for r in waiting.records],
    }


def _print_entry(entry: JournalEntry) -> None:
    reason = f": {entry.reason}" if entry.reason else ""
    print(f"  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.outcome} ({entry.cause}){reason}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    schema = commands.add_parser("schema", help="tables, columns and keys in Dataverse")
    schema_commands = schema.add_subparsers(required=True, metavar="apply|check")
    apply = schema_commands.add_parser("apply", help="create what is missing")
    apply.add_argument("--wait", type=float, default=300, help="seconds to wait for keys")
    apply.set_defaults(command=_schema_apply)
    check = schema_commands.add_parser("check", help="name what is missing or different")
    check.set_defaults(command=_schema_check)

    connect = commands.add_parser("connect", help="log in to FreshBooks and register the webhooks")
    connect.add_argument("--account", help="FreshBooks account id, if the login has several")
    connect.set_defaults(command=_connect)

    held = commands.add_parser("held", help="clients that wait for a decision")
    held.add_argument("--account", help="FreshBooks account id, if several are connected")
    held.add_argument("--json", action="store_true", help="print JSON")
    held.set_defaults(command=_held)
    decisions = held.add_subparsers(metavar="link|create|ignore")
    link = decisions.add_parser("link", help="the client is this account")
    link.add_argument("client", type=int)
    link.add_argument("row", type=UUID, metavar="ACCOUNT", help="id of the account in Dataverse")
    link.set_defaults(command=_held_link)
    create = decisions.add_parser("create", help="make an account for the client")
    create.add_argument("client", type=int)
    create.set_defaults(command=_held_create)
    ignore = decisions.add_parser("ignore", help="leave the client and its records out")
    ignore.add_argument("client", type=int)
    ignore.set_defaults(command=_held_ignore)

    history = commands.add_parser("history", help="what happened to a record")
    history.add_argument("kind", type=Kind, metavar="|".join(Kind))
    history.add_argument("number", help="its number, or its id in FreshBooks")
    history.add_argument("--account", help="FreshBooks account id, if several are connected")
    history.set_defaults(command=_history)

    letters = commands.add_parser("dead-letters", help="messages that cannot be handled")
    letters.add_argument("--json", action="store_true", help="print JSON")
    letters.set_defaults(command=_dead_letters)
    fates = letters.add_subparsers(metavar="retry|dismiss")
    retry = fates.add_parser("retry", help="put it on the queue again")
    retry.add_argument("key")
    retry.set_defaults(command=_dead_letters_retry)
    dismiss = fates.add_parser("dismiss", help="forget it")
    dismiss.add_argument("key")
    dismiss.set_defaults(command=_dead_letters_dismiss)
    return parser
