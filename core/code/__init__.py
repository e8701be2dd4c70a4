"""A chosen strategy as a standalone script: see :mod:`core.code.script`."""
