"""The table of notifications that users of model-driven apps get.

Never holds a rule: whose a row is says whom it is for, and rows stay until they are deleted. The
columns are those of Microsoft's table reference; that Dataverse deletes what has expired or was
dismissed is left to the clock and the people of whoever uses this.
https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/appnotification
"""

from sandbox.dataverse.define import choice, memo, text, whole
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.schema import Schema

ICONS = {
    100000000: "Info",
    100000001: "Success",
    100000002: "Failure",
    100000003: "Warning",
    100000004: "Mention",
    100000005: "Custom",
}
_FOURTEEN_DAYS = 14 * 24 * 60 * 60


def install(schema: Schema) -> None:
    """Add the table, which comes with the platform's own solution AppNotifications."""
    schema.add(
        Table(
            "appnotification",
            "appnotification",
            "appnotifications",
            "appnotificationid",
            "title",
            label="Notification",
            plural="Notifications",
            ownership="UserOwned",
        ),
        [
            text("title", 256, required="SystemRequired"),
            text("body", 500),
            memo("data", 5000),
            choice("icontype", ICONS, default=100000000),
            choice("toasttype", {200000000: "Timed", 200000001: "Hidden"}, default=200000000),
            choice("priority", {200000000: "Normal", 200000001: "High"}, default=200000000),
            whole("ttlinseconds", 1, default=_FOURTEEN_DAYS),
            text("partitionid", 100),
        ],
    )
