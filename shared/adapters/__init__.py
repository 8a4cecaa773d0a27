"""The world behind the ports: FreshBooks, Dataverse, Key Vault, Storage. Decides nothing."""
