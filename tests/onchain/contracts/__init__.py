"""Tests of the contracts, on a whole chain in memory."""
