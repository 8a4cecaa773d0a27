"""FetchXML over the simulated rows: what views, charts and `?fetchXml=` ask.

Never ignores what it does not simulate; it refuses it.
"""

from sandbox.dataverse.fetch.groups import Group, Grouped
from sandbox.dataverse.fetch.parsing import parse
from sandbox.dataverse.fetch.queries import Fetch
from sandbox.dataverse.fetch.running import Found, grouped, run

__all__ = ["Fetch", "Found", "Group", "Grouped", "grouped", "parse", "run"]
