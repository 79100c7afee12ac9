"""Tests of the ledger: its formats, its tree and its state machine."""
