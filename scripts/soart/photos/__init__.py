"""The room of photos."""
