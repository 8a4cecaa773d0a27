"""The sample firm's clients: who they are, where, and how they pay.

Never anybody real.
"""

from dataclasses import dataclass

USD, CAD = "USD", "CAD"


@dataclass(frozen=True)
class FirmClient:
    """A client as the firm knows it.

    Attributes:
        name: the organization; a person's name when `person`.
        where: city, province or state, country, postal code.
        invoices: how many it got over the year.
        size: about how much each is, in its own currency.
        prompt: how it pays: 1 always in time, 0 hardly ever.
        person: it is no organization.
    """

    name: str
    currency: str
    where: tuple[str, str, str, str]
    invoices: int
    size: int
    prompt: float = 0.9
    person: bool = False


_US, _CA = "United States", "Canada"
_HALIFAX = ("Halifax", "Nova Scotia", _CA, "B3J 1P3")
_TORONTO = ("Toronto", "Ontario", _CA, "M5H 2N2")
_MONTREAL = ("Montréal", "Québec", _CA, "H2Y 1C6")
_VANCOUVER = ("Vancouver", "British Columbia", _CA, "V6B 4N9")
_BOSTON = ("Boston", "Massachusetts", _US, "02110")
_PORTLAND = ("Portland", "Maine", _US, "04101")
_SEATTLE = ("Seattle", "Washington", _US, "98101")
_DENVER = ("Denver", "Colorado", _US, "80202")
_AUSTIN = ("Austin", "Texas", _US, "78701")
_CHICAGO = ("Chicago", "Illinois", _US, "60601")

CLIENTS = (
    FirmClient("Aldermoor Hospitality Group", USD, _BOSTON, 9, 6200),
    FirmClient("Bluepine Logistics", USD, _SEATTLE, 12, 9400),
    FirmClient("Brightwater Foods Inc.", USD, _PORTLAND, 6, 4100),
    FirmClient("Café Marchand Importations", CAD, _MONTREAL, 6, 3300, 0.8),
    FirmClient("Cascadia Timber Works", CAD, _VANCOUVER, 8, 7700),
    FirmClient("Copperfield Analytics", USD, _AUSTIN, 7, 5200),
    FirmClient("Delphine Cosmetics", CAD, _MONTREAL, 5, 2900, 0.6),
    FirmClient("Dunmore Pharmaceuticals", USD, _CHICAGO, 11, 14800, 1.0),
    FirmClient("Eastwind Robotics", USD, _BOSTON, 8, 8800),
    FirmClient("Fairhaven School District", USD, _PORTLAND, 4, 3900, 0.7),
    FirmClient("Granite Peak Outfitters", USD, _DENVER, 6, 2600),
    FirmClient("Halcyon Event Production", USD, _AUSTIN, 7, 3100, 0.5),
    FirmClient("Hollis & Byrne LLP", USD, _BOSTON, 8, 11200, 1.0),
    FirmClient("Inverness Dairy Co-operative", CAD, _HALIFAX, 6, 4400),
    FirmClient("Ironbridge Construction", USD, _CHICAGO, 5, 9900, 0.7),
    FirmClient("Juniper Street Dental", USD, _DENVER, 4, 1500),
    FirmClient("Kestrel Aerospace Components", USD, _SEATTLE, 10, 16500, 1.0),
    FirmClient("Lakeshore Credit Union", CAD, _TORONTO, 12, 8100, 1.0),
    FirmClient("Mara Lindqvist", USD, _PORTLAND, 3, 900, 0.9, person=True),
    FirmClient("Meridian Freight Systems", USD, _CHICAGO, 9, 7300, 0.8),
    FirmClient("Oakline Furniture", CAD, _TORONTO, 5, 2700),
    FirmClient("O'Rourke Brewing", USD, _PORTLAND, 6, 2200, 0.6),
    FirmClient("Pemberton Municipal Water", CAD, _VANCOUVER, 4, 12600, 1.0),
    FirmClient("Quillfeather Publishing", USD, _BOSTON, 6, 1900),
    FirmClient("Redstone Quarry Ltd", CAD, _HALIFAX, 4, 5600, 0.3),
    FirmClient("Saltmarsh Biotech", USD, _BOSTON, 8, 13100),
    FirmClient("Société Boréale", CAD, _MONTREAL, 5, 4700),
    FirmClient("Sunfield Solar", USD, _AUSTIN, 0, 0),
    FirmClient("Tamarack Insurance Brokers", CAD, _TORONTO, 7, 3600),
    FirmClient("Tobias Okafor", CAD, _TORONTO, 2, 700, 1.0, person=True),
    FirmClient("Umbra Security", USD, _AUSTIN, 6, 5900, 0.8),
    FirmClient("Vantage Point Realty", USD, _DENVER, 5, 3000, 0.7),
    FirmClient("Westbrook Manufacturing", USD, _CHICAGO, 9, 10400),
    FirmClient("Xylem Garden Centres", CAD, _VANCOUVER, 4, 2100, 0.4),
    FirmClient("Yarrow Veterinary Clinics", USD, _SEATTLE, 4, 1700),
    FirmClient("Zephyr Inflight Catering", USD, _CHICAGO, 6, 4900),
)
