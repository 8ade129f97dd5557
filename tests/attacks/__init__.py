"""Submissions that cheat, spy, break or flood, and the proof that each of them gains nothing.

`<kind>/<attack>.py` is one attack: student code, and a few constants that say what it may earn; see `attack.py`.
"""
