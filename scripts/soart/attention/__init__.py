"""Attention: SOART metrics of matrices, and their score sheets: the seed's own method."""
