"""The tables every Dataverse environment has, as far as a connector meets them.

Never holds a rule; columns and their limits follow Microsoft's table reference.
"""

from dataclasses import replace

from sandbox.dataverse import notifications, system
from sandbox.dataverse.define import (
    ACTIVE_INACTIVE,
    States,
    choice,
    day,
    flag,
    lookup,
    memo,
    moment,
    money,
    read_only,
    states,
    text,
    whole,
)
from sandbox.dataverse.metadata import PARENTAL, Cascade, Column, Kind, Table
from sandbox.dataverse.schema import Schema

TASK_STATES: States = {
    0: ("Open", {2: "Not Started", 3: "In Progress", 4: "Waiting on someone else", 7: "Deferred"}),
    1: ("Completed", {5: "Completed"}),
    2: ("Canceled", {6: "Canceled"}),
}


def address(prefix: str) -> list[Column]:
    """Describe the columns of one postal address."""
    return [
        text(f"{prefix}_name", 200),
        *(text(f"{prefix}_line{line}", 250) for line in (1, 2, 3)),
        text(f"{prefix}_city", 80),
        text(f"{prefix}_stateorprovince", 50),
        text(f"{prefix}_postalcode", 20),
        text(f"{prefix}_country", 80),
    ]


def _merged() -> list[Column]:
    """Describe what tells that a row was merged into another."""
    return [read_only(flag("merged")), read_only(lookup("masterid"))]


def install(schema: Schema) -> None:
    """Add the standard tables to an empty environment."""
    system.install(schema)
    _install_people(schema)
    _install_timeline(schema)
    notifications.install(schema)


def _install_people(schema: Schema) -> None:
    schema.add(
        Table(
            "account",
            "Account",
            "accounts",
            "accountid",
            "name",
            label="Account",
            plural="Accounts",
            has_activities=True,
            has_notes=True,
            bulk=True,
            mergeable=True,
            type_code=1,
        ),
        [
            text("name", 160, required="ApplicationRequired", label="Account Name"),
            text("accountnumber", 20, label="Account Number"),
            text("emailaddress1", 100, label="Email"),
            text("telephone1", 50, label="Main Phone"),
            text("fax", 50),
            text("websiteurl", 200, label="Website"),
            memo("description", 2000),
            *address("address1"),
            *address("address2"),
            money("creditlimit", "0", "100000000000000", label="Credit Limit"),
            money("revenue", "0", "100000000000000", label="Annual Revenue"),
            whole("numberofemployees", 0, 1_000_000_000),
            flag("creditonhold"),
            choice(
                "customertypecode",
                {
                    1: "Competitor",
                    2: "Consultant",
                    3: "Customer",
                    8: "Prospect",
                    10: "Supplier",
                    12: "Other",
                },
            ),
            choice("paymenttermscode", {1: "Net 30", 2: "2% 10, Net 30", 3: "Net 45", 4: "Net 60"}),
            lookup("parentaccountid"),
            lookup("primarycontactid"),
            *_merged(),
            *states(ACTIVE_INACTIVE),
        ],
    )
    schema.relate(
        "account",
        "parentaccountid",
        "account",
        collection="account_parent_account",
        cascade=replace(PARENTAL, delete="RemoveLink"),
    )
    schema.relate("account", "masterid", "account", collection="account_master_account")
    schema.add(
        Table(
            "contact",
            "Contact",
            "contacts",
            "contactid",
            "fullname",
            label="Contact",
            plural="Contacts",
            has_activities=True,
            has_notes=True,
            bulk=True,
            mergeable=True,
            type_code=2,
        ),
        [
            read_only(text("fullname", 160, label="Full Name")),
            text("firstname", 50),
            text("lastname", 50, required="ApplicationRequired"),
            text("emailaddress1", 100, label="Email"),
            text("telephone1", 50),
            text("mobilephone", 50),
            text("jobtitle", 100),
            memo("description", 2000),
            day("birthdate"),
            *address("address1"),
            money("creditlimit", "0", "100000000000000"),
            lookup("parentcustomerid", Kind.CUSTOMER),
            *_merged(),
            *states(ACTIVE_INACTIVE),
        ],
    )
    schema.relate(
        "contact",
        "parentcustomerid",
        "account",
        single="parentcustomerid_account",
        collection="contact_customer_accounts",
        cascade=PARENTAL,
    )
    schema.relate(
        "contact",
        "parentcustomerid",
        "contact",
        single="parentcustomerid_contact",
        collection="contact_customer_contacts",
        cascade=PARENTAL,
    )
    schema.relate("contact", "masterid", "contact", collection="contact_master_contact")
    schema.relate(
        "account",
        "primarycontactid",
        "contact",
        collection="account_primary_contact",
        cascade=Cascade(merge="Cascade"),
    )


def _install_timeline(schema: Schema) -> None:
    schema.add(
        Table(
            "activitypointer",
            "ActivityPointer",
            "activitypointers",
            "activityid",
            "subject",
            label="Activity",
            plural="Activities",
            is_activity=True,
            writable=False,
            type_code=4200,
        ),
        [
            text("subject", 400),
            Column(
                "statecode",
                Kind.STATE,
                options={0: "Open", 1: "Completed", 2: "Canceled", 3: "Scheduled"},
            ),
            Column("statuscode", Kind.STATUS),
        ],
    )
    schema.add(
        Table(
            "task",
            "Task",
            "tasks",
            "activityid",
            "subject",
            label="Task",
            plural="Tasks",
            is_activity=True,
            has_notes=True,
            closed=frozenset({1, 2}),
            bulk=True,
            type_code=4212,
        ),
        [
            text("subject", 200, required="ApplicationRequired"),
            text("category", 250),
            whole("percentcomplete", 0, 100),
            *states(TASK_STATES),
        ],
    )
    schema.add(
        Table(
            "annotation",
            "Annotation",
            "annotations",
            "annotationid",
            "subject",
            label="Note",
            plural="Notes",
            bulk=True,
            type_code=5,
            ownership="UserOwned",
        ),
        [
            text("subject", 500),
            memo("notetext", 100_000),
            text("filename", 255),
            text("mimetype", 256),
            memo("documentbody", 1_073_741_823),
            flag("isdocument"),
            lookup("objectid"),
            moment("pinnedon"),
        ],
    )
