"""What the published facts about Dataverse leave open, and what the connector does about each.

Never asks anything; points without a reason have a check.
"""

from typing import Final

from tools.contract_live.points import Point, Service

_NOT_PROVOKED: Final = "could only be provoked by overloading the environment"
_ADMIN: Final = "needs an administrator's change of the environment, which this tool never makes"


def _point(number: str, question: str, relies: str, reason: str = "") -> Point:
    return Point(f"D{number}", Service.DATAVERSE, question, relies, reason)


POINTS: Final = (
    # sign-in and privileges
    _point("01", "How does a 401 without a token challenge?", "401 with WWW-Authenticate: Bearer"),
    _point("02", "How long does a token live?", "either: renewed by its own expiry"),
    _point(
        "03",
        "How long does a managed identity's token live?",
        "either: renewed by its own expiry",
        "a laptop has no managed identity; the app's sign-in dependency shows it in Azure",
    ),
    _point(
        "04",
        "Does an app registration that trusts a managed identity work across tenants?",
        "not used: one deployment serves its own tenant",
        "needs a second tenant",
    ),
    _point("05", "What are invoicedetail's privileges called?", "either: read, never composed"),
    _point("06", "Do all activities share one set of privileges?", "prv...Activity"),
    _point(
        "07",
        "Which row of a lookup needs Append, which Append To?",
        "Append on the row with the lookup; the role grants both where lookups are written",
        "needs a role of its own that lacks one of them; the doctor names a missing one",
    ),
    _point(
        "08",
        "Does the connector's role alone suffice to sign in and read definitions?",
        "the app reads no definitions; the doctor says what is missing",
        "this run is signed in as a person, not as the application user: run the doctor there",
    ),
    _point(
        "09",
        "Does writing ownerid need Assign?",
        "never written: rows belong to the application user",
        "not used by the connector",
    ),
    _point("10", "Is a role's content read by the unbound function?", "RolePrivileges is a list"),
    # names
    _point("11", "What are the sets of pricelevel and activitypointer called?", "pricelevels"),
    _point(
        "12",
        "Which properties bind an opportunity's and an invoice's customer?",
        "customerid_account",
    ),
    _point("13", "May activitypointer be written?", "only queried, never written"),
    # columns
    _point("14", "May an invoice number be changed, and is it unique?", "either: never a key"),
    _point("15", "May totals be given when an invoice is created?", "never sent: lines are"),
    _point("16", "How long is a write-in line's name?", "at least 500"),
    _point("17", "Does the Web API insist on what forms require?", "name and customer are sent"),
    _point("18", "Is an invoice's currency fixed once it exists?", "never changed"),
    _point("19", "Is a negative discount refused?", "never sent"),
    _point("20", "What is said to a text that is too long?", "never sent: texts are cut before"),
    _point("21", "Which code has a choice that is not in the list?", "either: a refusal"),
    _point("22", "Which code has a state with a status of another state?", "either: a refusal"),
    # states
    _point("23", "What is said to a write to a paid invoice?", "refused; reopened before writing"),
    _point("24", "What is said to a write to an invoice of a locked price?", "never locked"),
    _point("25", "Are completed activities read-only?", "either: reopened before writing"),
    _point(
        "26",
        "Is a task's due date scheduledend?",
        "own activity table with an own column for it",
        "not used by the connector",
    ),
    # keys and versions
    _point("27", "How is a key's index status spelled?", "with or without a blank"),
    _point("28", "Are rows whose key column is empty unique?", "not: many accounts have none"),
    _point("29", "Which status and code has a key that is taken?", "412 0x80060892 or a conflict"),
    _point("30", "Which status and code has a key that no row has?", "404 0x80060891"),
    _point("31", "Which characters may a key in an address not hold?", "keys hold A-Z a-z 0-9 : -"),
    _point("32", "Which code has a primary key that is taken?", "412 0x80060892"),
    _point("33", "Which code has a version that is outdated?", "412 0x80060882"),
    _point(
        "34",
        "Which status has a duplicate detection rule's refusal?",
        "switched off for the Web API",
        "needs a published rule; " + _ADMIN,
    ),
    _point(
        "35",
        "Do ids that are no sequence slow the database down?",
        "accepted: the ids are what makes writes repeatable",
        "shows in the database only, over months",
    ),
    # batches
    _point("36", "How is a change set that fails answered?", "one error for all, or one each"),
    _point("37", "Do parts of a batch need a length of their own?", "always sent"),
    _point("38", "Is a batch stopped at its first failure?", "continue-on-error is always asked"),
    _point("39", "Is a batch in JSON understood?", "never sent"),
    _point(
        "40", "Can a part of a batch be throttled?", "tried again like a whole one", _NOT_PROVOKED
    ),
    _point(
        "41",
        "How large may a request be?",
        "no write exceeds 256 KiB",
        "would need uploads of more than 100 MB",
    ),
    # bulk and speed
    _point("42", "Which bulk messages do account, invoice and its lines have?", "none is needed"),
    _point("43", "Does UpsertMultiple work on invoices, and what does it answer?", "not used"),
    _point("44", "How many invoices with a line are written a second?", "either: measured"),
    _point(
        "45",
        "Do parallel bulk writes help or deadlock?",
        "single writes, spread by the queue",
        _NOT_PROVOKED,
    ),
    _point("46", "May an invoice be created with its lines in one request?", "201 with the lines"),
    _point(
        "47",
        "How deep and how wide may such a request be?",
        "one level, few lines; more go in parts",
        "has no end one could find by trying",
    ),
    _point(
        "48",
        "Can an update carry children?",
        "never sent: children are written by themselves",
        "not used by the connector",
    ),
    # queries
    _point("49", "Are texts compared blind to case?", "compared again by the connector"),
    _point("50", "Do trailing blanks count in a comparison?", "either: compared again"),
    _point("51", "How far does $count go?", "5000 at most"),
    _point(
        "52",
        "Is RetrieveTotalRecordCount a cached figure?",
        "not used",
        "not used by the connector",
    ),
    # refusals
    _point("53", "Which code has a property that is not there?", "400 0x80048d19 or 0x80060888"),
    _point("54", "Which status has a row that is not there?", "404"),
    _point("55", "What is said to deleting an account with invoices?", "refused; never done"),
    _point(
        "56",
        "Are 408 and pages of HTML answered by what stands before?",
        "both are an outage",
        "cannot be provoked from outside",
    ),
    _point(
        "57",
        "Which status has a schema name that is taken?",
        "looked for before and after",
        _ADMIN,
    ),
    _point(
        "58",
        "Is a new table visible at once?",
        "creations are repeated until it is",
        _ADMIN,
    ),
    _point(
        "59",
        "Are created columns usable before publishing?",
        "published at the end of `schema apply`",
        _ADMIN,
    ),
    _point(
        "60",
        "Which parameters has the import of a solution?",
        "a person imports it in Power Apps",
        _ADMIN,
    ),
    _point("61", "What does RetrieveDependenciesForDelete answer?", "a list of dependencies"),
    _point(
        "62",
        "Do people who use the figures need licences for it?",
        "said in the docs",
        "a question for the contract with Microsoft",
    ),
    _point("63", "Which limits do answers tell of?", "either: read where they are"),
    _point(
        "64",
        "May a canceled invoice be activated again?",
        "reopened; where that is refused a row is made anew",
    ),
    _point(
        "65",
        "Does one navigation property clear what another one of the same lookup set?",
        "either: all of them are cleared",
    ),
    _point(
        "66",
        "May rows be narrowed by a collection that is related to them?",
        "accounts by their clients, invoices by their entries",
    ),
    # definitions
    _point(
        "67",
        "Which languages does an environment tell of?",
        "either: the base language alone where none are told",
    ),
    _point(
        "68",
        "May a table be created with the name of its icon?",
        "made without it where that is refused, and completed afterwards",
        _ADMIN,
    ),
    _point(
        "69",
        "Does PUT of a whole table keep the icon that it names?",
        "read again afterwards; a difference is a note",
        _ADMIN,
    ),
    _point(
        "70",
        "Does PUT with MergeLabels keep managed properties that are sent as they were read?",
        "read again afterwards; a difference is a note",
        _ADMIN,
    ),
    _point(
        "71",
        "Does PUT of a choice take labels and colours of its options?",
        "read again afterwards; a difference is a note",
        _ADMIN,
    ),
    # history
    _point(
        "79",
        "What does a row cost in execution time by POST, deep insert, $batch, CreateMultiple and "
        "UpsertMultiple?",
        "CreateMultiple in a change set; what it refuses, a change set with POST for each record",
    ),
    # what a user may send
    _point(
        "72",
        "How many requests at once does an environment advise to have?",
        "twice as many are under way, up to the limit where it says nothing",
    ),
    _point(
        "73",
        "How many web servers answer, by their affinity cookies?",
        "one, unless DATAVERSE_WEB_SERVERS says more; 429s slow it down",
    ),
    _point(
        "74",
        "Is what execution time is left less by about the time that answers took?",
        "counted by the time an answer takes, less the way there and back",
    ),
    # what Sales sees
    _point(
        "75",
        "Does RetrieveUnpublished answer for charts, web resources, apps and site maps?",
        "as it does for views and forms",
        _ADMIN,
    ),
    _point(
        "76",
        "How does Dataverse spell the text of a view or form that it stored?",
        "either: what it stored is read back and remembered",
        _ADMIN,
    ),
    _point(
        "77",
        "Does an app's sub-area with the address of a view open that view?",
        "it does; the second group has the tables",
        "seen in a browser only",
    ),
    _point(
        "78",
        "Does PublishXml publish an app by its id?",
        "documented; a refusal is told and the app can be published by hand",
        _ADMIN,
    ),
)
