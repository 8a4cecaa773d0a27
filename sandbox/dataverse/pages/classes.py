"""The kinds of controls pages tell apart, and the columns each can show.

Never guesses: an id that is not here is none.
"""

from sandbox.dataverse.customizing.controls import (
    CONTROLS,
    HIDDEN,
    PARTY_LIST,
    QUICK_VIEW,
    SUB_GRID,
    TIMELINE,
)
from sandbox.dataverse.metadata import Kind

__all__ = ["EMAIL", "FIELDS", "HIDDEN", "PARTY_LIST", "PHONE", "QUICK_VIEW", "SUB_GRID", "TIMELINE"]
__all__ += ["URL"]

# Texts that lead somewhere, by the platform's own table of class ids.
URL = "71716b6c-711e-476c-8ab8-5d11542bfb47"
EMAIL = "ada2203e-b4cd-49be-9ddf-234642b43b52"
PHONE = "8c10015a-b339-4982-9474-a95fe05631a5"

# Kinds of columns by the control that shows them.
FIELDS = {class_id: control.kinds for class_id, control in CONTROLS.items()}
FIELDS |= dict.fromkeys((URL, EMAIL, PHONE), frozenset({Kind.STRING}))
