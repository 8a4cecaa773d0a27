"""What the published facts leave open, asked of real accounts: `make contract-live`.

Never uses the connector's adapters, so that a misreading there cannot hide, and never its stored
login. Reads only, unless it is told to write; what it writes carries a mark and is removed again.
"""
