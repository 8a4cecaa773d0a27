"""`python -m shared backup` and `restore`: what lives in the deployment alone, to a file and back.

Never writes a secret. Exit codes: 0 done, 1 done, and something is lacking or was kept as it is,
2 it could not be done.
"""

import argparse
import contextlib
import os
import secrets
from pathlib import Path

from shared.app import Connector
from shared.cli.commands import Commands, add_command, printable
from shared.core.backup import Backup
from shared.errors import NotPossibleError
from shared.sync.doctor.rows import MOST_ROWS


def add_backup_to(commands: Commands) -> None:
    """Add `backup` to the parser."""
    backup = add_command(
        commands,
        "backup",
        "write what lives in this deployment alone to a file",
        details="No secret is in it; names of clients and accounts are.",
        examples=("python -m shared backup FILE",),
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.add_argument("--force", action="store_true", help="write over a file that is there")
    backup.set_defaults(command=_backup)


def add_restore_to(commands: Commands) -> None:
    """Add `restore` to the parser."""
    restore = add_command(
        commands,
        "restore",
        "put a backup's state where there is none",
        details="What is there already stays, for it may be newer; doing it again changes nothing.",
        examples=("python -m shared restore FILE",),
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--force", action="store_true", help="write over what is there, though it may be newer"
    )
    restore.set_defaults(command=_restore)


def _backup(options: argparse.Namespace, app: Connector) -> int:
    if options.file.exists() and not options.force:
        raise NotPossibleError(
            f"{options.file} is there already; name another file, or write over it with --force."
        )
    taken = app.safekeeping.take(most=MOST_ROWS)
    backup = taken.backup
    write_private(options.file, backup.model_dump_json(indent=2).encode() + b"\n")
    print(f"{options.file} holds:")
    for count, what in (
        (len(backup.businesses), "FreshBooks accounts with the logins that read them"),
        (len(backup.registrations), "webhooks, for information"),
        (len(backup.holds), "decisions: made, or waiting for a person"),
        (len(backup.waiting), "records that wait"),
        (len(backup.dead_letters), "dead letters"),
        (len(backup.checkpoints), "checkpoints of the poll"),
        (len(backup.links or ()), "clients with their accounts in Dataverse, which carry them too"),
    ):
        print(f"  {count} {what}")
    print(
        "No token, verifier or other secret is in it; names of clients and accounts are. Tokens "
        "stay in Key Vault: elsewhere, a person logs in again."
    )
    for line in taken.lacking:
        print(printable(f"Not in it: {line}"))
    return 1 if taken.lacking else 0


def _restore(options: argparse.Namespace, app: Connector) -> int:
    try:
        text = options.file.read_bytes()
    except OSError as error:
        raise NotPossibleError(f"{options.file} cannot be read: {error.strerror}.") from error
    backup = Backup.parse(text)
    done = app.safekeeping.restore(backup, force=options.force)
    print(f"Restored from the backup of {backup.made:%Y-%m-%d %H:%M} UTC:")
    for kind, count in done.written.items():
        print(f"  {kind}: {count}")
    if not any(done.written.values()):
        print("  nothing: all of it is there")
    for line in done.kept:
        print(printable(f"Kept as it is here, which may be newer (--force writes over it): {line}"))
    for line in done.next_steps:
        print(printable(f"Next: {line}"))
    return 1 if done.kept else 0


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone.

    Raises:
        NotPossibleError: it cannot be written there.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise NotPossibleError(f"{path} cannot be written: {error.strerror}.") from error
