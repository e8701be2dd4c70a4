"""Over-sampling: more rows of the smaller classes, repeated or made up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.strategies._sampling import Argument, OverSampler
from core.strategies.base import Card, TableFacts, parameter
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize, search_border, smote
from core.strategies.snippets.snippet import CodeFacts
from core.strategies.view import TrainingView

_K_HELP = "Neighbours of the same class to choose from."


@register
@dataclass(frozen=True)
class RandomOver(OverSampler):
    """Rows of the smaller classes repeated at random.

    See Also
    --------
    Rose : Moves what it repeats.
    core.strategies.undersampling.RandomUnder : Drops rows instead.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(RandomOver(), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 8.0, 9.0, 9.0]]]
    """

    card = Card(
        "random_over",
        "Random over-sampling",
        "oversampling",
        "Repeats random rows of the smaller classes until all classes are the same size.",
        helps="A safe first try on any table: no row is lost and none is made up.",
        harms="The network can learn the repeated rows by heart.",
        paper="Buda, Maki and Mazurowski (2018)",
        link="https://doi.org/10.1016/j.neunet.2018.07.011",
        formula=(
            r"D_j' = D_j \cup \{x_{i_1}, x_{i_2}, \dots\}, \quad i \sim U\{1, \dots, n_j\} \text{ until } "
            r"n_j' = r \, n_{\max}"
        ),
    )
    imblearn = "over_sampling.RandomOverSampler"


@register
@dataclass(frozen=True)
class Smote(OverSampler):
    """New rows between a row and one of its nearest neighbours of the same class.

    With categorical columns beside numbers this is SMOTENC, with categorical columns alone SMOTEN.

    See Also
    --------
    Adasyn : More new rows where they are hard to tell from others.
    core.strategies.hybrid.SmoteEnn : Cleans afterwards.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Smote(k_neighbors=1), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 8.4, 8.7, 9.0]]]
    """

    card = Card(
        "smote",
        "SMOTE",
        "oversampling",
        "Makes new rows of the smaller classes, each on the line between two real neighbours.",
        helps="Numbers that vary smoothly, and a minority that forms a few clear groups.",
        harms="Where classes overlap, new rows land among the majority.",
        paper="Chawla et al. (2002)",
        link="https://doi.org/10.1613/jair.953",
        formula=(
            r"x_{\text{new}} = x_i + \lambda \, (x' - x_i), \quad x' \in N_k(x_i;\, D_j), \quad \lambda \sim "
            r"U(0, 1)"
        ),
    )
    cost = "fast"
    imblearn = "over_sampling.SMOTE"
    returns = "appended"
    limited = (("k_neighbors", 1),)

    k_neighbors: int = parameter(5, _K_HELP, low=1, high=50)

    def sampler_name(self, facts: CodeFacts) -> tuple[str, tuple[str, ...]]:
        if not facts.categories:
            return self.imblearn, ()
        if not facts.numbers:
            return "over_sampling.SMOTEN", ()
        coded = "list(range(X.shape[1] - len(CATEGORIES), X.shape[1]))"
        return "over_sampling.SMOTENC", (f"categorical_features={coded}",)

    def sampler_class(self, view: TrainingView) -> tuple[str, dict[str, Argument]]:
        if not view.categorical:
            return self.imblearn, {}
        if len(view.categorical) == view.encoded.shape[1]:
            return "over_sampling.SMOTEN", {}
        return "over_sampling.SMOTENC", {"categorical_features": list(view.categorical)}

    def seconds(self, size: TrainingSize) -> float:
        return smote(size)


@register
@dataclass(frozen=True)
class SmoteNC(Smote):
    """SMOTE for numbers and categories: a new row's categories are its neighbours' most frequent ones.

    See Also
    --------
    Smote : Chooses this form by itself where a table is mixed.

    Examples
    --------
    >>> SmoteNC().why_not(TableFacts((90, 10), n_numeric=3, n_categorical=0))
    'SMOTENC is for tables with numeric and categorical columns: choose SMOTE for this one.'
    """

    card = Card(
        "smotenc",
        "SMOTENC",
        "oversampling",
        "SMOTE for mixed tables: numbers between neighbours, categories by the neighbours' vote.",
        helps="Tables with numbers and categories; here SMOTE means the same.",
        harms="Where classes overlap, new rows land among the majority.",
        paper="Chawla et al. (2002)",
        link="https://doi.org/10.1613/jair.953",
        formula=(
            r"\begin{gathered} x_{\text{new}} = x_i + \lambda \, (x' - x_i) \text{ for numbers} \\ "
            r"c_{\text{new}} = \text{mode}\{c' : x' \in N_k(x_i;\, D_j)\} \text{ for categories} "
            r"\end{gathered}"
        ),
    )

    def why_not(self, facts: TableFacts) -> str | None:
        if not (facts.n_numeric and facts.n_categorical):
            return "SMOTENC is for tables with numeric and categorical columns: choose SMOTE for this one."
        return super().why_not(facts)


@register
@dataclass(frozen=True)
class SmoteN(Smote):
    """SMOTE for categories alone, by the value difference metric.

    See Also
    --------
    Smote : Chooses this form by itself where all columns are categorical.

    Examples
    --------
    >>> SmoteN().why_not(TableFacts((90, 10), n_numeric=3, n_categorical=2))
    'SMOTEN works on categorical columns only, and this table has 3 numeric ones.'
    """

    card = Card(
        "smoten",
        "SMOTEN",
        "oversampling",
        "SMOTE for categories alone: a new row takes what most of its neighbours have.",
        helps="Tables without a numeric column; here SMOTE means the same.",
        harms="Few distinct rows: most new ones repeat old ones.",
        paper="Chawla et al. (2002)",
        link="https://doi.org/10.1613/jair.953",
        formula=(
            r"\begin{gathered} c_{\text{new}} = \text{mode}\{c' : x' \in N_k(x_i;\, D_j)\} \\ \text{near by } "
            r"\delta(a, b) = \sum_j \left| \frac{n_{j, a}}{n_a} - \frac{n_{j, b}}{n_b} \right| \end{gathered}"
        ),
    )
    categorical_only = True


@register
@dataclass(frozen=True)
class Rose(OverSampler):
    """Random over-sampling with a smoothed bootstrap.

    See Also
    --------
    RandomOver : Repeats rows as they are.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Rose(shrinkage=0.2), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 8.1, 9.0, 9.1]]]
    """

    card = Card(
        "rose",
        "ROSE (smoothed bootstrap)",
        "oversampling",
        "Repeats random rows of the smaller classes, each moved a little at random.",
        helps="Small numeric classes: the network cannot learn repeated rows by heart.",
        harms="Moves every column alike, also where only some values make sense.",
        paper="Menardi and Torelli (2014)",
        link="https://doi.org/10.1007/s10618-012-0295-5",
        formula=(
            r"x_{\text{new}} = x_i + h \, \sigma \odot \varepsilon, \quad \varepsilon \sim \mathcal{N}(0, I), "
            r"\quad h = s \left( \frac{4}{(d + 2) \, n_j} \right)^{\frac{1}{d + 4}}"
        ),
    )
    numeric_only = True
    imblearn = "over_sampling.RandomOverSampler"
    returns = "appended"

    shrinkage: float = parameter(1.0, "How far rows are moved; 0 repeats them as they are.", low=0, high=10)


@dataclass(frozen=True)
class _Borderline(OverSampler):
    imblearn = "over_sampling.BorderlineSMOTE"
    returns = "appended"
    limited = (("k_neighbors", 1),)

    k_neighbors: int = parameter(5, _K_HELP, low=1, high=50)
    m_neighbors: int = parameter(
        10, "Neighbours of any class that tell whether a row is at the border.", low=1, high=100
    )

    def seconds(self, size: TrainingSize) -> float:
        return search_border(size)


@register
@dataclass(frozen=True)
class Borderline1(_Borderline):
    """SMOTE from minority rows at the border, towards rows of their class.

    See Also
    --------
    Borderline2 : Goes part of the way towards other classes too.
    SvmSmote : Finds the border with a support vector machine.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Borderline1(k_neighbors=1, m_neighbors=4), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.4], [7.0, 7.1, 7.2, 7.8, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "borderline_smote_1",
        "Borderline-SMOTE 1",
        "oversampling",
        "SMOTE only for those rows of the smaller classes that lie at the border to the others.",
        helps="Classes that touch without mixing: new rows go where decisions are made.",
        harms="Where classes overlap it strengthens noise; far from any border it does nothing.",
        paper="Han, Wang and Mao (2005)",
        link="https://doi.org/10.1007/11538059_91",
        formula=(
            r"\begin{gathered} x_{\text{new}} = x_i + \lambda \, (x' - x_i), \quad x' \in N_k(x_i;\, D_j) \\ "
            r"\text{for } x_i \text{ with } \tfrac{m}{2} \le |N_m(x_i) \setminus D_j| < m \end{gathered}"
        ),
    )
    cost = "slow"
    numeric_only = True
    fixed = (("kind", "borderline-1"),)


@register
@dataclass(frozen=True)
class Borderline2(_Borderline):
    """SMOTE from minority rows at the border, towards rows of any class.

    See Also
    --------
    Borderline1 : Stays among rows of the same class.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Borderline2(k_neighbors=4, m_neighbors=4), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.4], [7.0, 7.4, 7.5, 8.0, 8.6, 9.0, 10.0]]]
    """

    card = Card(
        "borderline_smote_2",
        "Borderline-SMOTE 2",
        "oversampling",
        "As Borderline-SMOTE 1, and also part of the way towards rows of the other classes.",
        helps="A border that should move outwards, into the larger class.",
        harms="Makes rows inside the larger class; false alarms rise.",
        paper="Han, Wang and Mao (2005)",
        link="https://doi.org/10.1007/11538059_91",
        formula=(
            r"\begin{gathered} x_{\text{new}} = x_i + \lambda \, (x' - x_i), \quad x' \in N_k(x_i;\, D) \\ "
            r"\lambda \sim U(0, 1) \text{ if } x' \in D_j, \text{ else } U(0, \tfrac{1}{2}) \end{gathered}"
        ),
    )
    cost = "slow"
    numeric_only = True
    fixed = (("kind", "borderline-2"),)


@register
@dataclass(frozen=True)
class SvmSmote(OverSampler):
    """SMOTE from the minority's support vectors.

    See Also
    --------
    Borderline1 : Finds the border by neighbours.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(SvmSmote(k_neighbors=2, m_neighbors=4), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.4], [7.0, 7.4, 7.7, 8.0, 9.0, 9.3, 10.0]]]
    """

    card = Card(
        "svm_smote",
        "SVM-SMOTE",
        "oversampling",
        "Finds the border with a support vector machine and makes new rows along it.",
        helps="A curved border between classes that are mostly separate.",
        harms="Slow on large tables, and lost where no border can be found.",
        paper="Nguyen, Cooper and Kamei (2011)",
        link="https://doi.org/10.1504/IJKESDP.2011.039875",
        formula=(
            r"\begin{gathered} x_i \in \text{support vectors of } D_j \\ x_{\text{new}} = x_i + \lambda \, "
            r"(x' - x_i) \text{ where others are near} \\ x_{\text{new}} = x_i + \lambda \, s \, (x_i - x') "
            r"\text{ elsewhere} \end{gathered}"
        ),
    )
    cost = "slow"
    numeric_only = True
    imblearn = "over_sampling.SVMSMOTE"
    returns = "appended"
    limited = (("k_neighbors", 1),)

    k_neighbors: int = parameter(5, _K_HELP, low=1, high=50)
    m_neighbors: int = parameter(10, "Neighbours of any class that tell whether a row is noise.", low=1, high=100)
    out_step: float = parameter(0.5, "How far new rows may go beyond the border.", low=0, high=1)

    def seconds(self, size: TrainingSize) -> float:
        return 3.2e-8 * size.n**1.5 * math.sqrt(size.n - size.largest) * (size.classes - 1)


@register
@dataclass(frozen=True)
class KMeansSmote(OverSampler):
    """SMOTE inside clusters in which the minority is at home.

    See Also
    --------
    Smote : The same without groups.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(KMeansSmote(kmeans_estimator=2), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 8.4, 8.7, 9.0]]]
    """

    card = Card(
        "kmeans_smote",
        "KMeans-SMOTE",
        "oversampling",
        "Finds groups of rows first and makes new rows only in groups where the small class is at home.",
        helps="A small class in several groups of different density.",
        harms="Fails where no group holds enough rows of the small class.",
        paper="Douzas, Bacao and Last (2018)",
        link="https://doi.org/10.1016/j.ins.2018.06.056",
        formula=(
            r"\begin{gathered} \text{SMOTE in clusters } C \text{ with } \frac{|C \cap D_j|}{|C|} > \tau \\ "
            r"\text{new rows } \propto \frac{\bar d_C^{\; e}}{|C \cap D_j|}, \quad \bar d_C \text{ the mean "
            r"distance in } C \cap D_j \end{gathered}"
        ),
    )
    cost = "fast"
    numeric_only = True
    imblearn = "over_sampling.KMeansSMOTE"
    returns = "appended"
    limited = (("k_neighbors", 1),)

    k_neighbors: int = parameter(2, _K_HELP, low=1, high=50)
    kmeans_estimator: int = parameter(8, "Groups to find.", low=1, high=200)
    cluster_balance_threshold: float = parameter(
        0.1, "Smallest share of the small class in a group that gets new rows.", low=0, high=1
    )

    def reason(self, error: Exception) -> str:
        if "No clusters found" in str(error):
            return "no group holds enough rows of some smaller class; lower cluster_balance_threshold, or use SMOTE"
        return super().reason(error)

    def seconds(self, size: TrainingSize) -> float:
        return 0.03 + 1e-5 * size.n


@register
@dataclass(frozen=True)
class Adasyn(OverSampler):
    """SMOTE with more new rows where more neighbours are of other classes.

    See Also
    --------
    Smote : As many new rows around every row.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Adasyn(n_neighbors=3), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.4], [7.0, 7.6, 8.0, 8.4, 8.7, 9.0, 9.9, 10.0]]]
    """

    card = Card(
        "adasyn",
        "ADASYN",
        "oversampling",
        "As SMOTE, with more new rows around those that are surrounded by other classes.",
        helps="Small classes of which some parts are harder than others.",
        harms="Pours rows around outliers and wrong labels.",
        paper="He, Bai, Garcia and Li (2008)",
        link="https://doi.org/10.1109/IJCNN.2008.4633969",
        formula=r"\text{new rows at } x_i \propto r_i = \frac{|N_k(x_i) \setminus D_j|}{k}",
    )
    cost = "slow"
    numeric_only = True
    imblearn = "over_sampling.ADASYN"
    returns = "appended"
    limited = (("n_neighbors", 1),)

    n_neighbors: int = parameter(5, "Neighbours that tell how hard a row is.", low=1, high=50)

    def seconds(self, size: TrainingSize) -> float:
        return search_border(size)
