"""The organisation's main forms as they are: published and saved, by roles, layers and timelines.

Never changes anything. Who may not look at layers or roles is told that they are unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse import form_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.form_text import (
    FormText,
    read_form,
    rest_of,
    strangers_in,
    with_tab,
    without_tab,
)
from shared.adapters.dataverse.tab_parts import are_same
from shared.adapters.dataverse.xml_spans import parse
from shared.core.form_reports import FormReport, TabStanding, TimelineReport
from shared.core.screens.tabs import NAME
from shared.errors import ConnectorError, RetryLaterError

_AT_ONCE: Final = 20  # forms in one answer: a text may be a megabyte


@dataclass(frozen=True)
class FoundForm:
    """A form as Dataverse has it.

    Attributes:
        row: as people see it.
        draft: its text with what is saved and not published.
    """

    row: Mapping[str, Any]
    draft: str

    @property
    def id(self) -> UUID:
        """Its id."""
        return UUID(self.row["formid"])

    @property
    def table(self) -> str:
        """The table whose rows it shows."""
        return str(self.row.get("objecttypecode"))

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.table}/{self.row.get('name')}"

    @property
    def published(self) -> str:
        """Its text as people see it."""
        return str(self.row.get("formxml") or "")

    @property
    def names_tab(self) -> bool:
        """Whether the connector's tab is on it, or was until a change that is not published."""
        return NAME in self.draft or NAME in self.published

    @property
    def has_draft(self) -> bool:
        """Whether somebody's changes are saved and not published; the connector's do not count."""
        if self.draft == self.published:
            return False
        try:
            same = strangers_in(read_form(self.draft)) == strangers_in(read_form(self.published))
            return not same or rest_of(self.draft) != rest_of(self.published)
        except ValueError:
            return True


class FormSurvey:
    """Reads the main forms of some tables.

    Args:
        api: the environment's Web API.
        tables: in the order in which they are told.
    """

    def __init__(self, api: DataverseApi, tables: Sequence[str]) -> None:
        self._api = api
        self._tables = list(tables)
        self._roles: dict[str, str] = {}

    def list_found(self) -> list[FoundForm]:
        """Return every main form, by table and name."""
        rows = self._api.read_rows(form_reads.list_main_forms(self._tables))
        found: list[FoundForm] = []
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            drafts = self._api.read([form_reads.read_unpublished(row["formid"]) for row in part])
            for row, draft in zip(part, drafts, strict=True):
                text = row.get("formxml") if draft is None else draft.get("formxml")
                found.append(FoundForm(row, str(text or "")))
        return sorted(found, key=lambda form: (self._tables.index(form.table), form.title, form.id))

    def report(self, found: FoundForm, wanted: str | None, *, layers: bool) -> FormReport:
        """Return how a form stands.

        Args:
            found: the form.
            wanted: the text of the tab that this release would put there, None when unknown.
            layers: whether to ask what solutions it comes of.
        """
        row = found.row
        roles: tuple[str, ...] | None = None
        timelines: tuple[TimelineReport, ...] = ()
        try:
            draft = read_form(found.draft)
        except ValueError as error:
            standing, problem = TabStanding.UNREADABLE, str(error)
        else:
            standing, problem = _standing(found, draft, wanted), _problem(found.draft, wanted)
            roles = self._role_names(form_reads.role_ids(draft.root))
            timelines = form_reads.timelines(draft.root)
        return FormReport(
            id=found.id,
            table=found.table,
            name=str(row.get("name")),
            active=row.get("formactivationstate") != 0,
            managed=bool(row.get("ismanaged")),
            customizable=form_reads.is_customizable(row),
            tab=standing,
            roles=roles,
            layers=self.layers(found.id) if layers else None,
            timelines=timelines,
            problem=problem,
            drafts=found.has_draft,
        )

    def layers(self, form: UUID) -> tuple[str, ...] | None:
        """Return the solutions that a form comes of, the lowest first; None when unknown."""
        try:
            rows = self._api.read_rows(form_reads.read_layers(form))
        except ConnectorError:
            return None
        return form_reads.layer_names(rows) or None

    def _role_names(self, ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if ids is None:
            return None
        self._learn_roles(each for each in ids if each not in self._roles)
        return tuple(self._roles.get(each, each) for each in ids)

    def _learn_roles(self, ids: Iterable[str]) -> None:
        asked = list(ids)
        try:
            rows = self._api.read([form_reads.read_role_name(each) for each in asked])
        except RetryLaterError:
            raise
        except ConnectorError:
            return  # who may not read roles is told their ids
        for role, row in zip(asked, rows, strict=True):
            if row is not None:
                self._roles[role] = str(row.get("name"))


def _standing(found: FoundForm, draft: FormText, wanted: str | None) -> TabStanding:
    unpublished = TabStanding.TAKEN_OFF if draft.tab is None else TabStanding.UNPUBLISHED
    try:
        published = read_form(found.published).tab
    except ValueError:
        return unpublished
    if not are_same(draft.tab, published):
        return unpublished
    if draft.tab is None:
        return TabStanding.ABSENT
    is_current = wanted is not None and are_same(parse(wanted.encode()), draft.tab)
    return TabStanding.CURRENT if is_current else TabStanding.OTHER


def _problem(text: str, wanted: str | None) -> str:
    """Return why the tab cannot be put there, or taken away; "" when it can."""
    try:
        without_tab(text)
        if wanted is not None:
            with_tab(text, wanted)
    except ValueError as error:
        return str(error)
    return ""
