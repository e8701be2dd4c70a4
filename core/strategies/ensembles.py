"""Ensembles: several networks on differently drawn rows, their probabilities averaged.

Member 0 keeps the lane's seed and so starts from the same weights as a strategy of one network;
the seeds of the others follow from it, and are the same for every ensemble of a fold. Rows are
drawn with seeds that follow from the fold's in the same way. Synthetic rows that an earlier part
of a combination made stay in every bag.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from core.strategies import seconds
from core.strategies._sampling import part_of, sampler_code
from core.strategies.base import Card, Ensemble, parameter
from core.strategies.oversampling import Smote
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize
from core.strategies.snippets import ensembles
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.undersampling import RandomUnder
from core.strategies.view import TrainingView
from core.strategies.weighting import class_counts
from core.training.lane import Lane


def member_seed(seed: int, member: int) -> int:
    """Return the seed of an ensemble's member, counted from 0.

    See Also
    --------
    members : Lanes with these seeds.

    Examples
    --------
    >>> member_seed(7, 0)
    7
    >>> member_seed(7, 1) == member_seed(7, 1), member_seed(7, 1) == member_seed(7, 2)
    (True, False)
    """
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0] >> 1)


def members(lane: Lane, count: int) -> list[Lane]:
    """Return copies of a lane that differ in their seed.

    See Also
    --------
    under_bags : Members that differ in their rows too.

    Examples
    --------
    >>> lanes = members(Lane(np.arange(3), seed=7), 3)
    >>> [lane.rows.tolist() for lane in lanes], len({lane.seed for lane in lanes})
    ([[0, 1, 2], [0, 1, 2], [0, 1, 2]], 3)
    """
    return [replace(lane, seed=member_seed(lane.seed, i)) for i in range(count)]


def under_bags(lane: Lane, view: TrainingView, count: int) -> list[Lane]:
    """Return members that see all rows of the smallest class and as many random ones of each other class.

    See Also
    --------
    UnderBagging : The strategy that trains on them.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([[1, 2, 3, 4], [8, 9]])
    >>> bags = under_bags(Lane(np.arange(6), view.seed), view, 2)
    >>> [view.y[bag.rows].tolist() for bag in bags]
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    draw = RandomUnder().draw
    return [draw(member, view, member_seed(view.seed, i)) for i, member in enumerate(members(lane, count))]


@register
@dataclass(frozen=True)
class DeepEnsemble(Ensemble):
    """The same rows for every member: what averaging alone is worth.

    See Also
    --------
    UnderBagging : Balances the rows of every member.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(DeepEnsemble(n_members=2), [[1, 2, 3, 4], [8, 9]])
    [[[1.0, 2.0, 3.0, 4.0], [8.0, 9.0]], [[1.0, 2.0, 3.0, 4.0], [8.0, 9.0]]]
    """

    card = Card(
        "deep_ensemble",
        "Plain ensemble",
        "ensemble",
        "Averages several plain networks that differ in nothing but chance: shows what averaging alone brings.",
        helps="Nearly always a little, and steadier results.",
        harms="Balances nothing; costs as much as its networks.",
        paper="Lakshminarayanan, Pritzel and Blundell (2017)",
        link="https://arxiv.org/abs/1612.01474",
        formula=r"p(x) = \frac{1}{M} \sum_{m=1}^{M} p^{(m)}(x)",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet(ensemble=ensembles.function(self.card.sentence, ensembles.REPEATED, members=self.n_members))

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return members(lane, self.n_members)


@register
@dataclass(frozen=True)
class UnderBagging(Ensemble):
    """Each network sees all rows of the smallest class and as many random ones of each other class.

    See Also
    --------
    OverBagging : Loses no row.
    core.strategies.undersampling.RandomUnder : One such draw.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(UnderBagging(n_members=3), [[1, 2, 3, 4], [8, 9]])
    [[[3.0, 4.0], [8.0, 9.0]], [[1.0, 4.0], [8.0, 9.0]], [[1.0, 4.0], [8.0, 9.0]]]
    """

    card = Card(
        "under_bagging",
        "Under-bagging",
        "ensemble",
        "Averages several networks, each trained on a different balanced subset of the rows.",
        helps="Strong imbalance: every network is balanced, and together they see most rows.",
        harms="Each network is weak where the smallest class has only a handful of rows.",
        paper="Barandela, Valdovinos and Sánchez (2003)",
        link="https://doi.org/10.1007/s10044-003-0192-z",
        formula=(
            r"p(x) = \frac{1}{M} \sum_{m=1}^{M} p(x;\, S_m), \quad |S_{m, j}| = n_{\min} \text{ for every "
            r"class } j"
        ),
    )

    def code(self, facts: CodeFacts) -> Snippet:
        bags = ensembles.function(self.card.sentence, ensembles.UNDER, members=self.n_members)
        return Snippet(ensemble=bags)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return under_bags(lane, view, self.n_members)


@register
@dataclass(frozen=True)
class OverBagging(Ensemble):
    """Each network sees as many rows of every class as the largest has, drawn with replacement.

    See Also
    --------
    UnderBagging : Smaller bags, without repeated rows.
    SmoteBagging : Makes part of the rows up.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(OverBagging(n_members=2), [[1, 2, 3, 4], [8, 9]])
    [[[2.0, 3.0, 3.0, 4.0], [8.0, 8.0, 8.0, 8.0]], [[2.0, 3.0, 3.0, 3.0], [8.0, 8.0, 9.0, 9.0]]]
    """

    card = Card(
        "over_bagging",
        "Over-bagging",
        "ensemble",
        "Averages several networks, each on rows drawn with replacement until all classes are as large as the largest.",
        helps="Small tables, where no row can be spared.",
        harms="The networks resemble each other in the rare rows, which all of them see.",
        paper="Wang and Yao (2009)",
        link="https://doi.org/10.1109/CIDM.2009.4938667",
        formula=(
            r"p(x) = \frac{1}{M} \sum_{m=1}^{M} p(x;\, S_m), \quad |S_{m, j}| = n_{\max} \text{ for every "
            r"class } j"
        ),
    )

    def code(self, facts: CodeFacts) -> Snippet:
        bags = ensembles.function(self.card.sentence, ensembles.OVER, members=self.n_members)
        return Snippet(ensemble=bags)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        largest = class_counts(lane, view).max()
        synthetic = np.zeros(view.n_classes, int)
        if lane.synthetic is not None:
            synthetic = np.bincount(lane.synthetic.y, minlength=view.n_classes)
        bags = []
        for i, member in enumerate(members(lane, self.n_members)):
            rng = np.random.default_rng(member_seed(view.seed, i))
            rows = [rng.choice(own, largest - synthetic[c]) for c, own in _by_class(lane.rows, view)]
            bags.append(replace(member, rows=np.concatenate(rows)))
        return bags


@register
@dataclass(frozen=True)
class SmoteBagging(Ensemble):
    """Over-bagging whose smaller classes are part drawn, part made by SMOTE, in a share that grows by member.

    See Also
    --------
    OverBagging : Repeats rows alone.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> rows_seen(SmoteBagging(n_members=2), [[1, 2, 3, 4], [8, 9]])
    [[[2.0, 3.0, 3.0, 4.0], [8.0, 8.0, 8.4, 8.7]], [[2.0, 3.0, 3.0, 3.0], [8.0, 8.0, 9.0, 9.0]]]
    """

    card = Card(
        "smote_bagging",
        "SMOTE-bagging",
        "ensemble",
        "Over-bagging in which part of each smaller class is made by SMOTE, more in some networks than in others.",
        helps="Small rare classes: every network sees other rare rows.",
        harms="Where classes overlap it has SMOTE's trouble, many times over.",
        paper="Wang and Yao (2009)",
        link="https://doi.org/10.1109/CIDM.2009.4938667",
        formula=(
            r"\begin{gathered} p(x) = \frac{1}{M} \sum_{m=1}^{M} p(x;\, S_m), \quad |S_{m, j}| = n_{\max} \\ "
            r"\text{a share } m / M \text{ of the smaller classes drawn, the rest by SMOTE} \end{gathered}"
        ),
    )
    cost = "fast"

    k_neighbors: int = parameter(5, "Neighbours of the same class to choose from.", low=1, high=50)

    def synthetic_rows(self, missing: float) -> float:
        # What the sampler made, kept for others, and the part that the network takes.
        return 2 * missing * self.n_members

    def seconds(self, size: TrainingSize) -> float:
        return self.n_members * seconds.smote(size)

    def code(self, facts: CodeFacts) -> Snippet:
        smote = sampler_code(Smote(k_neighbors=self.k_neighbors), facts, "bag_seed")
        bags = ensembles.function(self.card.sentence, ensembles.SMOTE, members=self.n_members, smote=smote.rows)
        return Snippet(smote.imports, ensemble=bags)

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        counts = class_counts(lane, view)
        largest = counts.max()
        earlier = np.zeros(0, np.int64) if lane.synthetic is None else lane.synthetic.y
        bags = []
        for i, member in enumerate(members(lane, self.n_members)):
            seed = member_seed(view.seed, i)
            rng = np.random.default_rng(seed)
            grown = Smote(k_neighbors=self.k_neighbors).draw(member, view, seed)
            labels = np.zeros(0, np.int64) if grown.synthetic is None else grown.synthetic.y
            rows, kept = [], [np.arange(len(earlier))]
            for c in np.flatnonzero(counts):
                own = lane.rows[view.y[lane.rows] == c]
                # What an earlier part made stays in every bag; a class may consist of that alone.
                room = largest - int((earlier == c).sum())
                drawn = round((i + 1) / self.n_members * largest) if counts[c] < largest else largest
                new = len(earlier) + np.flatnonzero(labels[len(earlier) :] == c)
                smote = new[: min(room, largest - drawn)] if len(own) else new[:room]
                kept.append(smote)
                if len(own):
                    rows.append(rng.choice(own, room - len(smote)))
            synthetic = None if grown.synthetic is None else part_of(grown.synthetic, np.concatenate(kept))
            bags.append(replace(member, rows=np.concatenate(rows), synthetic=synthetic))
        return bags


@register
@dataclass(frozen=True)
class EasyEnsemble(Ensemble):
    """Under-bags, each with a few rounds of boosting.

    The paper boosts decision stumps in every bag with AdaBoost and adds up all votes. Here a round is
    a network, the rows' weights follow AdaBoost's (SAMME for more than two classes), and the
    probabilities of all networks are averaged, as networks say how sure they are.

    See Also
    --------
    UnderBagging : One round of it.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> view = view_of([[1, 2, 3], [8, 9]])
    >>> stages = EasyEnsemble(n_members=2, rounds=2).stages([Lane(np.arange(5), view.seed)], view)
    >>> [bag] = next(stages)
    >>> [bag] = stages.send([np.array([[0.9, 0.1]] * 3 + [[0.8, 0.2], [0.3, 0.7]])])  # 8 is taken for the other class
    >>> bag.rows.tolist(), bag.sample_weight.astype(float).round(2).tolist()
    ([2, 1, 3, 4], [0.67, 0.67, 2.0, 0.67])
    """

    card = Card(
        "easy_ensemble",
        "EasyEnsemble",
        "ensemble",
        "Draws several balanced subsets, and in each lets a second network attend to what the first got wrong.",
        helps="As under-bagging, where one network a bag leaves mistakes that can be learned.",
        harms="Wrong labels gain weight in every round.",
        paper="Liu, Wu and Zhou (2009)",
        link="https://doi.org/10.1109/TSMCB.2008.2007853",
        formula=(
            r"\begin{gathered} p(x) = \frac{1}{M} \sum_{b, t} p(x;\, S_b, w_t), \quad |S_{b, j}| = n_{\min} "
            r"\\ w_i \leftarrow w_i \, (C - 1) \frac{1 - e}{e} \text{ for wrong rows, } e \text{ their share} "
            r"\end{gathered}"
        ),
    )

    rounds: int = parameter(
        2, "Networks after one another in each bag; the number of bags is what remains.", low=1, high=10, tried=()
    )

    def code(self, facts: CodeFacts) -> Snippet:
        n_bags = max(1, self.n_members // self.rounds)
        bags = ensembles.function(self.card.sentence, ensembles.EASY, bags=n_bags, rounds=self.rounds)
        return Snippet(ensemble=bags)

    def stages(self, lanes: list[Lane], view: TrainingView) -> Generator[list[Lane], list[np.ndarray], None]:
        n_bags = max(1, self.n_members // self.rounds)
        bags = [bag for lane in lanes for bag in under_bags(lane, view, n_bags)]
        for i in range(self.rounds):
            given = yield [replace(bag, seed=member_seed(bag.seed, i)) for bag in bags]
            bags = [_boosted(bag, p, view) for bag, p in zip(bags, given, strict=True)]


def _boosted(lane: Lane, probabilities: np.ndarray, view: TrainingView) -> Lane:
    """Return a bag with AdaBoost's weights after a network with these probabilities on the view's rows."""
    weights = np.ones(lane.n_rows) if lane.sample_weight is None else lane.sample_weight.astype(float)
    wrong = np.zeros(lane.n_rows, bool)
    wrong[: len(lane.rows)] = probabilities.argmax(axis=1)[lane.rows] != view.y[lane.rows]
    error = weights[wrong].sum() / weights.sum()
    if 0 < error < 1 - 1 / view.n_classes:
        weights[wrong] *= (view.n_classes - 1) * (1 - error) / error
    return replace(lane, sample_weight=(weights / weights.mean()).astype(np.float32))


@dataclass(frozen=True)
class _Sequential(Ensemble):
    """An ensemble whose next member's rows depend on the members before."""

    n_members: int = parameter(
        5, "Networks, trained one after another, whose probabilities are averaged.", low=2, high=100, tried=()
    )

    def stages(self, lanes: list[Lane], view: TrainingView) -> Generator[list[Lane], list[np.ndarray], None]:
        total = np.zeros((len(view.y), view.n_classes))
        hardness: np.ndarray | None = None
        pools = [lane.rows for lane in lanes]
        for stage in range(self.n_members):
            bags = []
            for i, lane in enumerate(lanes):
                pools[i], rows = self._bag(lane, pools[i], view, hardness, stage)
                bags.append(replace(lane, rows=rows, seed=member_seed(lane.seed, stage)))
            given = yield bags
            total += np.mean(given, axis=0)
            hardness = 1 - total[np.arange(len(view.y)), view.y] / (stage + 1)

    def _bag(
        self, lane: Lane, pool: np.ndarray, view: TrainingView, hardness: np.ndarray | None, stage: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of ``pool`` that later stages may use, and of these the rows of this stage's network."""
        smallest = int(min(n for n in class_counts(lane, view) if n))
        rng = np.random.default_rng([view.seed, stage])
        kept, chosen = [], []
        for _, rows in _by_class(pool, view):
            if hardness is not None and len(rows) > smallest:
                rows = self.narrowed(rows, hardness[rows], smallest, stage)
            kept.append(rows)
            if len(rows) > smallest:
                rows = self.drawn(rows, None if hardness is None else hardness[rows], smallest, stage, rng)
            chosen.append(rows)
        return np.concatenate(kept), np.concatenate(chosen)

    def narrowed(self, rows: np.ndarray, hardness: np.ndarray, smallest: int, stage: int) -> np.ndarray:
        """Return a larger class's rows that this stage and later ones may use."""
        return rows

    def drawn(
        self, rows: np.ndarray, hardness: np.ndarray | None, smallest: int, stage: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Return about ``smallest`` rows of a larger class; there is no hardness at the first stage."""
        return rng.choice(rows, smallest, replace=False)


@register
@dataclass(frozen=True)
class SelfPaced(_Sequential):
    """Under-bags that sample evenly over hardness, from easy rows at first to hard ones later.

    See Also
    --------
    BalancedCascade : Drops what is easy for good.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> classes = [[1, 2, 3, 4, 5, 6, 7, 8], [20, 21]]
    >>> rows_seen(SelfPaced(n_members=2), classes, sure={7: 0.6, 8: 0.2})
    [[[6.0, 8.0], [20.0, 21.0]], [[4.0, 7.0, 8.0], [20.0, 21.0]]]
    """

    card = Card(
        "self_paced",
        "Self-paced ensemble",
        "ensemble",
        "Trains networks in turn, each on rows of the larger classes chosen by how hard the earlier ones found them.",
        helps="Large noisy majorities: hard rows count more, without noise taking over.",
        harms="Trains one network after another, which takes longer than side by side.",
        paper="Liu et al. (2020)",
        link="https://arxiv.org/abs/1909.03500",
        formula=(
            r"\text{rows of hardness bin } b \propto \frac{1}{\bar h_b + \alpha_t}, \quad h = 1 - p_y, \quad "
            r"\alpha_t = \tan \frac{\pi t}{2 (M - 1)}"
        ),
    )

    bins: int = parameter(20, "Steps of hardness.", low=2, high=100)

    def code(self, facts: CodeFacts) -> Snippet:
        values = {"members": self.n_members, "bins": self.bins}
        bags = ensembles.function(self.card.sentence, ensembles.SELF_PACED, **values)
        return Snippet(ensemble=bags)

    def drawn(
        self, rows: np.ndarray, hardness: np.ndarray | None, smallest: int, stage: int, rng: np.random.Generator
    ) -> np.ndarray:
        if hardness is None or np.ptp(hardness) < 1e-9:
            return rng.choice(rows, smallest, replace=False)
        edges = np.linspace(hardness.min(), hardness.max(), self.bins + 1)
        step = np.clip(np.searchsorted(edges, hardness, side="right") - 1, 0, self.bins - 1)
        size = np.bincount(step, minlength=self.bins)
        mean = np.bincount(step, hardness, self.bins) / np.maximum(size, 1)
        # The paper's alpha grows from 0 (each bin the same hardness in all) to infinity (each bin the same rows).
        alpha = np.tan(np.pi / 2 * stage / (self.n_members - 1))
        weight = np.where(size > 0, 1 / (mean + alpha + 1e-12), 0.0)
        quota = np.minimum(size, (smallest * weight / weight.sum()).astype(int) + 1)
        chosen = [rng.choice(rows[step == b], quota[b], replace=False) for b in np.flatnonzero(size)]
        return np.concatenate(chosen)


@register
@dataclass(frozen=True)
class BalancedCascade(_Sequential):
    """Under-bags from rows that get fewer: what the networks so far are sure of is dropped.

    As in the paper, the larger class shrinks by the same factor at every stage and ends at the
    smallest class's size; with several larger classes, each shrinks so.

    See Also
    --------
    SelfPaced : Keeps some easy rows to the end.

    Examples
    --------
    >>> from core.strategies.line import rows_seen
    >>> classes = [[1, 2, 3, 4, 5, 6, 7, 8], [20, 21]]
    >>> rows_seen(BalancedCascade(n_members=2), classes, sure={7: 0.6, 8: 0.2})
    [[[6.0, 8.0], [20.0, 21.0]], [[7.0, 8.0], [20.0, 21.0]]]
    """

    card = Card(
        "balanced_cascade",
        "BalanceCascade",
        "ensemble",
        "Trains networks in turn on balanced subsets, dropping common rows that the earlier ones already get right.",
        helps="Large classes of which most rows are easy.",
        harms="The last networks see the hardest and noisiest common rows only.",
        paper="Liu, Wu and Zhou (2009)",
        link="https://doi.org/10.1109/TSMCB.2008.2007853",
        formula=(
            r"n_j^{(t+1)} = n_j^{(t)} \left( \frac{n_{\min}}{n_j} \right)^{\frac{1}{M - 1}}, \quad \text{the "
            r"surest rows } (p_y \to 1) \text{ go first}"
        ),
    )

    def code(self, facts: CodeFacts) -> Snippet:
        bags = ensembles.function(self.card.sentence, ensembles.CASCADE, members=self.n_members)
        return Snippet(ensemble=bags)

    def narrowed(self, rows: np.ndarray, hardness: np.ndarray, smallest: int, stage: int) -> np.ndarray:
        # With s stages to go, the s-th root of what is too many leads to the smallest class's size at the last.
        factor = (smallest / len(rows)) ** (1 / (self.n_members - stage))
        keep = max(smallest, int(np.ceil(len(rows) * factor)))
        return rows[np.sort(np.argsort(-hardness, kind="stable")[:keep])]


def _by_class(rows: np.ndarray, view: TrainingView) -> list[tuple[int, np.ndarray]]:
    """Return the rows of each class that has any."""
    labels = view.y[rows]
    return [(int(c), rows[labels == c]) for c in np.unique(labels)]
