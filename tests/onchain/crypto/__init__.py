"""Tests of the verifying half of each cryptographic scheme."""
