"""What is wrong with what people are told in the app.

Never asks for a notice that is not there: they expire, are dismissed, and may be refused.
"""

import re
from collections import Counter
from collections.abc import Iterator

from sandbox.check.compare.scene import Scene
from sandbox.check.found import FoundRow

_EVENTS = {"off": (), "overdue": ("overdue",), "both": ("overdue", "paid")}


def notices(scene: Scene) -> Iterator[str]:
    """Say which notices are there twice, or that should not be there."""
    events = _EVENTS[scene.source.policies.notices]
    told: Counter[tuple[str, str]] = Counter()
    for row in scene.target.notices:
        start = f"the notice {row.id}"
        event = next((each for each in ("overdue", "paid") if each in row["title"].lower()), None)
        about = _about(scene, row)
        if event not in events:
            yield f"{start} is of {event or 'nothing known'}, which is not to be told"
        elif row["opens"] not in scene.accounts:
            yield f"{start} opens no account"
        elif len(about) == 1:
            told[about[0], event] += 1
    yield from (
        f"{key} has {times} notices that it is {event}"
        for (key, event), times in told.items()
        if times > 1
    )


def _about(scene: Scene, row: FoundRow) -> list[str]:
    """Return the keys of the invoices whose number a notice names.

    Several may have one number, and none has it any more where it was changed since.
    """
    return [
        books.key("invoice", number)
        for books in scene.source.books
        for number, record in books.invoices.items()
        if re.search(rf"(?<!\w){re.escape(str(record['invoice_number']))}(?!\w)", row["body"])
    ]
