"""Labels as Dataverse's definitions have them: one text, a label for each language.

Never replaces what somebody wrote: where the base language says something that is not ours, the
other languages are left to whoever changed it. https://learn.microsoft.com/power-apps/developer/
data-platform/webapi/reference/label
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.core.translations import Translations

_CRM: Final = "Microsoft.Dynamics.CRM"


class Labels:
    """The labels of one environment.

    Args:
        languages: language codes, the environment's base language first.
        translations: the table of texts; none of it for English alone.
        renames: whether a base language that an earlier release filled with English gets its own
            words; only that release is known to have written them.
    """

    def __init__(
        self,
        languages: Sequence[int],
        translations: Translations | None = None,
        *,
        renames: bool = False,
    ) -> None:
        self._base = languages[0]
        self._languages = tuple(languages)
        self._translations = translations or Translations()
        self._renames = renames

    def texts(self, english: str) -> Mapping[int, str]:
        """Return a text in every language that has it."""
        return self._translations.labels(english, self._languages)

    def body(self, english: str) -> dict[str, Any]:
        """Return the label of something that is created."""
        return label_body(self.texts(english))

    def lacking(self, there: Any, english: str) -> Mapping[int, str]:
        """Return what a label that is there lacks of a text.

        Args:
            there: the label as it was read.
            english: the text.
        """
        wanted, found = self.texts(english), label_texts(there)
        if not found:
            return wanted
        said = found.get(self._base)
        if said not in {english, wanted[self._base]}:
            return {}
        lacks = {code: text for code, text in wanted.items() if code not in found}
        if self._renames and said != wanted[self._base]:
            lacks[self._base] = wanted[self._base]
        return lacks


def label_body(texts: Mapping[int, str]) -> dict[str, Any]:
    """Return a label with a text for each language."""
    local = [
        {"@odata.type": f"{_CRM}.LocalizedLabel", "Label": text, "LanguageCode": code}
        for code, text in texts.items()
    ]
    return {"@odata.type": f"{_CRM}.Label", "LocalizedLabels": local}


def label_texts(label: Any) -> dict[int, str]:
    """Return the texts of a label that was read, without the empty ones."""
    found = label.get("LocalizedLabels") if isinstance(label, Mapping) else None
    return {
        int(each["LanguageCode"]): str(each["Label"])
        for each in found or ()
        if each.get("Label") and each.get("LanguageCode")
    }


def completed(there: Any, added: Mapping[int, str]) -> dict[str, Any]:
    """Return a label with texts added to those it has."""
    return label_body({**label_texts(there), **added})
