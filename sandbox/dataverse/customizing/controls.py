"""The platform's controls: class ids, and which kinds of columns each of them can show.

Never reads a form.
"""

from dataclasses import dataclass

from sandbox.dataverse.metadata import REFERENCES, Column, Kind


@dataclass(frozen=True, slots=True)
class Control:
    """One class of controls.

    Attributes:
        name: what people call it.
        kinds: the kinds of columns it shows; empty where it shows no column.
    """

    name: str
    kinds: frozenset[Kind] = frozenset()


SUB_GRID = "e7a81278-8635-4d9e-8d4d-59480b391c5b"
QUICK_VIEW = "5c5600e0-1d6e-4205-a272-be80da87fd42"
TIMELINE = "06375649-c143-495e-a496-c962e5b4488e"
REGARDING = "f3015350-44a2-4aa0-97b5-00166532b5e9"
PARTY_LIST = "cbfb742c-14e7-4a17-96bb-1a13f7f64aa2"
HIDDEN = "5546e6cd-394c-4bee-94a8-4425e17ef6c6"

CONTROLS = {
    "4273edbd-ac1d-40d3-9fb2-095c621b552d": Control("text", frozenset({Kind.STRING})),
    "e0dece4b-6fc8-4a8f-a065-082708572369": Control("memo", frozenset({Kind.MEMO, Kind.STRING})),
    "533b9e00-756b-4312-95a0-dc888637ac78": Control("currency", frozenset({Kind.MONEY})),
    "c3efe0c3-0ec6-42be-8349-cbd9079dfd8e": Control(
        "decimal", frozenset({Kind.DECIMAL, Kind.DOUBLE})
    ),
    "c6d124ca-7eda-4a60-aea9-7fb8d318b68f": Control("whole number", frozenset({Kind.INTEGER})),
    "3ef39988-22bb-4f0b-bbbe-64b5a3748aee": Control(
        "choice", frozenset({Kind.PICKLIST, Kind.STATE})
    ),
    "5d68b988-0661-4db2-bc3e-17598ad3be6c": Control("status reason", frozenset({Kind.STATUS})),
    "67fac785-cd58-4f9f-abb3-4b7ddc6ed5ed": Control("yes or no", frozenset({Kind.BOOLEAN})),
    "b0c6723a-8503-4fd7-bb28-c8a06ac933c2": Control("check box", frozenset({Kind.BOOLEAN})),
    "5b773807-9fb2-42db-97c3-7a91eff8adff": Control("date", frozenset({Kind.DATETIME})),
    "270bd3db-d9af-4782-9025-509e298dec0a": Control("lookup", frozenset(REFERENCES)),
    "aa987274-ce4e-4271-a803-66164311a958": Control("duration", frozenset({Kind.INTEGER})),
    "71716b6c-711e-476c-8ab8-5d11542bfb47": Control("address", frozenset({Kind.STRING})),
    REGARDING: Control("regarding", frozenset({Kind.LOOKUP})),
    PARTY_LIST: Control("party list"),
    SUB_GRID: Control("sub-grid"),
    QUICK_VIEW: Control("quick view", frozenset(REFERENCES)),
    TIMELINE: Control("timeline"),
    HIDDEN: Control("hidden", frozenset(Kind)),
}

# What stands alone on a form, without a column.
UNBOUND = frozenset({SUB_GRID, TIMELINE})


def by_kind(column: Column) -> str:
    """Return the class id of the control that usually shows a column, with its braces."""
    if column.name == "regardingobjectid":
        return braced(REGARDING)
    found = next(
        class_id
        for class_id, control in CONTROLS.items()
        if column.kind in control.kinds and class_id not in {QUICK_VIEW, REGARDING}
    )
    return braced(found)


def braced(class_id: str) -> str:
    """Return a class id as forms spell it."""
    return f"{{{class_id.upper()}}}"
