"""Tests of what every validator computes alike."""
