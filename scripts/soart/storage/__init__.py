"""Storage: tables, pictures and files as they are written and read; what a run left, and whether it is still so."""
