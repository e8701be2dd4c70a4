"""Checks of how networks learned: too little, too much, with too few rows for early stopping, unevenly over folds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.evaluation.checks.check import Evidence, Finding, register
from core.evaluation.metrics import BENEFIT, COST, metric_of
from core.words import counted, joined, quoted

_MAX_NAMES = 4
_WILD = 0.15
_FEW_TO_STOP = 3
_LOSS_TIMES, _LOSS_MORE = 2.0, 0.1


@register("CW5", "folds differ wildly")
def wild_folds(evidence: Evidence) -> Iterator[Finding]:
    metric = metric_of(evidence.metric)
    if metric.key in ("log_loss", COST.key, BENEFIT.key):  # of no fixed range, so that no spread is wild by itself
        return
    wild = {s.key: float(s.std[metric.key]) for s in evidence.comparison.whole if s.std[metric.key] > _WILD}
    if len(wild) * 2 >= len(evidence.comparison.whole) and wild:
        worst = max(wild, key=wild.__getitem__)
        scores = next(s for s in evidence.comparison.whole if s.key == worst).scores[metric.key]
        yield Finding(
            "CW5",
            f"Folds differ wildly on {metric.name}: that of {evidence.names[worst]} goes from {scores.min():.2f} to "
            f"{scores.max():.2f}.",
            "Run more repeats, and see whether rows belong together or follow each other in time.",
            tuple(wild),
        )


@register("CW6", "still learning at the last epoch")
def last_epoch(evidence: Evidence) -> Iterator[Finding]:
    epochs = evidence.plan.training.epochs
    late = [
        s.key
        for s in evidence.comparison.strategies
        if s.histories and np.mean([h.best_epoch >= epochs - 2 for h in s.histories]) > 0.5
    ]
    if late:
        named = joined([evidence.names[key] for key in late], _MAX_NAMES)
        yield Finding(
            "CW6",
            f"{named} still got better when the {counted(epochs, 'epoch')} ran out.",
            "Allow more epochs, or a higher learning rate.",
            tuple(late),
        )


@register("CW7", "memorised the training rows")
def by_heart(evidence: Evidence) -> Iterator[Finding]:
    """Of plain networks alone: what a strategy weighs or makes up has another loss than the rows to stop by."""
    for s in evidence.comparison.strategies:
        recipe = evidence.recipes[s.key]
        if not recipe.is_plain or recipe.decisions or not s.histories:
            continue
        train = np.mean([h.train_loss[h.best_epoch] for h in s.histories])
        unseen = np.mean([h.validation_loss[h.best_epoch] for h in s.histories])
        if unseen > _LOSS_TIMES * train and unseen - train > _LOSS_MORE:
            yield Finding(
                "CW7",
                f"{evidence.names[s.key]} knows its training rows by heart: a loss of {train:.2f} on them, of "
                f"{unseen:.2f} on others.",
                "Use dropout, weight decay or a smaller network.",
                (s.key,),
            )


@register("CW9", "too few rows for early stopping")
def few_validation_rows(evidence: Evidence) -> Iterator[Finding]:
    split, share = evidence.plan.split, evidence.plan.training.validation_split
    rows = float(evidence.rows_of_classes.min()) * (1 - 1 / split.folds) * share
    tuned = any(recipe.rules for recipe in evidence.recipes.values())
    rules = ("thresholds" if len(evidence.comparison.labels) == 2 else "tuned decisions") if tuned else ""
    if rows < _FEW_TO_STOP:
        yield Finding(
            "CW9",
            f"About {counted(round(rows), 'row')} of {quoted(evidence.smallest)} {'is' if round(rows) == 1 else 'are'} "
            f"left in each fold for early stopping{f' and for fitting {rules}' if rules else ''}.",
            f"Choose a larger validation share{f', or do without {rules}' if rules else ''}.",
        )
