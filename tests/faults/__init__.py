"""Fault simulation: one seed drives clock, disk, crashes and the order of messages of a real node in one process."""
