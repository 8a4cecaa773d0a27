"""Views, forms, charts, dashboards and site maps as a person writes them by hand: all valid."""

import html
import uuid

SPACE = uuid.UUID("0f6b5a3e-8d0e-5a51-9a5b-6f4f5a0f7d10")

ACCOUNT_FETCH = """
<fetch version="1.0" mapping="logical">
  <entity name="account">
    <attribute name="name"/>
    <attribute name="accountid"/>
    <attribute name="fb_overdue"/>
    <attribute name="fb_health"/>
    <order attribute="fb_overdue" descending="true"/>
    <filter type="and">
      <condition attribute="statecode" operator="eq" value="0"/>
      <condition attribute="fb_overdue_base" operator="gt" value="0"/>
    </filter>
    <link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer"
                 visible="false" alias="person">
      <attribute name="emailaddress1"/>
    </link-entity>
  </entity>
</fetch>
"""

ACCOUNT_LAYOUT = """
<grid name="resultset" object="1" jump="name" select="1" icon="1" preview="1">
  <row name="result" id="accountid">
    <cell name="name" width="300"/>
    <cell name="fb_overdue" width="120"/>
    <cell name="fb_health" width="100"/>
    <cell name="person.emailaddress1" width="150" disableSorting="1"/>
  </row>
</grid>
"""

CHART_DATA = """
<datadefinition>
  <fetchcollection>
    <fetch mapping="logical" aggregate="true" count="10">
      <entity name="account">
        <attribute name="fb_overdue_base" aggregate="sum" alias="overdue"/>
        <attribute name="name" groupby="true" alias="account"/>
        <order alias="overdue" descending="true"/>
        <filter type="and">
          <condition attribute="fb_overdue_base" operator="gt" value="0"/>
        </filter>
      </entity>
    </fetch>
  </fetchcollection>
  <categorycollection>
    <category alias="account">
      <measurecollection>
        <measure alias="overdue"/>
      </measurecollection>
    </category>
  </categorycollection>
</datadefinition>
"""

CHART_SHOWN = """
<Chart Palette="None">
  <Series><Series ChartType="Bar" IsValueShownAsLabel="True" Font="{0}, 9.5px"/></Series>
  <ChartAreas><ChartArea><AxisX/><AxisY/></ChartArea></ChartAreas>
</Chart>
"""


def guid(name: str) -> str:
    """A GUID of a name's own, without braces."""
    return str(uuid.uuid5(SPACE, name))


def braced(name: str) -> str:
    return f"{{{guid(name)}}}"


def labels(text: str) -> str:
    return f'<labels><label description="{text}" languagecode="1033"/></labels>'


def cell(name: str, control: str, attributes: str = "") -> str:
    return f'<cell id="{braced(name)}"{attributes}>{labels(name)}{control}</cell>'


def section(name: str, *cells: str, rows: int = 0) -> str:
    rowed = "".join(f"<row>{each}</row>" for each in cells) + "<row/>" * rows
    return (
        f'<section name="{name}" id="{braced(name)}" columns="1" showlabel="true">{labels(name)}'
        f"<rows>{rowed}</rows></section>"
    )


def tab(name: str, *sections: str) -> str:
    return (
        f'<tab name="{name}" id="{braced("tab " + name)}" IsUserDefined="1" showlabel="true" '
        f'expanded="true">{labels(name)}<columns><column width="100%"><sections>'
        f"{''.join(sections)}</sections></column></columns></tab>"
    )


def form(*tabs: str, rest: str = "") -> str:
    return f"<form><tabs>{''.join(tabs)}</tabs>{rest}</form>"


def field(column: str, class_id: str, name: str = "") -> str:
    return (
        f'<control id="{name or column}" classid="{{{class_id}}}" datafieldname="{column}" '
        'disabled="true"/>'
    )


TEXT = "4273EDBD-AC1D-40D3-9FB2-095C621B552D"
MONEY = "533B9E00-756B-4312-95A0-DC888637AC78"
CHOICE = "3EF39988-22BB-4F0B-BBBE-64B5A3748AEE"
LOOKUP = "270BD3DB-D9AF-4782-9025-509E298DEC0A"
DATE = "5B773807-9FB2-42DB-97C3-7A91EFF8ADFF"
GRID = "E7A81278-8635-4D9E-8D4D-59480B391C5B"
QUICK_VIEW = "5C5600E0-1D6E-4205-A272-BE80DA87FD42"
TIMELINE = "06375649-C143-495E-A496-C962E5B4488E"


def grid(name: str, view: str, table: str = "account", **parameters: str) -> str:
    given = {
        "ViewId": f"{{{view}}}",
        "IsUserView": "false",
        "TargetEntityType": table,
        "AutoExpand": "Fixed",
        "EnableQuickFind": "false",
        "EnableViewPicker": "false",
        "ChartGridMode": "Grid",
        "RecordsPerPage": "4",
        **parameters,
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in given.items())
    return f'<control id="{name}" classid="{{{GRID}}}"><parameters>{inner}</parameters></control>'


def quick_view(name: str, column: str, **forms: str) -> str:
    inner = "".join(
        f'<QuickFormId entityname="{table}">{form_id}</QuickFormId>'
        for table, form_id in forms.items()
    )
    escaped = html.escape(f"<QuickFormIds>{inner}</QuickFormIds>", quote=False)
    return (
        f'<control id="{name}" classid="{{{QUICK_VIEW}}}" datafieldname="{column}"><parameters>'
        f"<QuickForms>{escaped}</QuickForms><ControlMode>Edit</ControlMode></parameters></control>"
    )


def main_form(view: str, quick_form: str) -> str:
    """A main form of an invoice: fields, a sub-grid, a quick view of the account."""
    card = quick_view("fb_health", "customerid", account=quick_form)
    return form(
        tab(
            "fb_general",
            section(
                "fb_fields",
                cell("Name", field("name", TEXT)),
                cell("Total", field("totalamount", MONEY)),
                cell("Customer", field("customerid", LOOKUP)),
                cell("Due", field("duedate", DATE)),
            ),
            section("fb_account", cell("Health", card)),
        ),
        tab("fb_more", section("fb_list", cell("List", grid("fb_accounts", view)))),
    )


def quick_form() -> str:
    return form(
        tab(
            "fb_card",
            section(
                "fb_figures",
                cell("Overdue", field("fb_overdue", MONEY)),
                cell("Health", field("fb_health", CHOICE)),
            ),
        )
    )


def dashboard(view: str, chart: str) -> str:
    shown = grid("fb_chart", view, ChartGridMode="Chart", VisualizationId=f"{{{chart}}}")
    return form(
        tab(
            "fb_board",
            section("fb_left", cell("Overdue", shown, ' rowspan="3" colspan="1"'), rows=2),
            section(
                "fb_right", cell("Accounts", grid("fb_accounts", view), ' rowspan="2"'), rows=1
            ),
        )
    )


def site_map(board: str) -> str:
    def titled(text: str) -> str:
        return f'<Titles><Title LCID="1033" Title="{text}"/></Titles>'

    return (
        f'<SiteMap><Area Id="fb_area" ShowGroups="true">{titled("FreshBooks")}'
        f'<Group Id="fb_group">{titled("Money")}'
        f'<SubArea Id="fb_board" DefaultDashboard="{board}">{titled("Overview")}</SubArea>'
        '<SubArea Id="fb_accounts" Entity="account"/>'
        '<SubArea Id="fb_invoices" Entity="invoice"/>'
        "</Group></Area></SiteMap>"
    )
