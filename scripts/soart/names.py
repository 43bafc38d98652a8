"""What counts as a result: its kinds of files. No numpy here: this is imported at each start."""

KINDS = (".jpg", ".png", ".parquet", ".csv", ".npz")  # what else is a result is a folder of them
