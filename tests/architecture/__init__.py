"""Tests of how the house is built: who may import whom, and what code that every validator runs may not do."""
