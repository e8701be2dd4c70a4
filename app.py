"""Counterweight: compare balancing strategies on an imbalanced table. Start with ``streamlit run app.py``."""

from pages._frame import frame

frame().run()
