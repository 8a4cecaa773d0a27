"""A sample firm: its books in FreshBooks, and what Sales knows before the first sync.

Never anybody real, and never random twice.
"""

from sandbox.firm.crm import open_crm
from sandbox.firm.year import Firm, open_books

__all__ = ["Firm", "open_books", "open_crm"]
