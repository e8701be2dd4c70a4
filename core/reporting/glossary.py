"""The words that the app uses, each explained in a sentence or two, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.evaluation.metrics import METRICS
from core.words import which_there_are


@dataclass(frozen=True)
class Term:
    """A word and what it means here.

    Parameters
    ----------
    key : str
        Its name in links, never changed afterwards.

    See Also
    --------
    term_of : Finds one.

    Examples
    --------
    >>> term_of("fold").name
    'Fold'
    """

    key: str
    name: str
    meaning: str


_WORDS: tuple[tuple[str, str, str], ...] = (
    ("alarm", "False alarm", "A row of another class that is called the class you look for: a false positive."),
    ("batch", "Batch", "The rows that a network sees before it changes its weights once."),
    ("bootstrap", "Bootstrap", "Drawing the test rows again and again with replacement, to see how figures vary."),
    ("calibration", "Calibration", "Probabilities are calibrated when they mean what they say: of the rows given 0.2, "
     "one in five is of the class. A calibration step mends those that are not."),
    ("capacity", "Capacity", "How many rows somebody can look at. The riskiest rows come first, whatever their "
     "probability."),
    ("class_weight", "Class weight", "How much a row counts in the loss, by its class: rare classes count for more."),
    ("clear", "Clear", "A difference is called clear where chance alone would rarely produce it: its p-value, "
     "corrected for the number of questions asked, is below 0.05."),
    ("confusion", "Confusion matrix", "Counts of rows by their true class and by the class they are called."),
    ("costs", "Costs and benefits", "What a miss, a false alarm, a hit and a row correctly ignored cost or bring, in "
     "any unit."),
    ("cross_fitting", "Members, cross-fitted", "Networks of one strategy that decide together. Each stops early on "
     "another part of the training rows, so that all rows are learned from."),
    ("early_stopping", "Early stopping", "Training ends when the validation rows no longer improve, and the best "
     "weights are kept."),
    ("ensemble", "Ensemble", "Several networks whose probabilities are averaged."),
    ("epoch", "Epoch", "One pass over all training rows."),
    ("export", "Export", "One model, trained on all rows, that takes rows as they are in the file and decides."),
    ("fold", "Fold", "One part of the table. Each fold is the test part once, while networks train on the others."),
    ("group", "Group", "Rows that belong together, such as those of one patient, and so stay in the same part."),
    ("hit", "Hit", "A row of the class you look for that is found: a true positive."),
    ("hybrid", "Hybrid sampling", "Over-sampling, followed by the removal of rows that lie among another class."),
    ("imbalance", "Imbalance", "How many rows of the largest class there are for each row of the smallest."),
    ("importance", "Permutation importance", "How much worse the decisions get when one column's values are shuffled "
     "among the test rows."),
    ("interval", "95% interval", "The range in which the true value plausibly lies. By folds, it allows for other "
     "training and test rows; by rows, for other test rows alone."),
    ("leak", "Leak", "A column that tells the class because it was recorded afterwards or is a copy of it: it "
     "will not be known when the model works."),
    ("loss", "Loss", "The number that training makes small. Some strategies change how it reads a row."),
    ("miss", "Miss", "A row of the class you look for that is called something else: a false negative."),
    ("net_benefit", "Net benefit", "Hits minus weighted false alarms per row, where the weight follows from the "
     "probability at which you would act."),
    ("over", "Over-sampling", "Training on more rows of the rare classes: copies, or new rows made of real ones."),
    ("plain", "Plain network", "The network trained on the rows as they are, which all strategies are compared with."),
    ("positive", "Positive class", "The class to find, usually the rare one."),
    ("prevalence", "Share in the field", "How common the class is where the model works, also called prevalence; it "
     "may differ from its share in the table."),
    ("prior_correction", "Prior correction", "Carries probabilities that were learned on balanced rows back to the "
     "class shares of the table."),
    ("p_value", "p-value", "How often chance alone would make a difference at least this large, if there were none. "
     "Folds share training rows, and the test is corrected for that (Nadeau and Bengio)."),
    ("holm", "Holm's correction", "Makes p-values larger where many questions are asked at once, so that luck is not "
     "taken for a difference."),
    ("promise", "Promise", "The threshold that finds a required share of the class on later rows, with a stated "
     "confidence."),
    ("reliability", "Reliability", "How far probabilities are from what was observed; 0 is best."),
    ("repeat", "Repeat", "The whole split into folds, done again with other parts. More repeats give more certain "
     "figures."),
    ("resolution", "Resolution", "How well probabilities tell common from rare rows; more is better."),
    ("rope", "Differences to ignore", "Differences this small count as none: the region of practical equivalence."),
    ("slice", "Slice", "Part of the rows, such as one value of a column, for which figures are given apart."),
    ("strategy", "Balancing strategy", "Anything that helps a network with rare classes: which rows it sees, what "
     "they weigh, how the loss reads them, or how probabilities become decisions."),
    ("stratified", "Stratified", "Split so that every part has the same share of each class."),
    ("synthetic", "Synthetic row", "A row that a sampler made from real ones. No test or validation row is synthetic."),
    ("threshold", "Threshold", "The probability from which a row is called the class you look for; 0.5 unless a "
     "strategy or you choose another."),
    ("tuning", "Tuning", "Trying several settings of a strategy inside each fold, judged on validation rows."),
    ("under", "Under-sampling", "Training on fewer rows of the common classes."),
    ("validation", "Validation rows", "A part of the training rows for early stopping, thresholds, calibration and "
     "tuning. No sampler touches them, and they are no test rows."),
    ("worth", "What the choice is worth", "The best of many owes part of its lead to luck. This is what its pick is "
     "expected to reach on new rows."),
)  # fmt: skip

_METRICS = tuple(Term(metric.key, metric.name, metric.help) for metric in METRICS)
#: Every term, by name.
TERMS: tuple[Term, ...] = tuple(
    sorted((*(Term(*word) for word in _WORDS), *_METRICS), key=lambda term: term.name.casefold())
)
_BY_KEY: Mapping[str, Term] = {term.key: term for term in TERMS}


def term_of(key: str) -> Term:
    """Return the term of a key.

    Raises
    ------
    ValueError
        There is no such term; the message offers those with close names.

    See Also
    --------
    TERMS : All of them.

    Examples
    --------
    >>> term_of("recall").meaning
    'Of the positive rows, the share that is found.'
    """
    if key not in _BY_KEY:
        raise ValueError(f"There is no term '{key}': {which_there_are(key, _BY_KEY, 'choose one of')}")
    return _BY_KEY[key]
