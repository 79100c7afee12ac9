"""One folder per subject, all laid out alike; nothing in the ledger names a contract."""
