"""A sample firm: its books in FreshBooks, and what Sales knows before the first sync.

Never anybody real, and never random twice.
"""

from sandbox.firm.clients import CAD, CLIENTS, USD, FirmClient
from sandbox.firm.crm import ALREADY_THERE, OPPORTUNITIES, open_crm
from sandbox.firm.year import Firm, open_books

__all__ = [
    "ALREADY_THERE",
    "CAD",
    "CLIENTS",
    "OPPORTUNITIES",
    "USD",
    "Firm",
    "FirmClient",
    "open_books",
    "open_crm",
]
