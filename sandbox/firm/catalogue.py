"""What the sample firm sells and buys, what it charges in taxes, and how it is paid.

Never knows a client or a day.
"""

# What the firm sells: what it is called, what stands below it, and what an hour or a day costs.
SERVICES = (
    ("Strategy workshop", "One day on site with the leadership team", "2850.00"),
    ("Process review", "Interviews, walk-throughs and a written summary", "165.00"),
    ("Interim controller", "Finance lead on loan, by the hour", "142.50"),
    ("Data migration", "Mapping, trial runs and the weekend itself", "178.75"),
    ("Change management", "Coaching of team leads", "155.00"),
    ("Board presentation", "Slides, rehearsal and a seat at the table", "1200.00"),
    ("Vendor selection", "Long list to contract, fixed fee", "4750.00"),
    ("Training day", "Up to twelve people, materials included", "1980.00"),
    ("Travel time", "At half the usual rate", "72.33"),
    ("Compliance audit", "Sampling, findings and follow-up", "188.00"),
)

# Taxes by where the client is: name and percentage, twice where two are due.
TAXES = {
    "Nova Scotia": (("HST", "15"),),
    "Ontario": (("HST", "13"),),
    "Québec": (("GST", "5"), ("QST", "9.975")),
    "British Columbia": (("GST", "5"), ("PST", "7")),
    "Washington": (("Sales tax", "10.25"),),
    "Texas": (("Sales tax", "8.25"),),
}

VENDORS = (
    ("Harbour Air", "412.80"),
    ("Union Station Hotel", "268.40"),
    ("Maple Taxi Co-op", "38.75"),
    ("Print & Bind", "96.20"),
    ("Northern Rail", "154.00"),
    ("Corner Bakery", "61.35"),
)
OVERHEAD = (
    ("Cloud hosting", "318.00"),
    ("Office rent", "5400.00"),
    ("Coffee supplier", "84.10"),
    ("Accounting software", "55.00"),
)

# How clients pay.
METHODS = ("Bank Transfer", "Check", "Credit Card", "ACH")
