"""What a script stops on where that is not the loss: the app's own scores."""

from __future__ import annotations

import re
from functools import partial

from core.experiment.stopping import SCORES
from core.exporting.script._closure import closure
from core.strategies.snippets.snippet import KERAS, NUMPY, Code

#: A script has a function of this name already, of classes and decisions.
_TAKEN = "f1"


def score(stop_on: str) -> tuple[Code, ...]:
    """Return the callback that logs a score of the validation rows, with the functions that it needs.

    Examples
    --------
    >>> [code.text.splitlines()[0] for code in score("roc_auc")]
    ['def ranking_score(metric, y, p):', 'def roc_auc(y, p):', 'class Score(keras.callbacks.Callback):']
    """
    function = SCORES[stop_on]
    functions: tuple[Code, ...] = ()
    if stop_on == "average_precision":  # the script's own, by which it judges
        call = "average_precision("
    elif isinstance(function, partial):
        (metric,) = function.args
        places = [(one.__module__, one.__name__) for one in (function.func, metric)]
        functions, call = closure(places), f"{function.func.__name__}({metric.__name__}, "
    else:
        functions, call = closure([(function.__module__, function.__name__)]), f"{function.__name__}("  # type: ignore[attr-defined]
    text = f'''class Score(keras.callbacks.Callback):
    """Logs the mean over networks of what they stop on, of which more is better."""

    def __init__(self, trained):
        super().__init__()
        self.trained = trained

    def on_epoch_end(self, epoch, logs):
        predicted = [(fold.y_valid, predict([model], fold.X_valid, fold)) for model, fold in self.trained]
        scores = [{call}y, p) for y, p in predicted]
        logs["score"] = float(np.mean(scores))'''
    codes = (*functions, Code(text, (KERAS, NUMPY)))
    return tuple(Code(re.sub(rf"\b{_TAKEN}\b", f"{_TAKEN}_of", code.text), code.imports) for code in codes)
