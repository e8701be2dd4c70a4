"""The toy table, and what a strategy does to the rows."""
