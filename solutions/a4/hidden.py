"""Hidden cases of a4, the mistakes that they catch, and independent ways: one file for each module, hidden_<module>.py."""
