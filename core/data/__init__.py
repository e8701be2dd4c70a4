"""From the bytes of a file to the matrix that a network sees."""
