"""Experiments that show what the product promises, on a stack of their own: load, faults, and checks by SQL.

Nothing here imports Django: the stack under test runs in processes of its own, with its own settings.
"""
