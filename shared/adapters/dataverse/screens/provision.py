"""Makes what Sales sees, brings it up to date, and leaves alone what somebody changed.

Never touches a view, form, chart or app of the firm's own, and never the default view of a table
that is not the connector's.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_definitions import Creation
from shared.adapters.dataverse.screens import ledger
from shared.adapters.dataverse.screens.app_xml import publish_app_xml, publish_xml
from shared.adapters.dataverse.screens.components import ROWS, Component, Sort, list_components
from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.fingerprints import labels_fingerprint
from shared.adapters.dataverse.screens.state import Screens, Standing, read_screens, reread
from shared.core.screens.catalogue import Catalogue
from shared.core.screens.keeping import Known, Verdict
from shared.errors import ConfigurationError, RecordRefusedError

_CRM: Final = "Microsoft.Dynamics.CRM"
APPLY: Final = "run `python -m shared schema apply`"
_TO_WRITE: Final = frozenset({Verdict.CREATE, Verdict.UPDATE})
RESTORE: Final = "`python -m shared schema apply --restore` puts the connector's back"


class ScreensAdmin:
    """Provisioner and verifier of what is shown in one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize.
        changes: how changes are sent.
        shown: what is shown.
    """

    def __init__(self, api: DataverseApi, changes: SchemaChanges, shown: Catalogue) -> None:
        self._api = api
        self._changes = changes
        self._shown = shown
        self._refused: list[str] = []

    def check(self, facts: Facts) -> list[str]:
        """Return what is missing or out of date, in words to act on; changes nothing."""
        lines = []
        for standing in self._read(facts).standings:
            title = _upper(standing.component.title)
            match standing.verdict():
                case Verdict.CREATE:
                    lines.append(f"{title} is missing: {APPLY}.")
                case Verdict.UPDATE:
                    lines.append(f"{title} is not as this release has it: {APPLY}.")
                case Verdict.SAME if standing.unpublished:
                    lines.append(f"{title} is not published: {APPLY}.")
                case _:
                    pass
        return lines

    def notes(self, facts: Facts) -> list[str]:
        """Return what people changed, which stays as it is, and what was refused just now."""
        screens = self._read(facts)
        lines = []
        for standing in screens.standings:
            title = _upper(standing.component.title)
            match standing.verdict():
                case Verdict.CHANGED:
                    lines.append(f"{title} was changed by somebody and is left alone; {RESTORE}.")
                case Verdict.REMOVED:
                    lines.append(f"{title} was removed by somebody and stays away; {RESTORE}.")
                case _:
                    pass
        lines += self._refused
        lines += [
            f"{_upper(each.title)} did not come with its table; it is not made in its place."
            for each in screens.lacking
            if each.table in facts.codes
        ]
        return lines

    def apply(
        self,
        facts: Facts,
        *,
        tables: Iterable[str] = (),
        resources: Iterable[UUID] = (),
        restore: bool = False,
    ) -> list[str]:
        """Make and change what differs, and publish it.

        Args:
            facts: of the environment.
            tables: whose definitions were changed, so that they have to be published too.
            resources: web resources that have to be published too.
            restore: put the connector's own in place of what somebody changed or removed.

        Returns:
            What was made and changed, in order.

        Raises:
            ConfigurationError: Dataverse took a change and did not keep it.
            RetryLaterError: Dataverse kept refusing for minutes.
        """
        screens = self._read(facts)
        verdicts = {each.component.id: each.verdict(restore=restore) for each in screens.standings}
        wanted, same = (
            [each for each in screens.standings if verdicts[each.component.id] in meant]
            for meant in (_TO_WRITE, {Verdict.SAME})
        )
        memory = _Memory(self._changes, screens)
        # What is interrupted from here on is known to be the connector's own.
        memory.begin(wanted)
        self._refused = []
        written = [each for each in wanted if self._write(each, restore=restore)]
        localized = [each for each in (*same, *written) if self._localize(each)]
        joined = self._join_app(screens, written)
        lost = self._keep(memory, written)
        for each in same:
            memory.end(each, each.stored or each.wanted)
        if memory.save() or wanted:
            resources = [*resources, ledger.ID]
        changed = [*written, *localized, *(each for each in same if each.unpublished)]
        self._publish([each.component for each in changed], tables, resources)
        if lost:
            raise ConfigurationError(
                f"Dataverse took a change of {', '.join(lost)} and did not keep it: it may not be "
                "customized there, or a solution lies above it. Look at its solution layers in "
                "Power Apps."
            )
        return [
            *(each.component.title for each in written),
            *(f"{each.component.title} in further languages" for each in localized),
            *joined,
        ]

    def _keep(self, memory: "_Memory", written: Sequence[Standing]) -> list[str]:
        """Remember what Dataverse made of what was written; return what it did not keep."""
        lost = []
        answers = reread(self._api, [each.component for each in written])
        for each, answer in zip(written, answers, strict=True):
            stored = each.fingerprint_of(answer)
            # What a run before wrote and was interrupted over is there already, as it is spelled.
            unchanged = stored == each.stored and stored != each.wanted and not each.is_begun
            if stored is None or unchanged:
                lost.append(each.component.title)
                memory.forget(each)
            else:
                memory.end(each, stored)
        return lost

    def _read(self, facts: Facts) -> Screens:
        return read_screens(self._api, list_components(self._shown, facts))

    def _write(self, standing: Standing, *, restore: bool) -> bool:
        """Make or change a component; say whether it was done.

        One that is refused, as where a column it shows is of a type of the firm's own, keeps none
        of the others from being made.
        """
        component = standing.component
        try:
            if standing.verdict(restore=restore) is Verdict.CREATE:
                probe = component.read(published=False)
                self._changes.create(Creation(component.title, probe, component.creation()))
            else:
                self._changes.change(component.title, component.change())
        except RecordRefusedError as error:
            self._refused.append(f"{_upper(component.title)} was refused: {error}")
            return False
        return True

    def _localize(self, standing: Standing) -> bool:
        """Give a component its texts in further languages, unless it has them; say whether."""
        component = standing.component
        labels = labels_fingerprint(component.labels)
        if not labels or (standing.known is not None and standing.known.labels == labels):
            return False
        for column in component.labels:
            self._changes.change(component.title, component.localize(column))
        return True

    def _join_app(self, screens: Screens, written: Sequence[Standing]) -> list[str]:
        """Put the site map into its app, if both are there and it is not in it yet."""
        by_sort = {each.component.sort: each for each in screens.standings}
        both = [by_sort[Sort.APP], by_sort[Sort.SITE_MAP]]
        if any(each.found is None and each not in written for each in both):
            return []
        app, site_map = (each.component for each in both)
        held = self._changes.rows(
            PureRequest("GET", f"RetrieveAppComponents(AppModuleId={app.id})")
        )
        if any(str(row.get("objectid")).lower() == str(site_map.id) for row in held):
            return []
        named = {
            "@odata.type": f"{_CRM}.sitemap",
            ROWS[Sort.SITE_MAP].key: str(site_map.id),
        }
        body = {"AppId": str(app.id), "Components": [named]}
        self._changes.change(app.title, PureRequest("POST", "AddAppComponents", {}, body))
        return [f"{site_map.title} in it"]

    def _publish(
        self, changed: Sequence[Component], tables: Iterable[str], resources: Iterable[UUID]
    ) -> None:
        """Publish what was changed, and nothing of anybody else's but drafts of the same tables."""
        named = dict.fromkeys([*tables, *(each.table for each in changed if each.table)])
        dashboards = [each.id for each in changed if each.sort is Sort.FORM and not each.table]
        site_maps = [each.id for each in changed if each.sort is Sort.SITE_MAP]
        resources = list(resources)
        if named or dashboards or site_maps or resources:
            self._changes.publish(
                publish_xml(
                    named, dashboards=dashboards, site_maps=site_maps, web_resources=resources
                )
            )
        apps = [each.id for each in changed if each.sort is Sort.APP]
        if apps or site_maps:
            self._changes.publish(publish_app_xml(self._shown.app.id))


class _Memory:
    """What is remembered, while it changes; written down when it is news."""

    def __init__(self, changes: SchemaChanges, screens: Screens) -> None:
        self._changes = changes
        self._saved = dict(screens.memory)
        self._there = screens.remembered
        self._now = dict(screens.memory)

    def begin(self, planned: Sequence[Standing]) -> None:
        """Remember that components are about to be written."""
        for each in planned:
            self._now[each.component.id] = Known(each.wanted, "")
        if planned:
            self.save()

    def end(self, standing: Standing, stored: str) -> None:
        """Remember what a component is."""
        labels = labels_fingerprint(standing.component.labels)
        self._now[standing.component.id] = Known(standing.wanted, stored, labels)

    def forget(self, standing: Standing) -> None:
        """Remember a component as before it was written."""
        self._now.pop(standing.component.id, None)
        if standing.known is not None:
            self._now[standing.component.id] = standing.known

    def save(self) -> bool:
        """Write it down if it changed; say whether that was so."""
        if self._there and self._now == self._saved:
            return False
        resource = ledger.ledger(self._now)
        if self._there:
            self._changes.change(resource.title, resource.change())
        else:
            creation = Creation(resource.title, ledger.read_ledger(), resource.creation())
            self._changes.create(creation)
        self._there, self._saved = True, dict(self._now)
        return True


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
