"""What the public sources leave open or contradict, as switches, so that both readings are tested.

Never holds a figure that FreshBooks documents.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Changeable:
    """Values that tests and people change by name while the service runs."""

    def set(self, **values: Any) -> dict[str, Any]:
        """Set values by name and return all of them.

        Raises:
            ValueError: there is no such name.
        """
        unknown = sorted(values.keys() - {known.name for known in fields(self)})
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        for name, value in values.items():
            setattr(self, name, value)
        return asdict(self)


@dataclass
class Switches(Changeable):
    """Each default is the likelier reading, or the harsher one for the caller.

    Attributes:
        payments_touch_invoices: recording, editing or deleting a payment also moves its invoice's
            `updated` and fires `invoice.update`.
        deleted_reads: what GET of a deleted row answers: `row` (200 with vis_state 1), `unknown`
            (404, errno 1012) or `deleted` (404, errno 1011).
        noun_events_name_the_verb: under a subscription to bare `invoice`, a delivery's `name` is
            `invoice.create`; off: `invoice`.
        visibility_fires_update: archiving and restoring fire the noun's `update`.
        expenses_filter_updated: `search[updated_min]` works on expenses; off: it is ignored.
        newest_first: lists run from the highest id down, so that new rows shift the pages.
        resend_renews_verifier: asking for the code again makes a new one.
        update_unverifies: changing a callback's uri takes its verification back.
        handshake_first: the handshake reaches the uri before the create call has answered.
        rate_limit_headers: successful answers carry the rate-limit headers seen in 2019,
            `Retry-After` included.
        rate_limit: the figure in those headers; nothing is enforced.
        refresh_keeps_created_at: a refresh within the life of the last access token answers that
            token's `created_at`, and the new token dies that early.
        refresh_ends_access_tokens: a refresh ends the user's older access tokens at once.
        errors_in_200: regular expressions; an accounting error on a matching path has status 200.
        breaking_rows: ids; a page of a list that would show one is answered 500.
        shapeless_rows: ids that a list shows as null.
        unreadable_rows: ids that a list shows with a text where a number belongs.
        endless_lists: each page of a list says that there is one more, and shows the last rows.
    """

    payments_touch_invoices: bool = False
    deleted_reads: str = "row"
    noun_events_name_the_verb: bool = True
    visibility_fires_update: bool = True
    expenses_filter_updated: bool = True
    newest_first: bool = False
    resend_renews_verifier: bool = False
    update_unverifies: bool = True
    handshake_first: bool = False
    rate_limit_headers: bool = True
    rate_limit: int = 500
    refresh_keeps_created_at: bool = False
    refresh_ends_access_tokens: bool = False
    errors_in_200: list[str] = field(default_factory=list)
    breaking_rows: list[int] = field(default_factory=list)
    shapeless_rows: list[int] = field(default_factory=list)
    unreadable_rows: list[int] = field(default_factory=list)
    endless_lists: bool = False
