"""What the published facts about FreshBooks leave open, and what the connector does about each.

Never asks anything; points without a reason have a check.
"""

from typing import Final

from tools.contract_live.points import Point, Service

_CHAIN: Final = "asking would use up or end a login: never done with a firm's own"
_DELIVERY: Final = "needs a public address that FreshBooks delivers to, and hours of waiting"
_VENDOR: Final = "only FreshBooks can say it"


def _point(number: str, question: str, relies: str, reason: str = "") -> Point:
    return Point(f"F{number}", Service.FRESHBOOKS, question, relies, reason)


POINTS: Final = (
    # login
    _point("01", "What does the token endpoint say to an empty request?", "400 invalid_request"),
    _point("02", "What does it say to an application it does not know?", "401 invalid_client"),
    _point("03", "Is redirect_uri needed when a token is refreshed?", "always sent", _CHAIN),
    _point(
        "04",
        "Does using an old refresh token end the newest one too?",
        "never used twice: one refresher at a time",
        _CHAIN,
    ),
    _point(
        "05",
        "Does a refresh end older access tokens?",
        "either: a 401 asks for a new token",
        _CHAIN,
    ),
    _point(
        "06", "Is a wrong PKCE verifier refused?", "no PKCE: the secret is needed anyway", _CHAIN
    ),
    _point("07", "How long does an access token live?", "created_at + expires_in"),
    _point("08", "Where does users/me say the account id?", "membership or roles"),
    _point("09", "What does a wrong token get?", "401, whatever the body"),
    _point("10", "What does another kind of id get?", "404"),
    _point(
        "11",
        "What does a scope that is missing get?",
        "either: what was not granted is not asked for",
        "needs a second consent with fewer scopes",
    ),
    _point(
        "12",
        "What happens to webhooks when a token is revoked or a user is removed?",
        "either: upkeep lists them every minute",
        _CHAIN,
    ),
    # lists
    _point("13", "How many records has a page, and at most?", "asked: 100; 100 at most"),
    _point("14", "What is a page beyond the end, and an empty list?", "an empty list"),
    _point("15", "Is page 0 page 1?", "pages begin with 1"),
    _point("16", "Are filters that do not exist ignored?", "only filters that work are sent"),
    _point("17", "Which invoices does the filter status leave?", "never sent"),
    _point("18", "Does updated_min work on clients, invoices, payments, expenses?", "on all four"),
    _point("19", "Does updated_min take a time?", "days are sent, with an overlap"),
    _point("20", "In which zone is updated_min's day?", "either: two days of overlap"),
    _point("21", "Is sorting by updated ignored?", "never relied on"),
    _point("22", "Are lines absent unless they are asked for?", "always asked for"),
    _point(
        "23",
        "Does total count rows one may not see?",
        "pages are walked to the last one",
        "needs a second person with fewer rights",
    ),
    _point(
        "24",
        "Does the list of payments hold credits?",
        "either: what stands for a credit note is not shown twice",
    ),
    # records
    _point("25", "What is a deleted record when it is read by its id?", "200 or 404: both deleted"),
    _point("26", "Have invoices, expenses, payments and clients a version?", "else updated"),
    _point("27", "In which zone is updated?", "US/Eastern"),
    _point("28", "In which zone is signup_date?", "never read"),
    _point("29", "Does a payment move its invoice's updated?", "either: its invoice is read again"),
    _point("30", "Does an edit move updated?", "it does"),
    _point("31", "Do line ids survive an edit?", "either: lines are replaced as a whole"),
    _point("32", "Is due_date read-only?", "never written"),
    _point("33", "Do other fields beside vis_state get lost?", "never written"),
    _point("34", "Is a payment above the open amount split?", "amounts are read, never sent"),
    _point("35", "Can an email belong to two clients?", "never matched by email"),
    _point("36", "Are amounts texts?", "read as exact numbers either way"),
    _point(
        "37",
        "Which field of a credit names its invoice?",
        "either: the use of one is known by from_credit or its type",
        "needs an account with credits; it is seen when one is read",
    ),
    _point(
        "38",
        "Does a status that changes by time move updated?",
        "balances are read daily",
        "needs a day to pass; nothing a run can wait for",
    ),
    _point("39", "Have credit notes an updated?", "either: the whole list is compared"),
    _point("40", "In which zone are a category's times?", "never read", "not used"),
    # limits
    _point("41", "Which rate limits do answers tell of?", "either: read where they are"),
    _point(
        "42",
        "What does a real 429 look like?",
        "waited for as it says",
        "could only be provoked by flooding FreshBooks",
    ),
    _point("43", "Whose is the limit: a token's, an app's, an account's?", "either", _VENDOR),
    _point("44", "How many requests may run at once, and when is maintenance?", "either", _VENDOR),
    # webhooks
    _point("45", "How does registering a callback answer?", "callbackid, verified false"),
    _point("46", "What does an unknown event get?", "a refusal"),
    _point("47", "Is an address that is no https taken?", "https is sent"),
    _point("48", "May the same event and address be registered twice?", "either: doubles removed"),
    _point("49", "Does a change reset verified?", "never changed: made anew", _DELIVERY),
    _point("50", "Is a code sent again on request?", "asked when one was lost"),
    _point("51", "Is the sent-again code a new one?", "either: the last one is tried", _DELIVERY),
    _point("52", "What does name hold under a bare noun?", "noun or noun.verb", _DELIVERY),
    _point("53", "Which key signs callback.verify?", "not believed by it", _DELIVERY),
    _point(
        "54", "How often and how far apart are retries?", "either: the poll finds it", _DELIVERY
    ),
    _point(
        "55",
        "Does recording a payment send invoice.update?",
        "either: payment is subscribed",
        _DELIVERY,
    ),
    _point(
        "56",
        "Do bulk actions, archiving and restoring send events?",
        "either: the poll finds",
        _DELIVERY,
    ),
    _point(
        "57", "How are other letters than ASCII escaped in what is signed?", "as \\uXXXX", _DELIVERY
    ),
    _point(
        "58", "From which addresses do deliveries come?", "from anywhere: they are signed", _VENDOR
    ),
    _point("59", "Is one told when a callback is disabled?", "listed every minute", _DELIVERY),
    _point("60", "How many callbacks may an account have?", "six are used", _VENDOR),
    _point("61", "Are deliveries in order and single?", "neither is relied on", _DELIVERY),
    _point(
        "62", "Is a handshake's answer to be within ten seconds?", "answered at once", _DELIVERY
    ),
    _point("63", "Which fields of an invoice are deprecated?", "none of them is read", _VENDOR),
    _point(
        "64",
        "Does the filter outstanding find an invoice that was overpaid?",
        "either: what it leaves out, the client's balance says",
    ),
)
