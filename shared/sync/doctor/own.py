"""Checks of the connector's own things: Key Vault, queues, tables, what waits.

Never leaves more behind than a secret `doctor-probe` and a checkpoint `doctor`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from shared.core.identity import PROBE_CHECKPOINT, PROBE_SECRET, AwaitedKind
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.heartbeats import Heartbeats
from shared.sync.ports import (
    Checkpoints,
    Clock,
    DeadLetters,
    Holds,
    PoisonQueue,
    Secrets,
    SyncQueue,
)
from shared.sync.watch import look_at_queue


def check_azure(sign_in: Callable[[], str]) -> Iterator[Finding]:
    """Look whether anybody is signed in to Azure here: the app's identity, or a person.

    Args:
        sign_in: asks for a token and returns how it was come by, "" when that is unknown.
    """
    how = sign_in()
    text = f"Signed in with {how}." if how else "Signed in."
    yield Finding(Level.OK, Subject.AZURE, text)


def check_vault(secrets: Secrets, clock: Clock) -> Iterator[Finding]:
    """Read, store and read back a secret that means nothing."""
    secrets.get(PROBE_SECRET)
    value = f"stored by the doctor at {clock():%Y-%m-%dT%H:%M:%SZ}"
    secrets.set(PROBE_SECRET, value)
    if secrets.get(PROBE_SECRET) != value:
        yield Finding(
            Level.FAILURE,
            Subject.KEY_VAULT,
            f"What was stored as {PROBE_SECRET} is not what is read back.",
            "The administrator checks that KEY_VAULT_URL is this app's vault, and no other's.",
        )
    else:
        yield Finding(Level.OK, Subject.KEY_VAULT, "Secrets can be read and stored.")


def check_queue(queue: SyncQueue) -> Iterator[Finding]:
    """Count the messages that wait."""
    yield Finding(Level.OK, Subject.QUEUE, f"It can be reached; messages in it: {queue.depth()}.")


def check_poison_queue(queue: PoisonQueue) -> Iterator[Finding]:
    """Look whether messages were given up on and not yet taken for dead letters."""
    if count := queue.depth():
        yield Finding(
            Level.WARNING,
            Subject.POISON_QUEUE,
            f"Messages in it: {count}.",
            "The app turns them into dead letters within a minute; if they stay, the administrator "
            "looks whether the function `poisoned` runs.",
        )
    else:
        yield Finding(Level.OK, Subject.POISON_QUEUE, "It is empty.")


def check_tables(checkpoints: Checkpoints, clock: Clock) -> Iterator[Finding]:
    """Write a checkpoint of the doctor's own and read it back."""
    now = clock()
    checkpoints.set(PROBE_CHECKPOINT, now)
    found = checkpoints.get(PROBE_CHECKPOINT)
    if found is None or abs(found - now) > timedelta(seconds=1):
        yield Finding(
            Level.FAILURE,
            Subject.TABLES,
            f"What was written as the checkpoint {PROBE_CHECKPOINT} is not what is read back.",
            "The administrator checks that the storage setting is this app's account.",
        )
    else:
        yield Finding(Level.OK, Subject.TABLES, "They can be written and read.")


def check_served(queue: SyncQueue, heartbeats: Heartbeats, clock: Clock) -> Iterator[Finding]:
    """Look whether messages that can be taken are taken."""
    age = look_at_queue(queue, heartbeats, clock)
    waits = f"The oldest of {age.depth} messages has been visible for {_minutes(age.oldest)}"
    if not age.is_served:
        taken = f"for {_minutes(age.taken)}" if age.taken is not None else "ever"
        yield Finding(
            Level.FAILURE,
            Subject.SERVED,
            f"{waits}, and none was taken {taken}.",
            "The administrator looks whether the function `process` is enabled and whether the "
            "app runs, and restarts it; nothing is lost meanwhile.",
        )
    elif age.is_slow:
        yield Finding(
            Level.WARNING,
            Subject.SERVED,
            f"{waits}; messages are taken, and more came than are handled so fast.",
            "Nobody, while a first poll is under way; else the administrator looks for throttling "
            "in the workbook.",
        )
    else:
        yield Finding(Level.OK, Subject.SERVED, "No message waits that could be taken.")


def check_dead_letters(letters: DeadLetters) -> Iterator[Finding]:
    """Count the messages nothing more is done for."""
    if count := sum(1 for _ in letters.list_all()):
        advice = "The administrator runs `python -m shared dead-letters`, then retry or dismiss."
        yield Finding(
            Level.WARNING, Subject.DEAD_LETTERS, f"Waiting for a decision: {count}.", advice
        )
    else:
        yield Finding(Level.OK, Subject.DEAD_LETTERS, "There are none.")


def check_held(holds: Holds) -> Iterator[Finding]:
    """Count the clients, invoices and currencies that wait for a person."""
    waiting = [hold.awaited for hold in holds.list_all() if hold.is_open]
    clients = sum(awaited.kind is AwaitedKind.CLIENT for awaited in waiting)
    invoices = sum(awaited.kind is AwaitedKind.EXISTING for awaited in waiting)
    currencies = sum(awaited.kind is AwaitedKind.CURRENCY for awaited in waiting)
    if clients or invoices or currencies:
        yield Finding(
            Level.WARNING,
            Subject.HELD,
            f"Clients that wait for a person: {clients}; invoices: {invoices}; currencies: "
            f"{currencies}.",
            "The administrator runs `python -m shared held` and decides.",
        )
    else:
        yield Finding(Level.OK, Subject.HELD, "Nothing waits for a person.")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
