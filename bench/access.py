"""What another program needs to write where the connector writes: tokens, and a price list.

Never prints anything that a real service would accept: it runs against the sandbox alone.
"""

import json
import logging

from shared.connector import connector


def main() -> None:
    """Print tokens of FreshBooks and Dataverse, and the price list of US dollars."""
    logging.disable(logging.INFO)
    app = connector()
    (business,) = app.businesses.list_all()
    prices = app.crm.get_price_list("USD")
    print(
        json.dumps(
            {
                "business": business.id,
                "freshbooks": app.tokens(business.id)(None),
                "dataverse": app.world.dataverse_token(None),
                "price_list": str(prices),
            }
        )
    )


if __name__ == "__main__":
    main()
