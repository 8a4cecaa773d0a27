"""The main forms of the connector's own tables without what they show of others.

A form that lists rows of another table keeps that table's views from being deleted. So before
anything is taken out, these forms are left with a name alone; never a form of the firm's.
"""

from dataclasses import replace

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.screens.components import Component, form_component
from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.state import locate
from shared.adapters.dataverse.screens.view_xml import PRIMARY_NAMES
from shared.core.policies import Target
from shared.core.screens.catalogue import catalogue
from shared.core.screens.forms import Field, Form, FormKind, Section, Tab, TabColumn


def list_plain_forms(api: DataverseApi) -> list[Component]:
    """Return the main forms of our tables that are there, as they are left."""
    forms = [
        form_component(_plain(form), Facts({}))
        for form in catalogue(Target.RECORD).forms
        if form.generated and form.kind is FormKind.MAIN
    ]
    return locate(api, forms)[0]


def _plain(form: Form) -> Form:
    name = Section("fbx_plain", "", (Field(PRIMARY_NAMES[form.table]),))
    return replace(form, tabs=(Tab("fbx_general", "General", (TabColumn(100, (name,)),)),))
