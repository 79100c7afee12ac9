"""Tests of the release committee: of its members, and of those who speak to them."""
