"""The results as text, HTML, LaTeX and CSV."""
