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
        payments_list_credits: without `payment_or_credit` the list of payments shows the rows of
            credits too; off: it has to be asked for them.
        applied_credits_name_their_credit: a payment from credit has the `creditid` of the note it
            was drawn on first; off: null.
        credits_paid_when_applied: `paid` and `payment_status` of a credit note say how much of it
            has been applied; off: it is paid in full as soon as there is one.
        plural_credit_note_key: one credit note is called `credit_notes` in bodies, as the Node SDK
            has it; off: `credit_note`, as the vendor's capture has it.
        credit_notes_filter_client: `search[clientid]` works on credit notes; off: it is ignored.
        invoices_filter_number: `search[invoice_number]` works on invoices, as programs in use
            assume; off: it is ignored, as no document lists it.
        invoice_booleans_filter: `paid` and `outstanding` work on invoices; off: they are ignored.
        overpaid_are_outstanding: an invoice of which more was paid than it comes to by now is one
            of those that `outstanding` finds; off: it is not.
        zero_balances: a balance has an entry of 0.00 in a currency in which there has been
            something; off: it has none.
        moves_touch_payments: another currency or client of an invoice also moves the `updated` of
            those payments that follow it, and fires `payment.update`.
        payments_follow_clients: payments take the client that their invoice is moved to, unless
            they are drawn from a credit; off: they keep the one who paid.
        tax_per_line: taxes are rounded to cents line by line; off: once for each tax.
        lines_renumbered: an edit of lines gives all of them new ids; off: those that are sent with
            theirs keep it.
        empty_lines_without_amount: a line without quantity or price has an `amount` of null; off:
            of 0.00.
        hyphenated_statuses: `v3_status` is written deposit-partial and deposit-paid, as the Node
            SDK has it; off: with an underscore.
        renamed_statuses: values of `v3_status` that FreshBooks calls by another name from now on.
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

    payments_list_credits: bool = True
    applied_credits_name_their_credit: bool = False
    credits_paid_when_applied: bool = False
    plural_credit_note_key: bool = False
    credit_notes_filter_client: bool = True
    invoices_filter_number: bool = False
    invoice_booleans_filter: bool = True
    overpaid_are_outstanding: bool = False
    zero_balances: bool = False
    moves_touch_payments: bool = False
    payments_follow_clients: bool = False
    tax_per_line: bool = True
    lines_renumbered: bool = False
    empty_lines_without_amount: bool = False
    hyphenated_statuses: bool = False
    renamed_statuses: dict[str, str] = field(default_factory=dict)
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
