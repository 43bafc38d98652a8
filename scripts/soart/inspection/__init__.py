"""Inspection: whether a part is good, how sure that is, and where it is not; learned from good ones alone."""
