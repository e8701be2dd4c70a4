"""The zip that a person takes away: model, decision, card, a script that scores, and ONNX."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.data.reading import cells
from core.data.table import Table
from core.decision import NoOnnxForm
from core.decision.stakes import Stakes
from core.experiment.results import FoldResult
from core.exporting.card import decision_sentence, model_card
from core.exporting.forms import TOLERANCE
from core.exporting.refit import refit
from core.exporting.scorer import Probabilities, Scorer
from core.exporting.settled import settle
from core.library_errors import meaning
from core.plan import Plan, StrategyChoice
from core.reporting import safe_csv
from core.strategies import StrategyError
from core.words import joined

#: What scores without this project: the script, and the modules of this project that it reads and writes with.
SCRIPTS = {
    "predict.py": Path(__file__).with_name("_predict.py"),
    "reading.py": Path(cells.__file__),
    "safe_csv.py": Path(safe_csv.__file__),
}
_CHECKED_ROWS = 2000


@dataclass(frozen=True)
class Export:
    """A refitted model, ready to keep.

    Parameters
    ----------
    archive : bytes
        The zip: model.keras, decision.json, model_card.md, predict.py with the two modules that it
        needs, and model.onnx where it holds.
    scorer : bytes
        What :meth:`Scorer.from_bytes` reads.
    checks : str
        What was found when the files were opened again, in sentences.

    See Also
    --------
    export : Makes it.
    core.exporting.shelf.Kept : The same on disk.
    """

    archive: bytes = field(repr=False)
    scorer: bytes = field(repr=False)
    checks: str


def export(
    table: Table,
    plan: Plan,
    choice: StrategyChoice,
    results: Sequence[FoldResult],
    stakes: Stakes | None = None,
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Export:
    """Refit a choice on all labelled rows and pack what scores new rows elsewhere.

    The files are opened again and compared with this process's own probabilities on rows of the
    table; a Keras file that differs is refused, an ONNX file that differs is left out.

    Parameters
    ----------
    stakes : Stakes or None
        What was settled about the run's decisions; None leaves the strategy's own.

    Raises
    ------
    StrategyError
        The choice cannot be exported; the message says why.
    MemoryShortage
        Training on all rows needs more memory than there is.
    Stopped
        ``should_stop`` returned True while the networks were trained.

    See Also
    --------
    core.exporting.refit.refit : Trains the model.
    core.exporting.card.model_card : Writes the card.
    """
    from core.exporting import keras_model, onnx_model

    refitted = refit(table, plan, choice, results, report, should_stop)
    problem = Problem.of(table, plan)
    refitted = replace(refitted, scorer=settle(refitted.scorer, choice, results, stakes or Stakes(), problem))
    scorer = refitted.scorer
    rows = problem.table.frame.iloc[:_CHECKED_ROWS]
    arrays = keras_model.arrays_of(scorer.preparation, rows)
    inputs = keras_model.inputs_of(scorer.preparation)
    check = _Check(scorer, rows)

    own = refitted.own_layers
    saved = keras_model.to_bytes(keras_model.build(scorer, refitted.networks))
    apart = check.apart(keras_model.predict(keras_model.from_bytes(saved, own), inputs, arrays))
    if not apart <= TOLERANCE:
        raise StrategyError(f"The saved model differs from the trained one by {apart:.1e} and was not kept.")
    files = {"model.keras": saved}
    checks = [f"model.keras, opened again, gives the same probabilities on {len(rows):,} rows, {_at_most(apart)}."]
    try:
        graph = onnx_model.build(scorer).SerializeToString()
        apart = check.apart(onnx_model.predict(graph, arrays))
    except NoOnnxForm as error:
        checks.append(f"model.onnx is left out: {error}")
    except Exception as error:
        # onnx and onnxruntime raise errors of many kinds of their own; the rest of the export is good without.
        checks.append(f"model.onnx is left out, since the conversion failed: {meaning(error)}.")
    else:
        if apart <= TOLERANCE:
            files["model.onnx"] = graph
            checks.append(f"model.onnx, run by onnxruntime, gives them too, {_at_most(apart)}.")
        else:
            checks.append(f"model.onnx is left out, since its probabilities differed by {apart:.1e} in onnxruntime.")
    if own:
        modules = joined(dict.fromkeys(f"{layer.__module__}.py" for layer in own.values()))
        checks.append(f"model.keras has layers of your own: wherever it is opened, {modules} must be there.")
    said = " ".join(checks)
    files["decision.json"] = decision(scorer, own).encode()
    files |= {name: path.read_bytes() for name, path in SCRIPTS.items()}
    files["model_card.md"] = model_card(problem, choice, results, refitted, said).encode()
    return Export(_zipped(files), scorer.to_bytes(), said)


class _Check:
    """Holds what another form of a model makes of rows against what its scorer makes of them.

    The networks are compared, and what follows them on the other form's own mean probabilities: a calibration may be
    so steep in places that a rounding error of the networks shows behind it.
    """

    def __init__(self, scorer: Scorer, rows: pd.DataFrame) -> None:
        self._scorer = scorer
        self._mean = scorer.both(rows).mean

    def apart(self, got: Probabilities) -> float:
        """Return the largest difference, infinite where a probability is not finite."""
        if not (np.isfinite(got.mean).all() and np.isfinite(got.final).all()):
            return np.inf
        pairs = (self._mean, got.mean), (self._scorer.adjusted(got.mean), got.final)
        return max(float(np.abs(wanted - given).max(initial=0.0)) for wanted, given in pairs)


def _at_most(apart: float) -> str:
    return "bit by bit" if apart == 0 else f"within {np.format_float_scientific(apart, 0, trim='-')}"


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            # A fixed moment, so that the same model gives the same file.
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def decision(scorer: Scorer, own_layers: Mapping[str, type] | None = None) -> str:
    """Return decision.json: the rule, the classes, what the model takes and what calibration is inside it.

    Parameters
    ----------
    own_layers : mapping of str to type, optional
        Layer classes of a person's own by the names that the model's file has for them.

    See Also
    --------
    core.exporting.card.decision_sentence : The rule alone, in words.
    """
    from core.exporting.inputs import inputs_of

    row_costs = scorer.stakes.deciding_costs
    return json.dumps(
        {
            "target": scorer.target,
            "classes": scorer.classes,
            "rule": decision_sentence(scorer).replace("`", "'"),
            "threshold": scorer.threshold,
            "scales": scorer.scales or [1.0] * len(scorer.classes),
            "calibration_inside_the_model": [{"kind": one.kind, **one.fields()} for one in scorer.adjustments],
            "inputs": [{"column": i.column, "name": i.name, "kind": i.kind} for i in inputs_of(scorer.preparation)],
            "missing": cells.MARKS,
            "reading": scorer.reading.plain(),
            "columns": probability_columns(scorer),
            "costs": {
                "matrix": scorer.stakes.costs.matrix,
                "benefits": scorer.stakes.costs.benefits,
                "share_in_the_field": scorer.stakes.costs.prevalence,
            },
            "row_costs": None if row_costs is None else row_costs.plain(),
            "decision": "decision",
            "own_layers": {name: f"{cls.__module__}:{cls.__name__}" for name, cls in (own_layers or {}).items()},
        },
        ensure_ascii=False,
        indent=2,
    )


def probability_columns(scorer: Scorer) -> list[tuple[int, str]]:
    """Return the codes whose probability a scored table shows, and the columns' names.

    See Also
    --------
    core.exporting.new_rows.score : Adds these columns to rows.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> probability_columns(sample_scorer())
    [(1, 'probability yes')]
    """
    codes = [1] if len(scorer.classes) == 2 else range(len(scorer.classes))
    return [(code, f"probability {scorer.classes[code]}") for code in codes]
