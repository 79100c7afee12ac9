"""Tests of the SDK: what it sends, and what it refuses to believe."""
