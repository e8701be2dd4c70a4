"""Checks of how rows are ranked: worse than chance, too good to be true, far below trees."""

from __future__ import annotations

from collections.abc import Iterator

from core.evaluation.checks.check import Evidence, Finding, register
from core.evaluation.metrics import metric_of
from core.evaluation.paired import compare_pairs, in_words
from core.words import joined

_BELOW, _PERFECT = 0.4, 0.995
_MAX_NAMES = 4


@register("CW1", "ranks worse than chance")
def below_chance(evidence: Evidence) -> Iterator[Finding]:
    keys = tuple(s.key for s in evidence.comparison.strategies if s.mean["roc_auc"] < _BELOW)
    if keys:
        named = joined([evidence.names[key] for key in keys], _MAX_NAMES)
        yield Finding(
            "CW1",
            f"{named} {'ranks' if len(keys) == 1 else 'rank'} rows worse than chance (ROC AUC below {_BELOW}).",
            "Check that the labels are right, and that the order of the rows does not decide the folds.",
            keys,
        )


@register("CW2", "too good to be true")
def golden_column(evidence: Evidence) -> Iterator[Finding]:
    networks = [s for s in evidence.comparison.strategies if evidence.recipes[s.key].reference is None]
    perfect = tuple(s.key for s in networks if s.mean["average_precision"] > _PERFECT)
    if perfect and len(perfect) * 2 >= len(networks):
        yield Finding(
            "CW2",
            "Networks rank the rows almost perfectly, as they do where a column gives the class away.",
            "Look on the Data page for a column that is only known afterwards, and set its kind to ignored.",
            perfect,
        )


@register("CW8", "networks far below trees")
def below_references(evidence: Evidence) -> Iterator[Finding]:
    comparison, metric = evidence.comparison, metric_of(evidence.metric)
    sign = 1 if metric.higher_is_better else -1
    means = {s.key: sign * float(s.mean[metric.key]) for s in comparison.whole if s.scores[metric.key].notna().any()}
    references = [key for key in means if evidence.recipes[key].reference is not None]
    networks = [key for key in means if key not in references]
    if not references or not networks:
        return
    pairs = compare_pairs(comparison, evidence.plan.split, metric.key)
    top, best = max(references, key=means.__getitem__), max(networks, key=means.__getitem__)
    questions = [(reference, network) for reference in references for network in networks]
    p = pairs.holm(questions)[top, best]
    if in_words(float(pairs.difference[pairs.at(top, best)]), p) == "clearly better":
        yield Finding(
            "CW8",
            f"Every network is clearly worse than {evidence.names[top]} on {metric.name}.",
            "Use it instead, or give the networks more epochs, another kind of network, or number embeddings.",
            (best,),
        )
