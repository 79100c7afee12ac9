"""Engines: what decides the order of transactions."""
