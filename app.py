"""Counterweight: compare balancing strategies on an imbalanced table. Start with ``streamlit run app.py``.

Streamlit imports this file once for its server, and runs it as a script for every look at a page.
"""

from pathlib import Path

if __name__ == "__main__":
    from pages._frame import frame

    frame().run()
else:
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from pages._uploads import UploadGate

    app = App(Path(__file__).resolve(), middleware=[Middleware(UploadGate)])
