"""The servers and processes of one checkout: stores from wheels, a restarter, the demo, the test plugin.

Nothing here imports Django, so that all of it works before Django reads its settings.
"""
