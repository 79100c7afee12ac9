"""Tests of the node: its store, its engine, its HTTP, and what it loses when it is killed, which is nothing."""
