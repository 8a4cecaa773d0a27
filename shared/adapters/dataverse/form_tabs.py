"""The text of the connector's tab, in an environment's languages and with its names.

Never changes anything; the environment is asked once for each tab.
"""

from collections.abc import Callable, Mapping

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.schema_reading import read_languages
from shared.adapters.dataverse.screens.facts import read_facts
from shared.adapters.dataverse.screens.form_xml import render_tab
from shared.core import schema
from shared.core.screens.forms import SubGrid, Tab
from shared.core.screens.tabs import NAME
from shared.core.translations import Translations
from shared.errors import ConfigurationError


class TabTexts:
    """Renders the tabs of one environment.

    Args:
        api: the environment's Web API.
        tabs: the tab of each table whose forms may have it.
        translations: returns the table of texts; English alone without it.
    """

    def __init__(
        self,
        api: DataverseApi,
        tabs: Mapping[str, Tab],
        *,
        translations: Callable[[], Translations] = Translations,
    ) -> None:
        self._api = api
        self._tabs = tabs
        self._translations = translations

    def __call__(self, table: str) -> str:
        """Return the text of a table's tab.

        Raises:
            ConfigurationError: entries cannot regard rows of the table, so that a list of them
                would show all there are.
        """
        labels = Labels(read_languages(self._api), self._translations())
        facts = read_facts(self._api, list(self._tabs), labels=labels.texts)
        tab = self._tabs[table]
        if _lists_regarding(tab) and table not in facts.regarding:
            raise ConfigurationError(
                f"Rows of {schema.ACTIVITY_TABLE} cannot regard rows of {table} here: Dataverse "
                "names no relationship between them. Run `python -m shared schema check`."
            )
        return _renamed(render_tab(table, tab, facts))


def _renamed(text: str) -> str:
    """Return a tab with ids of controls that are its own.

    They are called like their columns, and people may have put a column elsewhere on the form.
    """
    return text.replace('<control id="', f'<control id="{NAME}_')


def _lists_regarding(tab: Tab) -> bool:
    items = (item for column in tab.columns for each in column.sections for item in each.items)
    return any(isinstance(item, SubGrid) and item.regarding for item in items)
