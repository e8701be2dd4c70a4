"""What outlives a page: the store and the engine of each person's runs, and the libraries loaded ahead of time."""

from __future__ import annotations

import gc
import os
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages._person import my_runs, runs_folder

if TYPE_CHECKING:
    from core.runs.conductor import Conductor
    from core.runs.engine import Engine
    from core.runs.store import Store


# A browser that has just been sent the first page needs the processor itself.
_CALM = 1.0


def store() -> Store:
    """Return the store of this person's runs."""
    return _store(str(my_runs()))


@st.cache_resource(show_spinner=False)
def _store(root: str) -> Store:
    from core.runs.store import Store

    return Store(Path(root))


def engine() -> Engine:
    """Return the engine for this person's runs; everybody's engines share one cluster."""
    return _engine(str(my_runs()))


@st.cache_resource(show_spinner=False)
def _engine(root: str) -> Engine:
    from core.runs.engine import Engine

    return Engine(Path(root), conductor=_conductor())


@st.cache_resource(show_spinner=False)
def _conductor() -> Conductor:
    from core.runs.conductor import Conductor

    return Conductor(os.environ.get("COUNTERWEIGHT_SCHEDULER"))


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Resume interrupted runs and load the libraries in the background, so that the first click need not wait."""

    def load() -> None:
        time.sleep(_CALM)
        from core.runs.people import folders

        for module in (
            "core.data.samples",
            "pages._session",
            "core.strategies.choosing",
            "core.teaching.effects",
            "core.experiment.units",
            "core.charts.figures",
            "core.charts.pairs",
            "core.evaluation.paired",
        ):
            import_module(module)
        # The modules stay: without this, each look for garbage goes through their half a million objects again.
        gc.collect()
        gc.freeze()
        for folder in folders(runs_folder()):
            _engine(str(folder))

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread
