"""Hidden cases of a4, the mistakes that they catch, and independent ways to the same answers.

One file for each module: hidden_<module>.py.
"""
