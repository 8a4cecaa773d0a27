"""One form of somebody else's, changed: kept, compared, written, read back; then its table shown.

Never writes over what somebody saved in between, and never takes an accepted change for a kept one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import form_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.form_text import Edit, read_form, rest_of
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.tab_parts import are_same
from shared.core.form_reports import FormReport
from shared.core.screens.tabs import NAME
from shared.errors import ConflictError, NotPossibleError, RetryLaterError

# Another customization holds the lock for seconds up to minutes.
_PAUSES: Final = (5, 10, 20, 40, 80)


@dataclass(frozen=True)
class FormCopy:
    """A form's text as it was before a write, for a person in an emergency.

    Attributes:
        environment: the environment's address.
        version: Dataverse's number of the version.
    """

    environment: str
    form: UUID
    table: str
    name: str
    version: str
    text: str


Keep = Callable[[FormCopy], object]
EditOf = Callable[[FormReport, str], Edit]
Layers = Callable[[UUID], tuple[str, ...] | None]


class FormWriter:
    """Writes forms of one environment and publishes their tables.

    Args:
        api: the environment's Web API, signed in as somebody who may customize.
        address: the environment's address.
        layers: returns the solutions a form comes of, the lowest first.
        sleep: waits.
    """

    def __init__(
        self,
        api: DataverseApi,
        address: str,
        *,
        layers: Layers,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._api = api
        self._address = address
        self._layers = layers
        self._sleep = sleep
        self._changes = SchemaChanges(api, sleep=sleep)

    def foresee(self, form: FormReport, edit: EditOf) -> Edit:
        """Return what would be changed; changes nothing.

        Raises:
            NotPossibleError: the form is gone, or cannot be changed so.
        """
        return self._edit(form, edit, self._draft(form)[0])

    def write(self, form: FormReport, edit: EditOf, *, keep: Keep) -> str:
        """Change a form and look whether Dataverse kept it.

        Returns:
            What was done, for a person; "" when people see already what is wanted.

        Raises:
            NotPossibleError: it was not changed, or not kept; the text says why.
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        text, version = self._draft(form)
        change = self._edit(form, edit, text)
        if not change.changes:
            return "was saved before, but not published" if self._is_due(form, text) else ""
        keep(FormCopy(self._address, form.id, form.table, form.name, version, text))
        self._save(form, change)
        self._require_kept(form, change)
        if read_form(change.after).tab is None:
            return f"the tab {NAME} was taken off"
        there = read_form(change.before).tab is not None
        return f"the tab {NAME} was {'replaced' if there else 'appended'}"

    def publish(self, table: str) -> Iterator[str]:
        """Show people the forms of one table as they are saved, yielding what happens.

        Raises:
            RetryLaterError: something else held the lock for minutes.
        """
        failure: RetryLaterError | None = None
        for pause in (*_PAUSES, None):
            try:
                self._changes.post(form_reads.publish_table(table))
            except RetryLaterError as error:
                failure = error
            else:
                yield f"published {table}"
                return
            if pause is not None:
                yield f"{table} cannot be published yet, trying again in {pause} seconds: {failure}"
                self._sleep(pause)
        raise RetryLaterError(
            f"The forms of {table} are saved, but could not be published, so that people see "
            f"nothing of it yet: {failure}. Run the same command again: it publishes what is saved."
        )

    def _save(self, form: FormReport, change: Edit) -> None:
        """Send the change while the form is as it was read; sent again only if it did not arrive.

        Raises:
            NotPossibleError: somebody saved the form since it was read.
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        failure: RetryLaterError | None = None
        for pause in (*_PAUSES, None):
            if self._draft(form)[0] != change.before:
                if failure is not None:
                    return  # an answer was lost; what stands there now is looked at next
                raise NotPossibleError(
                    f"{form.title} was not changed: somebody saved it at the same moment. Run the "
                    "command again."
                )
            try:
                self._changes.post(form_reads.change_text(form.id, change.after))
            except ConflictError:
                raise NotPossibleError(f"{form.title} is not there any more.") from None
            except RetryLaterError as error:
                failure = error
            else:
                return
            if pause is not None:
                self._sleep(pause)
        raise RetryLaterError(f"{form.title} could not be changed: {failure}")

    def _require_kept(self, form: FormReport, change: Edit) -> None:
        text = self._draft(form)[0]
        try:
            found, rest = read_form(text).tab, rest_of(text)
        except ValueError as error:
            raise NotPossibleError(f"{form.title} reads otherwise than written: {error}.") from None
        if rest != rest_of(change.after):
            raise NotPossibleError(
                f"Somebody saved {form.title} at the same moment, and it is not as it was written. "
                "Nothing was published; look at it in Power Apps, then run the command again."
            )
        before, wanted = read_form(change.before).tab, read_form(change.after).tab
        # Dataverse may spell the tab its own way: it was kept unless all is as before.
        kept = are_same(wanted, found) or not (found is None or are_same(before, found))
        if not kept:
            raise NotPossibleError(
                f"Dataverse took the change of {form.title} and did not keep it: "
                f"{self._why_not_kept(form)}. Nothing was published."
            )

    def _why_not_kept(self, form: FormReport) -> str:
        if not form.customizable:
            return "its solution does not let it be customized"
        layers = self._layers(form.id)
        told = f" (its layers, from the top: {', '.join(reversed(layers))})" if layers else ""
        return (
            f"its solution may not let it be customized, or a layer above hides what is changed "
            f"here{told}; change it where that solution comes from"
        )

    def _is_due(self, form: FormReport, draft: str) -> bool:
        """Say whether people see another tab, or none, than the one that is saved."""
        row = self._api.read([form_reads.read_published(form.id)])[0] or {}
        try:
            return not are_same(read_form(draft).tab, read_form(str(row.get("formxml"))).tab)
        except ValueError:
            return True

    def _draft(self, form: FormReport) -> tuple[str, str]:
        """Return a form's text with what is not published, and its version."""
        row = self._api.read([form_reads.read_unpublished(form.id)])[0]
        if row is None:  # nothing of it is unpublished, or it is gone
            row = self._api.read([form_reads.read_published(form.id)])[0]
        if row is None:
            raise NotPossibleError(f"{form.title} is not there any more.")
        return str(row.get("formxml") or ""), str(row.get("versionnumber") or "")

    def _edit(self, form: FormReport, edit: EditOf, text: str) -> Edit:
        try:
            return edit(form, text)
        except ValueError as error:
            raise NotPossibleError(f"{form.title} was not changed: {error}.") from None
