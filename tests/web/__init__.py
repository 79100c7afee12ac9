"""The console's verifier against the project's own, and what both are given."""
