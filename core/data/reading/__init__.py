"""Reading files: bytes to typed columns."""
