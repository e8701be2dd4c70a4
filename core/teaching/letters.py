"""The letters of a strategy's formula, in the words of somebody who reads one for the first time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.strategies.base import Strategy

_LOSSES_OF_TREES = ("boosting", "boosting_balanced", "lightgbm", "lightgbm_balanced")
_BAGS = ("under_bagging", "over_bagging", "smote_bagging", "easy_ensemble")
_FLOORS = ("threshold_recall", "threshold_precision")


@dataclass(frozen=True)
class _Letter:
    """A letter as LaTeX, what it stands for, where it occurs in a formula, and in which strategies' only."""

    symbol: str
    words: str
    pattern: str
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


# The letter of a setting, by the setting's name: where a strategy has it, its key says so.
_SETTINGS = {
    "ratio": "r", "k_neighbors": "k", "n_neighbors": "k", "m_neighbors": "m", "n_neighbors_ver3": "m",
    "beta": r"\beta", "gamma": r"\gamma", "tau": r"\tau", "alpha": r"\alpha", "kappa": r"\kappa",
    "smoothing": r"\varepsilon", "share": r"\alpha", "max_margin": r"\Delta_{\max}", "scale": "s",
    "gamma_positive": r"\gamma_+", "gamma_negative": r"\gamma_-", "clip": "m", "balanced_from": "f",
    "n_members": "M", "recall": "f", "floor": "f", "confidence": r"\gamma", "shrinkage": "s", "out_step": "s",
    "cluster_balance_threshold": r"\tau",
}  # fmt: skip
_LETTERS = (
    _Letter(r"x_{\text{new}}", "a new row", r"x_\{new\}"),
    _Letter(r"c_{\text{new}}", "its category", r"c_\{new\}"),
    _Letter(r"c'", "the category of another row", r"c'"),
    _Letter(r"x_a, x_b", "two rows", "x_a"),
    _Letter(r"y_a, y_b", "their classes", "y_a"),
    _Letter(r"\tilde x, \tilde y", "the mixed row and its mixed class", r"\\tilde"),
    _Letter("x_i", "a row", "x_i", never=("soft_f1",)),
    _Letter(r"x_{i_1}", "a row that is drawn again", r"x_\{i_1\}"),
    _Letter("x_i, y_i", "row i and its class", "x_i", ("soft_f1",)),
    _Letter("y_i", "the class of row i", "y_i|y_\\{i\\}", never=("soft_f1",)),
    _Letter("x", "a row", r"(?<![\\A-Za-z])x(?![_'A-Za-z])", never=("mixup", "remix")),
    _Letter("y", "the class of a row", r"(?<![A-Za-z\\ ])y(?![_'])|[(_{ ]y(?![_'])(?<!\\hat y)(?<!\\tilde y)",
            never=("mixup", "remix")),
    _Letter("x', y'", "another row and its class", "y'"),
    _Letter("x'", "another row", "x'", never=("tomek_links", "enn", "neighbourhood_cleaning")),
    _Letter(r"\hat y", "the decision", r"\\hat y"),
    _Letter(r"[\dots]", "1 where it is true, else 0", r"\[[^\]]*(=|\\ge)[^\]]*\]"),
    _Letter("D_j", "the training rows of class j", "D_j(?!')"),
    _Letter("D_j'", "its rows afterwards", "D_j'"),
    _Letter(r"D_{\min}", "the rows of the smallest class", r"D_\{\\min\}"),
    _Letter("D", "all training rows", r"(?<![A-Za-z])D(?![_'A-Za-z])"),
    _Letter("D'", "the rows afterwards", r"(?<!_)D'"),
    _Letter("D_t", "the rows after pass t", r"D_(t|\{t)"),
    _Letter("N_k(x)", "the k nearest neighbours of a row", r"N_k\("),
    _Letter("N_m(x)", "its m nearest neighbours", r"N_m\("),
    _Letter("N_1(x)", "the nearest neighbour of a row", r"N_1\("),
    _Letter(r"k\text{NN}(x)", "the class of most of the k nearest rows", r"kNN"),
    _Letter(r"1\text{NN}(x)", "the class of the nearest row", r"1NN"),
    _Letter("d(x)", "the mean distance to such neighbours", r"d\(x\)"),
    _Letter("h(x)", "how hard a row is", r"h\(x\)"),
    _Letter("M", "the rows to keep some of", r"M = ", ("near_miss_3",)),
    _Letter("S", "the rows that are kept", r"S(?!_j|_b|_m|_\{)", ("condensed", "one_sided")),
    _Letter("S_j", "the rows of class j that are kept", "S_j", ("random_under",)),
    _Letter("S_m", "the rows that member m learns from", "S_m|S_\\{m", _BAGS),
    _Letter("S_b", "the rows of balanced bag b", "S_b", ("easy_ensemble",)),
    _Letter("w_t", "the weights of its rows in round t", "w_t", ("easy_ensemble",)),
    _Letter("w_i", "the weight of a row", "w_i", ("easy_ensemble",)),
    _Letter("e", "the share of wrong rows", r"e\}", ("easy_ensemble",)),
    _Letter(r"\mu_k", "the middle of cluster k", r"\\mu"),
    _Letter("K", "the number of clusters", "K"),
    _Letter(r"n_{j, a}, n_a", "the rows with category a, of class j and of all", r"n_\{j, a\}"),
    _Letter(r"\delta", "the distance of two categories", r"\\delta"),
    _Letter("a, b", "two categories", r"\(a, b\)"),
    _Letter("n_j", "the number of rows of class j", r"n_(j|y)(?!')"),
    _Letter(r"n_a, n_b", "the rows of their classes", "n_a / n_b"),
    _Letter(r"n_{\min}", "the number of rows of the smallest class", r"n_\{\\min\}"),
    _Letter(r"n_{\max}", "the number of rows of the largest class", r"n_\{\\max\}"),
    _Letter("n_+", "the positive rows that the threshold is fitted on", r"n_\+"),
    _Letter("N", "the number of all rows", r"(?<![A-Za-z])N(?![_A-Za-z(])"),
    _Letter("C", "the number of classes", r"(?<![A-Za-z_])C(?![A-Za-z])", never=("kmeans_smote",)),
    _Letter("C", "a cluster", "C", ("kmeans_smote",)),
    _Letter("e", "how strongly new rows go to sparse clusters", r"e\}", ("kmeans_smote",)),
    _Letter(r"\bar d_C", "how far apart the rows of the class are in it, on average", r"\\bar d_C"),
    _Letter("d", "the number of columns", r"\(d \+", ("rose",)),
    _Letter("h", "the width of the noise", r"h \\", ("rose",)),
    _Letter(r"\sigma", "the spread of each column", r"\\sigma"),
    _Letter(r"\varepsilon", "random noise, normally distributed with variances of 1 (I)", "varepsilon", ("rose",)),
    _Letter(r"\lambda", "a random number from 0 to 1", r"\\lambda"),
    _Letter(r"U", "evenly distributed random numbers", r"(?<![A-Za-z])U[\\(]"),
    _Letter("r_i", "the share of the neighbours that are of other classes", "r_i", ("adasyn",)),
    _Letter(r"\ell", "the loss of a row, which training makes small", r"\\ell"),
    _Letter("p_y", "the network's probability of a row's own class", r"(?<!hat )p_y"),
    _Letter("p_j", "the network's probability of class j", r"p_j(?!')", never=("prior_correction",)),
    _Letter("p_j, p_j'", "the probability of class j, before and after", "p_j'", ("prior_correction",)),
    _Letter(r"\hat p_y", "the probability of a row's own class", r"\\hat p_y"),
    _Letter("p", "the probability of the positive class", r"(?<![A-Za-z_])p(?![_'A-Za-z(^])",
            never=("deep_ensemble", *_BAGS, "hardness_threshold", "temperature", "isotonic")),
    _Letter("p, p'", "the probabilities before and after", r"p' =", ("temperature", "isotonic")),
    _Letter("p_i", "the probability of row i", "p_i"),
    _Letter("p_m", "the probability less the margin", "p_m", ("asymmetric",)),
    _Letter("p_{(r)}", "the r-th lowest probability among the positive rows", r"p_\{\(r\)\}"),
    _Letter("p(x)", "the probability that all members give together", r"p\(x\)"),
    _Letter("p^{(m)}", "the probability that member m gives", r"p\^\{\(m\)\}"),
    _Letter("z_j", "the network's score of class j, before it becomes a probability", "z_(j|y)"),
    _Letter("w_j", "the weight of class j", "w_(j|y)"),
    _Letter("c_{jk}", "the cost of calling class j class k", r"c_\{jk\}"),
    _Letter("c", "what a decision costs", r"c_\{y_i"),
    _Letter("b_j", "the first bias of the network's score of class j", "b_j"),
    _Letter(r"\pi_j", "the share of class j", r"\\pi_j(?!\^)", never=("prior_correction",)),
    _Letter(r"\pi_j", "the share of class j in the table, and in training", r"\\pi_j", ("prior_correction",)),
    _Letter(r"\Delta_j", "the margin that class j has to keep", r"\\Delta_(j|y)"),
    _Letter("q_j", "the smoothed label", "q_j"),
    _Letter(r"\bar F_1", "F1 with probabilities for decisions, averaged over classes", r"\\bar F_1"),
    _Letter("P", "the share in a batch", r"P(_t)?\(y", ("balanced_batches", "progressive_batches")),
    _Letter("P", "the probability", r"P\(", ("threshold_promise",)),
    _Letter("s", "how far the change has come", r"s = ", ("progressive_batches",)),
    _Letter("t, T", "the epoch, and how many there are", "T", ("progressive_batches",)),
    _Letter(r"\lambda_y", "the share of the first row's class", r"\\lambda_y"),
    _Letter(r"\bar h_b", "how hard the rows of bin b are on average", "h_b"),
    _Letter(r"\alpha_t", "grows with each member t, until all bins give as many rows", r"\\alpha_t"),
    _Letter(r"\pi", "the number 3.14…", r"\\pi t", ("self_paced",)),
    _Letter(r"h", "how hard a row is", "h = 1", ("self_paced",)),
    _Letter("t^*", "the threshold", r"t\^\*"),
    _Letter("TP, FP, TN, FN", "true and false positives, true and false negatives", r"TP(?!R)"),
    _Letter("TPR, TNR", "the shares of the positive and of the negative rows that are decided rightly", "TPR"),
    _Letter("T", "the temperature", "T = ", ("temperature",)),
    _Letter("f", "a curve that only rises", "f = ", ("isotonic",)),
    _Letter("w, b", "a weight for each input and a start, which are learned", r"w \\cdot",
            ("logistic", "logistic_balanced")),
    _Letter("F", "the score", r"F\(x\)", _LOSSES_OF_TREES),
    _Letter("f_m", "tree m", "f_m", _LOSSES_OF_TREES),
    _Letter(r"\nu", "how much each tree counts", r"\\nu", _LOSSES_OF_TREES),
    _Letter("r", "a rank among them", r"r = ", ("threshold_promise",)),
)  # fmt: skip


def letters_of(strategy: type[Strategy]) -> tuple[tuple[str, str], ...]:
    """Return the letters of a strategy's formula as LaTeX, each with what it stands for, in a sensible order.

    See Also
    --------
    core.strategies.cards.formula_parts : The formula itself.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> for letter, words in letters_of(catalogue()["focal"]):
    ...     print(letter, "=", words)
    y = the class of a row
    \\ell = the loss of a row, which training makes small
    p_y = the network's probability of a row's own class
    \\gamma = the setting gamma
    """
    card, key = strategy.card, strategy.card.key
    formula = re.sub(r"\\text\{(new|NN)\}", lambda m: f"{{{m[1]}}}" if m[1] == "new" else m[1], card.formula)
    formula = re.sub(r"\\(text|mathrm|mathcal)\{[^}]*\}", " ", formula).replace("{{new}}", "{new}")
    found = {
        letter.symbol: letter.words
        for letter in _LETTERS
        if (not letter.only or key in letter.only) and key not in letter.never and re.search(letter.pattern, formula)
    }
    for parameter in strategy.parameters():
        symbol = _SETTINGS.get(parameter.name, "")
        if (
            symbol
            and symbol not in found
            and re.search(rf"(?<![A-Za-z\\]){re.escape(symbol)}(?![A-Za-z_])", card.formula)
        ):
            found[symbol] = f"the setting {parameter.name}"
    return tuple(found.items())
