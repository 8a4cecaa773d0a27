"""Fields of FreshBooks' records that may be mapped to columns, as its answers have them.

Never holds one that a list leaves out and only the record itself shows: nobody would notice that
it changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from shared.core.identity import Kind

FieldValue = str | int | bool | Decimal | None
FieldValues = tuple[tuple[str, FieldValue], ...]


class FieldType(StrEnum):
    """What FreshBooks answers in a field."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    FLAG = "yes or no"


def _fields(
    *,
    text: str = "",
    whole: str = "",
    number: str = "",
    day: str = "",
    moment: str = "",
    flag: str = "",
) -> dict[str, FieldType]:
    named = {
        FieldType.TEXT: text,
        FieldType.WHOLE: whole,
        FieldType.NUMBER: number,
        FieldType.DAY: day,
        FieldType.MOMENT: moment,
        FieldType.FLAG: flag,
    }
    return {name: kind for kind, names in named.items() for name in names.split()}


# https://www.freshbooks.com/api/clients and its neighbours
FIELDS: Final[dict[Kind, dict[str, FieldType]]] = {
    Kind.CLIENT: _fields(
        text="organization fname lname email bus_phone mob_phone home_phone fax note language "
        "currency_code vat_name vat_number company_industry company_size uuid username role "
        "p_street p_street2 p_city p_province p_code p_country "
        "s_street s_street2 s_city s_province s_code s_country",
        whole="id num_logins",
        moment="signup_date updated last_login",
        flag="pref_email pref_gmail allow_late_fees allow_late_notifications has_retainer",
    ),
    Kind.INVOICE: _fields(
        text="invoice_number po_number organization current_organization fname lname address "
        "street street2 city province code country vat_name vat_number description notes terms "
        "currency_code language display_status deposit_status payment_status v3_status "
        "autobill_status discount_description payment_details template uuid "
        "amount.code outstanding.code paid.code",
        whole="id customerid ownerid sentid parent estimateid due_offset_days status",
        number="amount.amount outstanding.amount paid.amount discount_total.amount discount_value "
        "deposit_amount.amount deposit_percentage",
        day="create_date due_date date_paid generation_date fulfillment_date",
        moment="created_at updated",
        flag="auto_bill show_attachments",
    ),
    Kind.PAYMENT: _fields(
        text="type gateway note amount.code",
        whole="id invoiceid creditid clientid orderid transactionid bulk_paymentid overpaymentid",
        number="amount.amount",
        day="date",
        moment="updated",
        flag="from_credit send_client_notification",
    ),
    Kind.EXPENSE: _fields(
        text="vendor notes bank_name account_name taxName1 taxName2 amount.code",
        whole="id categoryid clientid projectid staffid invoiceid status transactionid",
        number="amount.amount taxAmount1.amount taxAmount2.amount taxPercent1 taxPercent2 "
        "markup_percent",
        day="date",
        moment="updated",
        flag="billable has_receipt include_receipt is_cogs isduplicate from_bulk_import",
    ),
    Kind.CREDIT: _fields(
        text="credit_number credit_type notes terms description currency_code payment_status "
        "current_organization amount.code",
        whole="id clientid",
        number="amount.amount",
        day="create_date",
    ),
}


def pick(raw: Mapping[str, Any], paths: Iterable[str]) -> Iterator[tuple[str, FieldValue]]:
    """Yield what an answer holds at these paths; what it leaves out, or is no value, is left out.

    Args:
        raw: a record as FreshBooks answers it.
        paths: names of fields, with a dot before one within a field.
    """
    for path in paths:
        found = _at(raw, path.split("."))
        if found is None or isinstance(found, str | int | Decimal):
            yield path, found


def _at(raw: Mapping[str, Any], names: list[str]) -> Any:
    """Return what is there, and the answer itself, which is no value, where nothing is said."""
    found: Any = raw
    for name in names:
        if found is None:
            return None
        if not isinstance(found, Mapping) or name not in found:
            return raw
        found = found[name]
    return found
