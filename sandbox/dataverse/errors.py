"""What Dataverse refuses and how the refusal reads: HTTP status, code, message.

Never decides whether something is refused. Codes marked "chosen" are plausible ones: Microsoft
publishes none for that case, so a client must not depend on them.
"""

BAD_PAYLOAD = "0x80048d19"
BAD_REQUEST = "0x80060888"
NOT_FOUND = "0x80040217"
KEY_NOT_FOUND = "0x80060891"
DUPLICATE_KEY = "0x80060892"
DUPLICATE_NAME = "0x80040237"
VERSION_MISMATCH = "0x80060882"
TOO_LONG = "0x80044331"
INVALID_CHARACTER = "0x80040278"
DECIMAL_RANGE = "0x80044330"
INTEGER_RANGE = "0x8004432f"
BAD_OPTION = "0x8004431a"
BAD_STATUS = "0x80048408"
PLUG_IN = "0x80040265"
RESTRICTED = "0x80040227"
IN_USE = "0x8004f01f"
MANAGED = "0x8004f032"
UNEXPECTED = "0x80040216"
USER_DISABLED = "0x80040225"
NO_ROLES = "0x80042f09"
MERGE_CYCLE = "0x80045300"
MERGE_SECURITY = "0x80045301"
MERGE_INACTIVE = "0x80045304"
MERGE_IDENTICAL = "0x80045305"
MERGE_OTHER_PARENT = "0x80045316"
MERGE_LOSES_PARENT = "0x80045317"
AGGREGATE_LIMIT = "0x8004e023"
NAVIGATION_TAKEN = "0x80072551"
ALREADY_IN_SOLUTION = "0x8004f042"
SEVERAL_SITE_MAPS = "0x80050111"
CUSTOMIZATION_LOCKED = "0x80071151"
NO_SUCH_COLUMN = "0x80041103"
INVALID_XML = "0x80048426"  # chosen: a form, chart, site map or request outside its schema
MISSING_PRIVILEGE = "0x80040220"  # chosen
INVALID_ARGUMENT = "0x80040203"  # chosen: required, read-only, closed and immutable columns
TOO_MANY_REQUESTS = "0x80072322"
TOO_MUCH_TIME = "0x80072321"
TOO_MANY_AT_ONCE = "0x80072326"


class DataverseError(Exception):
    """A refusal.

    Attributes:
        status: HTTP status.
        code: the service's code, `0x........`, or "" where it sends none.
        message: the service's words.
        headers: further response headers.
    """

    def __init__(
        self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def payload(message: str) -> DataverseError:
    """Refuse a body that cannot be read against the table's definition."""
    return DataverseError(400, BAD_PAYLOAD, f"Error identified in Payload provided: {message}")


def request(message: str, *, status: int = 400) -> DataverseError:
    """Refuse a URL, a query option or a header."""
    return DataverseError(status, BAD_REQUEST, message)


def argument(message: str) -> DataverseError:
    """Refuse a value that is well formed but not allowed here; the code is a chosen one."""
    return DataverseError(400, INVALID_ARGUMENT, message)


def plug_in(message: str) -> DataverseError:
    """Refuse a row as a plug-in of the firm's own does, in its words."""
    return DataverseError(400, PLUG_IN, message)


def missing(table: str, row_id: str) -> DataverseError:
    """Say that no row has this primary key."""
    return DataverseError(404, NOT_FOUND, f"{table} With Id = {row_id} Does Not Exist")


def missing_by_key(table: str) -> DataverseError:
    """Say that no row has these alternate key values."""
    return DataverseError(
        404,
        KEY_NOT_FOUND,
        f"A record with the specified key values does not exist in {table} entity",
    )


def no_segment(segment: str) -> DataverseError:
    """Say that a URL names something this environment does not have."""
    return request(f"Resource not found for the segment '{segment}'.", status=404)


def unsupported(what: str) -> DataverseError:
    """Refuse what Dataverse may know and this simulator does not."""
    return DataverseError(501, BAD_REQUEST, f"The sandbox does not implement {what}.")
