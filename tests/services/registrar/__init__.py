"""Tests of the registrars, and of asking them."""
