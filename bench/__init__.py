"""Benches: each prints its cases with value, unit, what it is held against, ratio and goal."""
