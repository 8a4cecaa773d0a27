"""What Dataverse shows, read over OData and put into the words that expectations use.

Never looks at FreshBooks.
"""

from sandbox.check.found.crm import CLIENT, ENTRY, Crm, FoundRow, Reference
from sandbox.check.found.reading import read_crm

__all__ = ["CLIENT", "ENTRY", "Crm", "FoundRow", "Reference", "read_crm"]
