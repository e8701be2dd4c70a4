"""The model card: what the model is for, what it was trained on, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.data.cautions import find_cautions
from core.data.problem import Problem
from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.evaluation.comparison import compare
from core.evaluation.intervals import Interval, intervals
from core.evaluation.metrics import METRICS
from core.evaluation.outoffold import out_of_fold
from core.evaluation.settled import advice_of, comparison_of
from core.evaluation.worth import is_benefit, worth
from core.experiment.results import FoldResult
from core.exporting.refit import Refitted
from core.exporting.scorer import Scorer
from core.networks.reading import network_label
from core.plan import NetworkChoice, Plan, StrategyChoice
from core.strategies import Recipe, label, parts_of
from core.versions import versions
from core.words import counted, listed, quoted

_FEW = 50


def model_card(
    problem: Problem, choice: StrategyChoice, results: Sequence[FoldResult], refitted: Refitted, checks: str
) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    checks : str
        What was found when the exported files were opened again.

    See Also
    --------
    core.exporting.bundle.export : Packs it beside the model.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.exporting.sample import sample_scorer
    >>> run, model = sample_run(), Refitted(sample_scorer(), networks=())
    >>> card = model_card(run.problem, run.plan.strategies[1], run.folds, model, "Nothing was checked.")
    >>> [line for line in card.splitlines() if line.startswith(("# Model", "| `yes`"))]
    ['# Model card: `fraud`', '| `yes` | 6 | 25.0% |']
    """
    plan, scorer = problem.plan, refitted.scorer
    sections = {
        "In short": _in_short(choice, results, problem, scorer.stakes),
        "What it does": _purpose(scorer),
        "Data": _data(problem),
        "Preparation": _preparation(scorer),
        "Strategy": _strategy(plan, choice, refitted),
        "How good it is": _figures(plan, choice, results, scorer),
        **_costs(problem, choice, results, scorer),
        "Limits": _limits(problem, results, choice),
        "Checked": checks,
        "Versions": "\n".join(f"- {name} {number}" for name, number in versions().items()),
    }
    return f"# Model card: {quoted(plan.target)}\n\n" + "\n".join(f"## {h}\n\n{t}\n" for h, t in sections.items())


def _preparation(scorer: Scorer) -> str:
    """Return how columns become inputs of the network, columns that are prepared alike together."""
    alike: dict[str, list[str]] = {}
    for step in scorer.preparation.steps:
        alike.setdefault(step.says, []).append(step.name)
    return "\n".join(f"- {listed(names, 20)}: {said}." for said, names in alike.items())


def _in_short(choice: StrategyChoice, results: Sequence[FoldResult], problem: Problem, stakes: Stakes) -> str:
    """Return what the comparison recommends, which need not be the model of this card."""
    comparison = comparison_of(results, problem, stakes)
    advice = advice_of(comparison, problem, stakes, cautions=find_cautions(problem).sentences)
    if advice is None:
        return "No fold of the comparison was finished, so nothing is known of this model."
    said = [advice.lead, *advice.helps]
    if advice.key is not None and advice.key != choice.key:
        said.insert(0, f"This is the model of {label(choice)}, which is not what the comparison recommends. It says:")
    said += [f"- {sentence}" for sentence in (*advice.warnings, *advice.why)]
    said += [f"- {advice.worth.text}"] if advice.worth is not None else []
    return "\n\n".join(said[:2]) + "\n" + "\n".join(["", *said[2:]])


def _purpose(scorer: Scorer) -> str:
    return (
        f"It gives the probability of each class of {quoted(scorer.target)} for a row of a table: "
        f"{listed(scorer.classes, 50)}. {decision_sentence(scorer)}\n\n"
        f"Inputs: {listed((step.name for step in scorer.preparation.steps), 200)}. Missing values are allowed in all."
    )


def decision_sentence(scorer: Scorer) -> str:
    """Return in one sentence how probabilities become a decision.

    See Also
    --------
    core.exporting.bundle.decision : The same for programs.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> decision_sentence(sample_scorer())
    'A row is called `yes` at a probability of 0.4 or more.'
    """
    costs = scorer.stakes.deciding_costs
    if costs is not None:
        return (
            f"A row is called {quoted(scorer.classes[1])} where leaving it would cost more on average. "
            f"{costs.sentence()} A row without a usable cost gets its most probable class."
        )
    if scorer.threshold is not None:
        return f"A row is called {quoted(scorer.classes[1])} at a probability of {scorer.threshold:.4g} or more."
    if scorer.scales:
        factors = ", ".join(f"{quoted(c)} {s:.3g}" for c, s in zip(scorer.classes, scorer.scales, strict=True))
        return f"The class wins whose probability times its factor is largest: {factors}."
    return "The class with the largest probability wins."


def _data(problem: Problem) -> str:
    table, target = problem.table, problem.target
    rows = [f"| {quoted(c)} | {n:,} | {n / target.counts.sum():.1%} |" for c, n in _pairs(target.labels, target.counts)]
    head = f"{quoted(table.name)}, {counted(len(target.codes), 'labelled row')}, content SHA-256 {table.digest}."
    notes = [f"- {note}" for note in (*target.notes, *problem.notes)]
    notes += [""] if notes else []
    return "\n".join([head, "", *notes, "| class | rows | share |", "| --- | ---: | ---: |", *rows])


def _pairs(labels: Sequence[str], counts: np.ndarray) -> list[tuple[str, int]]:
    return list(zip(labels, counts.tolist(), strict=True))


def _strategy(plan: Plan, choice: StrategyChoice, refitted: Refitted) -> str:
    parts = [f"- **{p.card.name}**: {p.card.sentence} {p.card.paper}, <{p.card.link}>." for p in parts_of(choice)]
    network, training = plan.network_of(choice), plan.training
    rate = "" if refitted.tuned else f"learning rate {training.learning_rate:g}, "
    kind = network_label(NetworkChoice(network.name, build=network.build) if refitted.tuned else network)
    how = (
        f"{counted(len(refitted.networks), 'network')} of the kind {kind}, trained on all labelled "
        f"rows with Adam ({rate}batches of {training.batch_size}, "
        f"at most {training.epochs} epochs); "
        f"{training.validation_split:.0%} of the rows were kept for early stopping. Seed {plan.split.seed}."
    )
    if refitted.tuned:
        how += (
            f"\n\nTuned once more on these rows: of {plan.tuning.trials} settings, the best one on the rows kept "
            f"was {', '.join(refitted.tuned)}."
        )
    return "\n".join([label(choice), "", *parts, "", how, "", *_rule(choice, refitted.scorer)])


def _rule(choice: StrategyChoice, scorer: Scorer) -> list[str]:
    lines = [f"Inside the model, after the networks: {one.name}." for one in scorer.adjustments]
    where = (
        " It was fitted on predictions for rows that the networks of the comparison had not seen."
        if Recipe.of(choice).rules and (scorer.scales or scorer.threshold is not None)
        else ""
    )
    return [*lines, decision_sentence(scorer) + where]


def _figures(plan: Plan, choice: StrategyChoice, results: Sequence[FoldResult], scorer: Scorer) -> str:
    comparison = compare(results, plan, scorer.classes)
    summary = next((s for s in comparison.strategies if s.key == choice.key), None)
    if summary is None:
        return "No fold of the comparison was finished, so nothing is known of it."
    shown = intervals(replace(comparison, strategies=(summary,)), plan)
    done = len(summary.scores)
    failed = (
        f"{done} of the {counted(comparison.folds, 'fold')}"
        if done < comparison.folds
        else f"the {counted(done, 'fold')}"
    )
    rows = [f"| {m.name} | {_cell(shown.of(choice.key, m.key))} | {m.help} |" for m in METRICS]
    note = (
        f"Means over {failed} of the comparison, on rows held out from training, with their "
        f"{shown.name}, which allows for the training rows that folds share. The exported model itself was trained on "
        "all rows, so no row is left to test it on. Where a strategy was chosen because its mean is the best, expect "
        "somewhat less than its mean: what such a choice is worth stands at the top."
    )
    if done < comparison.folds:
        note += " The strategy failed on the other folds, so do not hold these means against those of other strategies."
    short = [f"{m.name} ({summary.folds[m.key]})" for m in METRICS if summary.folds[m.key] < done]
    if short:
        note += f" Not every fold defines every metric, as its test rows lack a class; folds there: {', '.join(short)}."
    return "\n".join([note, "", f"| metric | value | {shown.name} | meaning |", "| --- | --- | --- | --- |", *rows])


def _costs(problem: Problem, choice: StrategyChoice, results: Sequence[FoldResult], scorer: Scorer) -> dict[str, str]:
    """Return the section on costs; none where nothing was settled."""
    stakes = scorer.stakes
    own = [result for result in results if result.strategy == choice.key]
    comparison = compare(own, problem.plan, scorer.classes) if own else None
    pooled = out_of_fold(comparison) if comparison is not None else ()
    if stakes.is_default or not pooled:
        return {}
    frame = problem.table.frame.iloc[problem.target.rows]
    said = " ".join(stakes.sentences())
    try:
        shown = worth(pooled, 1, stakes, frame)
    except CostError as error:
        return {"What it is worth": f"{said} {error}"}
    word = "Benefit" if is_benefit(stakes) else "Cost"
    rows = [
        f"| {what} | {1000 * value:,.1f} | {1000 * low:,.1f} to {1000 * high:,.1f} |"
        for what, (value, low, high) in (
            (f"{word} of 1,000 rows", shown.value[0]),
            ("saved against flagging nobody", shown.saved_nobody[0]),
            ("saved against flagging everybody", shown.saved_everybody[0]),
        )
    ]
    said = " ".join(stakes.sentences())
    return {
        "What it is worth": "\n".join(
            [said, "", "| per 1,000 rows | value | 95% interval |", "| --- | ---: | --- |", *rows]
        )
    }


def _cell(value: Interval) -> str:
    if np.isnan(value.value):
        return "not defined | –"
    return f"{value.value:.3f} | " + ("–" if np.isnan(value.low) else f"{value.low:.3f} to {value.high:.3f}")


def _limits(problem: Problem, results: Sequence[FoldResult], choice: StrategyChoice) -> str:
    few = problem.facts.minority
    lines = [
        "- It knows rows like those it was trained on. Where new rows differ, its probabilities mislead: "
        "look at the drift of each column before you rely on it.",
        "- Text that was rare or never seen in training counts as one level; a missing number as the median.",
        "- New rows are read as the training table was: dates in its formats, numbers with its marks and units.",
    ]
    if few < _FEW:
        lines.append(
            f"- The smallest class has {counted(few, 'row')}: every figure above, and the threshold, is uncertain."
        )
    notes = dict.fromkeys(note for r in results if r.strategy == choice.key for note in r.notes)
    return "\n".join([*lines, *(f"- {note}" for note in notes)])
