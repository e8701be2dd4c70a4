"""What a run recommends in few words, for lists of runs: worked out once and kept with the run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from core.evaluation.counts import Counts
from core.runs.remembered import remember, remembered
from core.runs.stakes import stakes_of
from core.runs.store import Store, StoreError

_NAME = "brief"
_RULES = Path(__file__).resolve().parent / "evaluation"


@dataclass(frozen=True)
class Brief:
    """What a run recommends.

    Parameters
    ----------
    headline : str
        The whole answer in two or three sentences; empty where nothing has a result.
    strategy : str
        The name of the recommended strategy; empty where there is none.
    score : float or None
        Its mean F1 over the folds.
    counts : Counts or None
        What it does with so many rows.
    use : str
        What to use, without the probability from which on a row is called so.
    """

    headline: str = ""
    strategy: str = ""
    score: float | None = None
    counts: Counts | None = None
    use: str = ""


def brief_of(store: Store, run_id: str) -> Brief:
    """Work out what a run recommends, under what was settled about it.

    See Also
    --------
    keep_brief : Keeps it too.
    core.evaluation.recommendation.recommend : The whole recommendation.

    Examples
    --------
    >>> from core.examples import EXAMPLES, examples
    >>> brief = brief_of(Store(EXAMPLES), examples()[0].record.id)
    >>> brief.strategy, brief.use
    ('Plain network', 'Use the plain network as it is.')
    """
    from core.data.problem import Problem
    from core.evaluation.comparison import compare
    from core.evaluation.recommendation import recommend
    from core.evaluation.verdict import MAIN_METRIC
    from core.reporting.results import Results
    from core.strategies import choices_of, label

    record, stakes = store.record(run_id), stakes_of(store, run_id)
    if stakes.is_default:  # without the table, since History asks this of many runs
        comparison = compare(store.results(run_id), record.plan, record.classes)
        advice = recommend(comparison, record.plan, cautions=record.cautions)
    else:
        settled = Results(Problem.of(store.table(run_id), record.plan), store.results(run_id), run_id, stakes)
        comparison, advice = settled.decided, settled.advice
    if advice is None:
        return Brief()
    names = {choice.key: label(choice) for choice in choices_of(record.plan)}
    scores = [float(s.mean[MAIN_METRIC]) for s in comparison.strategies if s.key == advice.key]
    # What the best by its mean is worth says nothing of another strategy.
    worth = "" if advice.worth is None or advice.worth.key != advice.key else f" {advice.worth.short}"
    name = names.get(str(advice.key), "")
    return Brief(f"{advice.lead}{worth}", name, scores[0] if scores else None, advice.counts, advice.use)


def kept_brief(store: Store, run_id: str, stamp: str = "") -> Brief | None:
    """Return what is kept of a run's recommendation; None where nothing is, or the run has changed since.

    ``stamp`` is what :func:`stamp_of` returned, where a caller needs it too: it reads the run's files.
    """
    kept = dict(remembered(store, run_id, _NAME))
    try:
        if kept.pop("of") != (stamp or stamp_of(store, run_id)):
            return None
        counts = kept.pop("counts")
        return Brief(**kept, counts=None if counts is None else Counts(**counts))  # type: ignore[arg-type]
    except (OSError, LookupError, TypeError, StoreError):
        return None


def keep_brief(store: Store, run_id: str, stamp: str = "") -> Brief:
    """Work out what a run recommends and keep it with the run; empty where the run is damaged.

    See Also
    --------
    kept_brief : Reads it back; ``stamp`` is as there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from core.examples import examples, open_example
    >>> with TemporaryDirectory() as folder:
    ...     store, run_id = Store(Path(folder)), examples()[0].record.id
    ...     opened = open_example(store, run_id)
    ...     kept_brief(store, run_id) is None, keep_brief(store, run_id) == kept_brief(store, run_id)
    (True, True)
    """
    try:
        stamp = stamp or stamp_of(store, run_id)
        brief = brief_of(store, run_id)
    except (StoreError, OSError, ArithmeticError, LookupError, TypeError, ValueError):  # damaged: Compare says so
        return Brief()
    remember(store, run_id, _NAME, {"of": stamp, **asdict(brief)})
    return brief


def stamp_of(store: Store, run_id: str) -> str:
    """Return a text that changes with the run, with what was settled about it, and with the rules of the answer.

    Raises
    ------
    StoreError
        There is no such run.
    """
    settled = json.dumps(stakes_of(store, run_id).to_query(), sort_keys=True)
    return sha256("\n".join((store.fingerprint(run_id), settled, _rules())).encode()).hexdigest()[:32]


@cache
def _rules() -> str:
    """Return a hash of the code that words answers: another version of the app words them in another way."""
    return sha256(b"".join(path.read_bytes() for path in sorted(_RULES.glob("*.py")))).hexdigest()
