"""The connector's tab on forms that are somebody else's: looked at, put there, taken away.

Never changes a form that was not named. The order of a change is: read with what is not published,
keep a copy, edit one place, read again, write, read back, publish that table alone.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from shared.adapters.dataverse import form_reads, schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.form_survey import FormSurvey
from shared.adapters.dataverse.form_text import with_tab, without_tab
from shared.adapters.dataverse.form_writer import EditOf, FormWriter, Keep
from shared.core import schema
from shared.core.form_reports import FormReport
from shared.core.screens.forms import Tab
from shared.core.screens.tabs import NAME
from shared.errors import ConfigurationError, ConnectorError, NotPossibleError


class FormsAdmin:
    """Looks at the organisation's main forms, and puts the connector's tab on those named.

    Args:
        api: the environment's Web API, signed in as somebody who may customize.
        address: the environment's address.
        tabs: the tab of each table whose forms may have it.
        render: returns the text of a table's tab for this environment.
        sleep: waits.
    """

    def __init__(
        self,
        api: DataverseApi,
        address: str,
        *,
        tabs: Mapping[str, Tab],
        render: Callable[[str], str],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._api = api
        self._tabs = tabs
        self._render = render
        self._survey = FormSurvey(api, list(tabs))
        self._writer = FormWriter(api, address, layers=self._survey.layers, sleep=sleep)

    def list_forms(self, *, layers: bool = False) -> list[FormReport]:
        """Return every main form that may have the tab, by table; changes nothing.

        Args:
            layers: whether to ask what solutions they come of, which takes a request for each.
        """
        texts = {table: self._text_or_none(table) for table in self._tabs}
        return [
            self._survey.report(found, texts[found.table], layers=layers)
            for found in self._survey.list_found()
        ]

    def forms_with_tab(self) -> list[FormReport]:
        """Return the forms that have the tab, or had it until a change that is not published."""
        found = (each for each in self._survey.list_found() if each.names_tab)
        return [self._survey.report(each, None, layers=False) for each in found]

    def notes(self) -> list[str]:
        """Return what is worth knowing before a form is changed; changes nothing."""
        lines = [
            _lacking(table, missing) for table in self._tabs if (missing := self._missing(table))
        ]
        if self._is_managed():
            lines.append(
                f"The solution {schema.SOLUTION} is managed here: where changes come from a "
                "development environment, put the tab on its forms there and bring it along."
            )
        # Not everybody may look at it, and nothing depends on it.
        with contextlib.suppress(ConnectorError):
            lines += form_reads.running(self._api.read_rows(form_reads.read_history()))
        return lines

    def preview(self, forms: Sequence[FormReport], *, adding: bool) -> Iterator[str]:
        """Yield what would be changed of each form, as a difference; changes nothing.

        Raises:
            ConnectorError: as `add` and `remove` do.
        """
        edit = self._edit(forms, adding=adding)
        for form in forms:
            change = self._writer.foresee(form, edit)
            if change.changes:
                yield from change.lines(form.title)
            else:
                yield f"{form.title}: nothing would change"

    def add(
        self, forms: Sequence[FormReport], *, keep: Keep, publish_drafts: bool = False
    ) -> Iterator[str]:
        """Put this release's tab on forms, publish their tables, and yield what was done.

        Args:
            forms: those that somebody named.
            keep: puts a form's text away; called before the form is written.
            publish_drafts: what somebody saved on other forms, or on these, and did not publish
                may be published too.

        Raises:
            NotPossibleError: a form cannot have it, or did not keep it; the text says which.
            ConfigurationError: what the tab shows is not there, or we may not.
            RetryLaterError: Dataverse kept refusing for minutes; the same again goes on.
        """
        edit = self._edit(forms, adding=True)
        yield from self._change(forms, edit, keep=keep, publish_drafts=publish_drafts)

    def remove(
        self, forms: Sequence[FormReport], *, keep: Keep, publish_drafts: bool = False
    ) -> Iterator[str]:
        """Take the tab off forms as they are now, publish their tables, and yield what was done.

        Raises:
            ConnectorError: as `add` does.
        """
        edit = self._edit(forms, adding=False)
        yield from self._change(forms, edit, keep=keep, publish_drafts=publish_drafts)

    def blockers(self) -> list[str]:
        """Return why the tab cannot be taken off some forms, in words; changes nothing."""
        return [
            f"the tab {NAME} cannot be taken off {form.title}: {form.problem}"
            for form in self.forms_with_tab()
            if form.problem
        ]

    def remove_all(self, *, keep: Keep) -> Iterator[str]:
        """Take the tab off every form that has it, before what it shows goes.

        Raises:
            ConnectorError: as `remove` does.
        """
        yield from self.remove(self.forms_with_tab(), keep=keep, publish_drafts=True)

    def _edit(self, forms: Sequence[FormReport], *, adding: bool) -> EditOf:
        """Return what is to become of a form's text.

        Raises:
            ConfigurationError: what the tab shows is not there.
        """
        if not adding:
            return lambda _form, text: without_tab(text)
        tables = sorted({form.table for form in forms})
        for table in tables:
            if missing := self._missing(table):
                raise ConfigurationError(f"No form was changed. {_lacking(table, missing)}")
        texts = {table: self._render(table) for table in tables}
        return lambda form, text: with_tab(text, texts[form.table])

    def _text_or_none(self, table: str) -> str | None:
        try:
            return None if self._missing(table) else self._render(table)
        except ConfigurationError:
            return None  # `notes` says what is missing, and `add` what is wrong

    def _missing(self, table: str) -> list[str]:
        needed = form_reads.needed_by(table, self._tabs[table])
        answers = self._api.read(list(needed.values()))
        return [title for title, found in zip(needed, answers, strict=True) if found is None]

    def _change(
        self, forms: Sequence[FormReport], edit: EditOf, *, keep: Keep, publish_drafts: bool
    ) -> Iterator[str]:
        self._require_possible(forms, edit)
        if not publish_drafts:
            self._require_no_drafts({form.table for form in forms})
        failures: list[ConnectorError] = []
        by_table = sorted(forms, key=lambda form: list(self._tabs).index(form.table))
        for table, group in itertools.groupby(by_table, key=lambda form: form.table):
            due = False
            for form in group:
                try:
                    done = self._writer.write(form, edit, keep=keep)
                except ConnectorError as error:
                    failures.append(error)  # one form's trouble is no other one's
                else:
                    yield f"{form.title}: {done or 'nothing to do'}"
                    due = due or bool(done)
            try:
                yield from self._writer.publish(table) if due else ()
            except ConnectorError as error:
                failures.append(error)
        if len(failures) > 1:
            raise NotPossibleError(" ".join(dict.fromkeys(map(str, failures))))
        if failures:
            raise failures[0]

    def _require_possible(self, forms: Sequence[FormReport], edit: EditOf) -> None:
        """Refuse, before anything is written, what can be told by then."""
        problems = []
        for form in forms:
            try:
                change = self._writer.foresee(form, edit)
            except NotPossibleError as error:
                problems.append(str(error))
                continue
            if change.changes and not form.customizable:
                problems.append(f"{form.title}: its solution does not let it be customized.")
        if problems:
            raise NotPossibleError(f"No form was changed. {' '.join(problems)}")

    def _require_no_drafts(self, tables: set[str]) -> None:
        drafts = [
            found.title
            for found in self._survey.list_found()
            if found.table in tables and found.has_draft
        ]
        if drafts:
            raise NotPossibleError(
                f"No form was changed. On {', '.join(drafts)} somebody's changes are saved and not "
                "published, and publishing the table would show them to everybody. Publish or undo "
                "them first, or repeat the command with --publish-drafts."
            )

    def _is_managed(self) -> bool:
        try:
            rows = self._api.read_rows(schema_reads.find_solution())
        except ConfigurationError:
            return False  # who may not look at solutions is told so by `schema check`
        return any(row.get("ismanaged") for row in rows)


def _lacking(table: str, missing: Sequence[str]) -> str:
    return (
        f"The tab of {table} would show what is not there: {', '.join(missing)}. Run "
        "`python -m shared schema apply` first."
    )
