"""Holds independent re-computations of formats from their specifications, to check the product against.

Nothing here imports autochain: an oracle that shared code with what it checks would share its mistakes.
"""
