"""What runs recommend, for lists of them: from what is kept, else worked out, the rest in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._guard import guarded_fragment
from pages._services import store

if TYPE_CHECKING:
    from core.briefs import Brief
    from core.runs.record import RunRecord
    from core.runs.store import Store

# How long a page works out what nobody has looked at yet, before it shows what it has.
_MOST_SECONDS = 1.0


@dataclass
class Desk:
    """Where the recommendations of one person's runs are worked out.

    Parameters
    ----------
    found : dict
        By run and its stamp: there too where a run's folder takes no file.
    work : Future or None
        What is under way.
    """

    found: dict[tuple[str, str], Brief] = field(default_factory=dict)
    work: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self.work is not None and not self.work.done()

    def look(self, own: Store, run_id: str) -> Brief | None:
        """Return what a run recommends, where that is known."""
        from core.briefs import kept_brief, stamp_of

        stamp = stamp_of(own, run_id)
        return kept_brief(own, run_id, stamp) or self.found.get((run_id, stamp))

    def work_out(self, own: Store, run_id: str) -> Brief:
        from core.briefs import keep_brief, stamp_of

        stamp = stamp_of(own, run_id)
        brief = self.found[run_id, stamp] = keep_brief(own, run_id, stamp)
        return brief

    def begin(self, own: Store, run_ids: Sequence[str]) -> None:
        """Work out what runs recommend in a thread of its own, one after the other."""
        from core.runs.store import StoreError

        done: Future[None] = Future()

        def work() -> None:
            try:
                for run_id in run_ids:
                    self.work_out(own, run_id)
            except StoreError:
                pass  # deleted meanwhile: the next look at the page begins with the others
            finally:
                done.set_result(None)

        self.work = done
        threading.Thread(target=work, name="briefs", daemon=True).start()


@cached(max_entries=None)
def desk() -> Desk:
    return Desk()


def briefs_of(records: Sequence[RunRecord]) -> dict[str, Brief | None]:
    """Return what runs recommend by their ids; None for one that is being worked out."""
    from core.briefs import Brief

    own, mine, began = store(), desk(), time.monotonic()
    found: dict[str, Brief | None] = {}
    for record in records:
        if record.active or not own.finished_units(record.id):
            found[record.id] = Brief()
            continue
        found[record.id] = mine.look(own, record.id)
        if found[record.id] is None and not mine.is_busy and time.monotonic() - began < _MOST_SECONDS:
            found[record.id] = mine.work_out(own, record.id)
    waiting = [run_id for run_id, brief in found.items() if brief is None]
    if waiting and not mine.is_busy:
        mine.begin(own, waiting)
    return found


def wait_for_briefs(found: dict[str, Brief | None]) -> None:
    """Where some are being worked out, say so, and show each once it is there."""
    waiting = tuple(run_id for run_id, brief in found.items() if brief is None)
    if waiting:
        _wait(waiting)


@st.fragment(run_every=1)
@guarded_fragment
def _wait(waiting: tuple[str, ...]) -> None:
    from core.words import counted

    if not desk().is_busy or any(desk().look(store(), run_id) is not None for run_id in waiting):
        st.rerun()
    what = "recommends" if len(waiting) == 1 else "recommend"
    st.caption(f":material/hourglass_top: Working out what {counted(len(waiting), 'run')} {what} …")
