"""Hidden cases of a6, the mistakes that they catch, and independent ways to the same answers.

One file for each module: hidden_<module>.py.
"""
