"""Passports of a vehicle with a whole life behind it, and all that must not pass for one."""
