"""Under-sampling: fewer rows of the larger classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.strategies._sampling import Argument, Sampler, UnderSampler
from core.strategies.base import Card, parameter
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize, search_all
from core.strategies.view import TrainingView

_IMBLEARN = "https://arxiv.org/abs/1609.06570"
_KINDS = ("all", "mode")
_KIND_HELP = "Drop a row when any neighbour is of another class (all) or when most are (mode)."


@register
@dataclass(frozen=True)
class RandomUnder(UnderSampler):
    """Random rows of the larger classes, as many as the smallest has.

    See Also
    --------
    ClusterCentroids : Keeps averages instead.
    core.strategies.ensembles.UnderBagging : Many such draws, one per network.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(RandomUnder(), [[1, 2, 3, 4], [8, 9]])
    [[[3.0, 4.0], [8.0, 9.0]]]
    >>> rows_seen(RandomUnder(ratio=0.5), [[1, 2, 3, 4, 5], [8]])
    [[[1.0, 3.0], [8.0]]]
    """

    card = Card(
        "random_under",
        "Random under-sampling",
        "undersampling",
        "Drops random rows of the larger classes until all classes are the same size.",
        helps="Many rows, of which most are alike; training gets faster too.",
        harms="Throws information away; with a small minority, almost all of it.",
        paper="He and Garcia (2009)",
        link="https://doi.org/10.1109/TKDE.2008.239",
        formula=r"S_j \subseteq D_j \text{ at random}, \quad |S_j| = \min\left(n_j,\; n_{\min} / r\right)",
    )
    imblearn = "under_sampling.RandomUnderSampler"

    replacement: bool = parameter(False, "Draw the kept rows with replacement.")


@dataclass(frozen=True)
class _NearMiss(UnderSampler):
    imblearn = "under_sampling.NearMiss"
    seeded = False
    limited = (("n_neighbors", 0),)

    n_neighbors: int = parameter(3, "Rows of the smallest class to measure distances to.", low=1, high=50)


@register
@dataclass(frozen=True)
class NearMiss1(_NearMiss):
    """Larger-class rows whose nearest minority rows are closest on average.

    See Also
    --------
    NearMiss2 : Measures to the farthest rows of the smallest class.
    NearMiss3 : Surrounds each of its rows.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(NearMiss1(n_neighbors=1), [[1, 2, 3, 4, 14], [8, 9]])
    [[[3.0, 4.0], [8.0, 9.0]]]
    """

    card = Card(
        "near_miss_1",
        "NearMiss 1",
        "undersampling",
        "Keeps the rows of the larger classes that lie closest to rows of the smallest one.",
        helps="A clean border between classes, which then gets all attention.",
        harms="Keeps noise, and forgets what typical rows of the larger classes look like.",
        paper="Zhang and Mani (2003), as in Lemaître et al. (2017)",
        link=_IMBLEARN,
        formula=r"\text{keep the smallest } d(x) = \frac{1}{k} \sum_{x' \in N_k(x;\, D_{\min})} \lVert x - x' \rVert",
    )
    cost = "fast"
    fixed = (("version", 1),)


@register
@dataclass(frozen=True)
class NearMiss2(_NearMiss):
    """Larger-class rows whose farthest minority rows are closest on average.

    See Also
    --------
    NearMiss1 : Measures to the nearest rows of the smallest class.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(NearMiss2(n_neighbors=1), [[1, 2, 4, 14, 29], [8, 30]])
    [[[14.0, 29.0], [8.0, 30.0]]]
    """

    card = Card(
        "near_miss_2",
        "NearMiss 2",
        "undersampling",
        "Keeps the rows of the larger classes that lie closest to the smallest class as a whole.",
        helps="A smallest class that forms one compact group.",
        harms="Far-away rows of the larger classes are never seen and get decided at random.",
        paper="Zhang and Mani (2003), as in Lemaître et al. (2017)",
        link=_IMBLEARN,
        formula=(
            r"\text{keep the smallest } d(x) = \frac{1}{k} \sum_{x' \in \text{farthest}_k(x;\, D_{\min})} "
            r"\lVert x - x' \rVert"
        ),
    )
    cost = "fast"
    fixed = (("version", 2),)

    def seconds(self, size: TrainingSize) -> float:
        return 1.3e-7 * size.smallest * (size.n - size.smallest)


@register
@dataclass(frozen=True)
class NearMiss3(_NearMiss):
    """Around each minority row some larger-class rows, of these the ones farthest away.

    See Also
    --------
    NearMiss1 : Keeps what is near without regard to where.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(NearMiss3(n_neighbors_ver3=1), [[1, 2, 4, 14, 29], [8, 30]])
    [[[4.0, 29.0], [8.0, 30.0]]]
    """

    card = Card(
        "near_miss_3",
        "NearMiss 3",
        "undersampling",
        "Surrounds every row of the smallest class with a few rows of each larger class.",
        helps="A smallest class in several groups, each of which keeps its surroundings.",
        harms="May keep far fewer rows of the larger classes than of the smallest.",
        paper="Zhang and Mani (2003), as in Lemaître et al. (2017)",
        link=_IMBLEARN,
        formula=(
            r"\begin{gathered} M = \bigcup_{x' \in D_{\min}} N_m(x';\, D_j) \\ \text{keep the largest } d(x) "
            r"= \frac{1}{k} \sum_{x' \in N_k(x;\, D_{\min})} \lVert x - x' \rVert, \; x \in M \end{gathered}"
        ),
    )
    cost = "fast"
    fixed = (("version", 3),)

    n_neighbors_ver3: int = parameter(3, "Rows to keep around each row of the smallest class.", low=1, high=50)


@register
@dataclass(frozen=True)
class TomekLinks(Sampler):
    """Drop the larger-class row of every pair of mutual nearest neighbours of different classes.

    See Also
    --------
    EditedNeighbours : Asks more than one neighbour.
    core.strategies.hybrid.SmoteTomek : Makes rows first.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(TomekLinks(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "tomek_links",
        "Tomek links",
        "undersampling",
        "Drops a row of a larger class when it and a row of another class are each other's nearest.",
        helps="Tidies a noisy border without losing more than a few rows.",
        harms="Hardly changes the balance; alone it is often not enough.",
        paper="Tomek (1976), Two modifications of CNN",
        link="https://doi.org/10.1109/TSMC.1976.4309452",
        formula=r"\text{drop } x \text{ if } N_1(x) = x', \; N_1(x') = x, \; y \neq y'",
    )
    cost = "slow"
    imblearn = "under_sampling.TomekLinks"
    seeded = False


@dataclass(frozen=True)
class _Edited(Sampler):
    seeded = False

    n_neighbors: int = parameter(3, "Neighbours that have a say.", low=1, high=50)
    kind_sel: str = parameter("all", _KIND_HELP, choices=_KINDS)


@register
@dataclass(frozen=True)
class EditedNeighbours(_Edited):
    """Drop larger-class rows that their neighbours contradict.

    See Also
    --------
    RepeatedEditedNeighbours : Goes on until nothing changes.
    AllKnn : Asks one neighbour more each time.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(EditedNeighbours(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0], [7.0, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "enn",
        "Edited nearest neighbours",
        "undersampling",
        "Drops rows of the larger classes whose neighbours belong to other classes.",
        helps="Noisy labels and overlapping classes: the border becomes clear.",
        harms="With many classes it can empty the middle-sized ones.",
        paper="Wilson (1972)",
        link="https://doi.org/10.1109/TSMC.1972.4309137",
        formula=r"\text{keep } x \text{ if } y' = y \text{ for all (or most) } x' \in N_k(x)",
    )
    cost = "slow"
    imblearn = "under_sampling.EditedNearestNeighbours"


@register
@dataclass(frozen=True)
class RepeatedEditedNeighbours(_Edited):
    """Edited nearest neighbours until nothing changes.

    See Also
    --------
    EditedNeighbours : One round of it.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(RepeatedEditedNeighbours(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 9.0, 10.0]]]
    """

    card = Card(
        "repeated_enn",
        "Repeated edited neighbours",
        "undersampling",
        "Repeats the editing by neighbours until no more rows have to go.",
        helps="Strong overlap that one round of editing leaves behind.",
        harms="Can go on until a class has vanished.",
        paper="Tomek (1976), An experiment with the edited nearest-neighbor rule",
        link="https://doi.org/10.1109/TSMC.1976.4309523",
        formula=r"D_{t+1} = \text{ENN}_k(D_t) \quad \text{until} \quad D_{t+1} = D_t",
    )
    cost = "slow"
    imblearn = "under_sampling.RepeatedEditedNearestNeighbours"

    max_iter: int = parameter(100, "Most rounds.", low=2, high=1000, tried=())

    def seconds(self, size: TrainingSize) -> float:
        return 5 * search_all(size)


@register
@dataclass(frozen=True)
class AllKnn(_Edited):
    """Edited nearest neighbours with one neighbour, then two, and so on.

    See Also
    --------
    EditedNeighbours : One round of it.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(AllKnn(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0], [7.0, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "all_knn",
        "AllKNN",
        "undersampling",
        "Edits by the nearest neighbour, then by two, then three, dropping more each time.",
        helps="As editing by neighbours, somewhat more thorough.",
        harms="As editing by neighbours: middle-sized classes may be emptied.",
        paper="Tomek (1976), An experiment with the edited nearest-neighbor rule",
        link="https://doi.org/10.1109/TSMC.1976.4309523",
        formula=r"D_t = \text{ENN}_t(D_{t-1}), \quad t = 1, \dots, k",
    )
    cost = "slow"
    imblearn = "under_sampling.AllKNN"

    def seconds(self, size: TrainingSize) -> float:
        return 2.5 * search_all(size)


@dataclass(frozen=True)
class _Condensing(Sampler):
    n_neighbors: int = parameter(1, "Neighbours by which a row is judged.", low=1, high=20)
    n_seeds_S: int = parameter(1, "Rows of each larger class to start from.", low=1, high=100)


@register
@dataclass(frozen=True)
class Condensed(_Condensing):
    """Only those larger-class rows that a nearest-neighbour rule needs.

    See Also
    --------
    OneSided : One step of it, then Tomek links.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(Condensed(), [[1, 2, 3, 4, 5, 6], [8, 9]])
    [[[5.0], [8.0, 9.0]]]
    """

    card = Card(
        "condensed",
        "Condensed nearest neighbour",
        "undersampling",
        "Keeps only those rows of the larger classes that a nearest-neighbour rule would get wrong without.",
        helps="Large classes of which most rows are far from any other class.",
        harms="Keeps noise rather than typical rows, and takes long on large tables.",
        paper="Hart (1968)",
        link="https://doi.org/10.1109/TIT.1968.1054155",
        formula=(
            r"S \leftarrow D_{\min} \cup \text{seeds}; \quad S \leftarrow S \cup \{x\} \text{ if } "
            r"k\text{NN}_S(x) \neq y"
        ),
    )
    cost = "slow"
    imblearn = "under_sampling.CondensedNearestNeighbour"

    def seconds(self, size: TrainingSize) -> float:
        return 3e-4 * (size.n - size.smallest)

    def _own(self, counts: np.ndarray, view: TrainingView) -> dict[str, Argument]:
        from core.strategies._neighbours import GrowingNeighbours

        return {**super()._own(counts, view), "n_neighbors": GrowingNeighbours(n_neighbors=self.n_neighbors)}


@register
@dataclass(frozen=True)
class OneSided(_Condensing):
    """One step of condensing, then Tomek links.

    See Also
    --------
    Condensed : Goes on until nothing changes.
    TomekLinks : The second step alone.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(OneSided(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[5.0, 6.0], [7.0, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "one_sided",
        "One-sided selection",
        "undersampling",
        "Drops rows of the larger classes that are plainly redundant, then those that crowd the border.",
        helps="Redundant and noisy majorities at once, in less time than condensing.",
        harms="The result depends on the few rows that it starts from.",
        paper="Kubat and Matwin (1997), as in Lemaître et al. (2017)",
        link=_IMBLEARN,
        formula=(
            r"\begin{gathered} S = D_{\min} \cup \{x : 1\text{NN}_{D_{\min} \cup \text{seeds}}(x) \neq y\} \\ "
            r"\text{then drop Tomek links from } S \end{gathered}"
        ),
    )
    cost = "slow"
    imblearn = "under_sampling.OneSidedSelection"


@register
@dataclass(frozen=True)
class NeighbourhoodCleaning(Sampler):
    """Edited nearest neighbours, and the neighbours that make minority rows look wrong.

    See Also
    --------
    EditedNeighbours : The first step alone.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(NeighbourhoodCleaning(), [[1, 2, 3, 4, 5, 6, 8.4], [7, 8, 9, 10]])
    [[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0]]]
    """

    card = Card(
        "neighbourhood_cleaning",
        "Neighbourhood cleaning",
        "undersampling",
        "Drops rows of the larger classes that are noise, or that drown rows of the smallest class.",
        helps="A small class scattered among a larger one.",
        harms="Cleans more than it balances; the larger class usually stays larger.",
        paper="Laurikkala (2001)",
        link="https://doi.org/10.1007/3-540-48229-6_9",
        formula=(
            r"\begin{gathered} \text{drop } x \in D_j \text{ if } k\text{NN}(x) \neq y, \\ \text{or if } x "
            r"\in N_k(x') \text{ with } x' \in D_{\min}, \; k\text{NN}(x') \neq y' \end{gathered}"
        ),
    )
    cost = "slow"
    imblearn = "under_sampling.NeighbourhoodCleaningRule"
    seeded = False

    n_neighbors: int = parameter(3, "Neighbours that have a say.", low=1, high=50)
    threshold_cleaning: float = parameter(
        0.5, "Clean only classes with more rows than this share of the smallest class.", low=0, high=10
    )

    def seconds(self, size: TrainingSize) -> float:
        return 1.5 * search_all(size)


@register
@dataclass(frozen=True)
class HardnessThreshold(UnderSampler):
    """Larger-class rows that a random forest finds easy.

    See Also
    --------
    EditedNeighbours : Judges by neighbours.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(HardnessThreshold(cv=2), [[1, 2, 3, 4, 9.5], [8, 9, 10, 11]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 9.0, 10.0, 11.0]]]
    """

    card = Card(
        "hardness_threshold",
        "Instance hardness threshold",
        "undersampling",
        "Drops the rows of the larger classes that a random forest finds hardest to classify.",
        helps="Mislabelled or overlapping rows in the larger classes.",
        harms="Removes the border that a network could have learned; trains forests first.",
        paper="Smith, Martinez and Giraud-Carrier (2014)",
        link="https://doi.org/10.1007/s10994-013-5422-z",
        formula=(
            r"\text{keep the smallest } h(x) = 1 - \hat p_y(x), \quad \hat p \text{ from a random forest, out "
            r"of fold}"
        ),
    )
    cost = "slow"
    position = 0  # it may leave more rows than the ratio asks for
    imblearn = "under_sampling.InstanceHardnessThreshold"
    limited = (("cv", 0),)

    cv: int = parameter(5, "Parts of the cross-validation that measures hardness.", low=2, high=20, tried=())

    def seconds(self, size: TrainingSize) -> float:
        return 0.9 + 1e-3 * size.n


@register
@dataclass(frozen=True)
class ClusterCentroids(UnderSampler):
    """Larger classes replaced by as many cluster centres as the smallest class has rows.

    See Also
    --------
    RandomUnder : Keeps real rows.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(ClusterCentroids(), [[1, 2, 5, 6], [8, 9]])
    [[[1.5, 5.5], [8.0, 9.0]]]
    """

    card = Card(
        "cluster_centroids",
        "Cluster centroids",
        "undersampling",
        "Replaces the rows of each larger class by a few cluster centres.",
        helps="Larger classes made of groups: every group stays represented.",
        harms="Centres are averages that no real row looks like.",
        paper="Yen and Lee (2009)",
        link="https://doi.org/10.1016/j.eswa.2008.06.108",
        formula=(
            r"D_j \to \{\mu_1, \dots, \mu_K\} = \arg\min_{\mu} \sum_{x \in D_j} \min_k \lVert x - \mu_k "
            r"\rVert^2, \quad K = n_{\min} / r"
        ),
    )
    cost = "slow"
    numeric_only = True
    imblearn = "under_sampling.ClusterCentroids"
    returns = "centroids"
    fixed = (("voting", "soft"),)

    def seconds(self, size: TrainingSize) -> float:
        return 1.1e-8 * size.width * size.smallest * (size.n - size.smallest)
