"""The pieces delivered forms are put together from: timelines, lists, quick views, whole forms.

Never stores one.
"""

import json
from collections.abc import Iterable
from xml.sax.saxutils import escape

from sandbox.dataverse.customizing import building
from sandbox.dataverse.customizing.controls import QUICK_VIEW, SUB_GRID, TIMELINE, braced
from sandbox.dataverse.metadata import Table

# The form everybody falls back to who has no role for another one.
EVERYONE = '<DisplayConditions FallbackForm="true" Order="{order}"><Everyone /></DisplayConditions>'
# Attributes forms have today that the published schema does not know.
MODERN = ' headerdensity="HighWithControls" shownavigationbar="false" showImage="true"'


def fields(seed: str, table: Table, names: Iterable[str], *, prefix: str = "") -> list[str]:
    """Return cells of the columns a table has; prefixed ones stand in the header."""
    known = (table.columns[name] for name in names if name in table.columns)
    return [building.field(seed, column, prefix=prefix) for column in known]


def timeline(seed: str, *, activities: str | None = None) -> str:
    """Return a section with a timeline.

    Args:
        seed: of the form's ids.
        activities: the activities it shows; empty for all, None where the form says nothing.
    """
    settings = {
        "notes": {"canCreate": True, "openUsing": "inline"},
        "task": {"canCreate": True, "showStatus": True, "fieldsConfig": ["subject"]},
    }
    parameters = ""
    if activities is not None:
        parameters = (
            "<parameters><DefaultTabId>ActivitiesTab</DefaultTabId>"
            f"<UClientActivities>{activities}</UClientActivities>"
            "<UClientDisplayActivityUsing>cardform</UClientDisplayActivityUsing>"
            "<UClientActivityCardMap />"
            f"<UClientActivitiesConfigurationJSON>{escape(json.dumps(settings))}"
            "</UClientActivitiesConfigurationJSON>"
            "<UClientRecordsPerPage>10</UClientRecordsPerPage></parameters>"
        )
    control = f'<control id="notescontrol" classid="{braced(TIMELINE)}">{parameters}</control>'
    if not parameters:
        control = f'<control id="notescontrol" classid="{braced(TIMELINE)}" />'
    cell = building.cell(seed, "Timeline", control, ' rowspan="12" colspan="1" auto="false"')
    return building.section(seed, "SOCIAL_PANE_TAB", "Timeline", [cell])


def quick_view(seed: str, label: str, column: str, **forms: str) -> str:
    """Return a cell that shows another row's quick view form: table -> form's id."""
    control = (
        f'<control id="{column}_card" classid="{braced(QUICK_VIEW)}" datafieldname="{column}" '
        f'disabled="false"><parameters>{building.quick_forms(**forms)}'
        "<ControlMode>Edit</ControlMode></parameters></control>"
    )
    return building.cell(seed, label, control)


def sub_grid(seed: str, name: str, label: str, *, view: str, table: str, relationship: str) -> str:
    """Return a cell with a list of related rows."""
    parameters = {
        "ViewId": f"{{{view.upper()}}}",
        "IsUserView": "false",
        "RelationshipName": relationship,
        "TargetEntityType": table,
        "AutoExpand": "Fixed",
        "EnableQuickFind": "false",
        "EnableViewPicker": "false",
        "EnableJumpBar": "false",
        "ChartGridMode": "Grid",
        "IsUserChart": "false",
        "EnableChartPicker": "false",
        "RecordsPerPage": "4",
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in parameters.items())
    control = (
        f'<control id="{name}" classid="{braced(SUB_GRID)}"><parameters>{inner}</parameters>'
        "</control>"
    )
    return building.cell(seed, label, control, ' rowspan="4" colspan="1"')


def main_form(seed: str, tabs: Iterable[str], head: list[str], *, order: int = 1) -> str:
    """Return a main form as it is delivered today."""
    rest = building.header(seed, head) + _custom_control(seed)
    return building.form("".join(tabs), rest + EVERYONE.format(order=order), MODERN)


def _custom_control(seed: str) -> str:
    """Describe a component of the header; its customControl has no id, which is legal today."""
    where = building.braced(seed, "custom control")
    return (
        f'<controlDescriptions><controlDescription forControl="{where}">'
        '<customControl formFactor="0" name="MscrmControls.FieldControls.CFS_Header" />'
        "</controlDescription></controlDescriptions>"
    )
