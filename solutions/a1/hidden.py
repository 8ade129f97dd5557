"""Hidden part of a1: a file for each module, beside this one. They share nothing."""
