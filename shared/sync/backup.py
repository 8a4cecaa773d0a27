"""A deployment's own state out of it, and into another one.

Never takes a secret along, never writes to Dataverse or FreshBooks, and never over newer state.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared.core.backup import (
    Backup,
    KeptCheckpoint,
    KeptHold,
    KeptLink,
    keep_business,
    keep_checkpoint,
    keep_hold,
    keep_letter,
    keep_registration,
    keep_waiting,
)
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId, token_secret
from shared.core.waiting import HoldState
from shared.errors import ConnectorError
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Clock,
    DeadLetters,
    Holds,
    Registrations,
    Secrets,
)
from shared.sync.ports.doctor import Environment, StoredRows

# What is asked, and the decision about it.
_DECISIONS: Final = {AwaitedKind.CLIENT: Awaited.ignored, AwaitedKind.EXISTING: Awaited.chosen}


@dataclass(frozen=True)
class Taken:
    """A backup, and what could not be put into it, in words for a person."""

    backup: Backup
    lacking: tuple[str, ...] = ()


@dataclass
class Restored:
    """What a restore did.

    Attributes:
        written: what was put there, by its kind.
        kept: what was there already and stayed, in words.
        next_steps: what a person has to do now.
    """

    written: dict[str, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)

    def count(self, kind: str, *, written: bool, name: str) -> None:
        """Note what became of one thing."""
        self.written.setdefault(kind, 0)
        if written:
            self.written[kind] += 1
        else:
            self.kept.append(f"{kind} {name}")


@dataclass(frozen=True, kw_only=True)
class Safekeeping:
    """Takes and restores backups.

    Attributes:
        mark: notes in a record's entry that something stands beside it.
    """

    businesses: Businesses
    registrations: Registrations
    holds: Holds
    dead_letters: DeadLetters
    checkpoints: Checkpoints
    secrets: Secrets
    rows: StoredRows
    environment: Environment
    mark: Callable[[RecordId], object]
    clock: Clock

    def take(self, *, most: int) -> Taken:
        """Return everything that lives in this deployment alone.

        Args:
            most: rows of a table that are looked through for damaged ones.

        Raises:
            ConnectorError: the tables cannot be read.
        """
        lacking = [
            f"{survey.table}: {row.partition}/{row.key} cannot be read ({row.why})"
            for survey in self.rows.survey(most=most)
            for row in survey.unreadable
            if survey.table in {"accounts", "holds", "deadletters", "checkpoints"}
        ]
        organization, links = None, None
        try:
            organization = self.environment.get_identity().organization
            links = sorted(
                (KeptLink(client=key, row=row) for key, row in self.environment.list_links()),
                key=lambda link: link.client,
            )
        except ConnectorError as error:
            lacking.append(f"the links of clients to accounts: {error}")
        checkpoints = (keep_checkpoint(*each) for each in self.checkpoints.list_all())
        backup = Backup(
            made=self.clock(),
            organization=organization,
            businesses=[keep_business(each) for each in self.businesses.list_all()],
            registrations=[keep_registration(each) for each in self.registrations.list_all()],
            holds=[keep_hold(each) for each in self.holds.list_all()],
            waiting=[keep_waiting(each.awaited, each.request) for each in self.holds.list_waits()],
            dead_letters=[keep_letter(each) for each in self.dead_letters.list_all()],
            checkpoints=[each for each in checkpoints if each is not None],
            links=links,
        )
        return Taken(backup, tuple(lacking))

    def restore(self, backup: Backup, *, force: bool) -> Restored:
        """Put a backup's state where there is none; again, it changes nothing.

        Records that wait are there before their hold, and checkpoints come last: what is cut short
        is finished by restoring again, and until then more is read, never less.

        Args:
            backup: what to restore.
            force: write over what is there already.

        Raises:
            ConnectorError: the tables cannot be read or written; restoring again goes on.
        """
        done = Restored()
        for business in backup.businesses:
            listed = self.businesses.list_all()
            known = next((each for each in listed if each.id == business.account), None)
            if write := force or known is None:
                self.businesses.upsert(business.value())
            if write or known != business.value():
                done.count("account", written=write, name=business.account)
        self._restore_holds(backup, done, force=force)
        for letter in backup.dead_letters:
            known_letter = self.dead_letters.get(letter.key)
            if write := force or known_letter is None:
                self.dead_letters.add(letter.value())
            if write or known_letter != letter.value():
                done.count("dead letter", written=write, name=letter.key)
        same = self._is_same_dataverse(backup.organization)
        for checkpoint in backup.checkpoints if same else ():
            self._restore_checkpoint(checkpoint, done, force=force)
        done.next_steps.extend(self._list_next_steps(backup, same=same))
        return done

    def _restore_holds(self, backup: Backup, done: Restored, *, force: bool) -> None:
        there = {(hold.business, str(hold.awaited)): hold for hold in self.holds.list_all()}
        decided = {
            (hold.account, hold.subject): self._is_decided(hold) and not force
            for hold in backup.holds
        }
        waiting = {(each.awaited, each.request.record) for each in self.holds.list_waits()}
        for each in backup.waiting:
            key = (each.request.business, each.subject)
            awaited = Awaited.parse(each.subject)
            if not decided.get(key) and (awaited, each.request.record) not in waiting:
                self.holds.add_waiting(awaited, each.request)
                done.count("waiting record", written=True, name=str(each.request))
        for hold in backup.holds:
            key = (hold.account, hold.subject)
            write = force or (key not in there and not decided[key])
            if write:
                if (awaited := Awaited.parse(hold.subject)).kind is AwaitedKind.CHOSEN:
                    # Before the invoice is read anew: it would not be asked what was decided.
                    self.mark(RecordId(hold.account, Kind.INVOICE, int(awaited.name)))
                self.holds.upsert(hold.value())
            if write or there.get(key) != hold.value():
                done.count("decision", written=write, name=f"{hold.account} {hold.subject}")

    def _is_decided(self, hold: KeptHold) -> bool:
        """Say whether a person decided since what is asked: about a client or an invoice."""
        awaited = Awaited.parse(hold.subject)
        decision = _DECISIONS.get(awaited.kind)
        if hold.state is HoldState.IGNORED or decision is None:
            return False
        return self.holds.get(hold.account, decision(int(awaited.name))) is not None

    def _restore_checkpoint(
        self, checkpoint: KeptCheckpoint, done: Restored, *, force: bool
    ) -> None:
        there = self.checkpoints.get(checkpoint.name)
        write = force or there is None
        if write:
            self.checkpoints.set(checkpoint.name, checkpoint.at)
        if write or there != checkpoint.at:
            done.count("checkpoint", written=write, name=checkpoint.name)

    def _is_same_dataverse(self, organization: UUID | None) -> bool:
        try:
            found = self.environment.get_identity().organization
        except ConnectorError:
            return False
        return organization is not None and found == organization

    def _list_next_steps(self, backup: Backup, *, same: bool) -> Iterator[str]:
        yield from self._list_logins({business.connection for business in backup.businesses})
        callbacks = sorted(each.callback for each in backup.registrations if each.callback)
        if callbacks:
            yield (
                "The webhooks are registered anew within ten minutes of a login. If this app has "
                "another address than the one before, FreshBooks still calls that one by the "
                f"callbacks {', '.join(map(str, callbacks))}, until it gives up or somebody "
                "deletes them there."
            )
        if not same and backup.checkpoints:
            yield (
                "This is not surely the Dataverse the backup is of, so the poll reads everything "
                "anew."
            )
        if backup.links and not same:
            yield (
                f"The backup lists {len(backup.links)} clients with their accounts. The accounts "
                "of the same Dataverse carry these links themselves; in another one "
                "`python -m shared held` lists what fits none."
            )
        yield "Run `python -m shared doctor`."

    def _list_logins(self, connections: Collection[str]) -> Iterator[str]:
        names = sorted(map(token_secret, connections))
        try:
            without = [name for name in names if self.secrets.get(name) is None]
        except ConnectorError as error:
            yield (
                f"Whether Key Vault has the tokens of the {len(names)} logins cannot be said "
                f"({error}); `python -m shared connections` shows it later."
            )
            return
        if without:
            yield (
                f"{len(without)} of {len(names)} logins have no tokens in this Key Vault: run "
                "`python -m shared connect` as the same person, or recover the deleted secrets "
                f"{', '.join(without)}."
            )
