"""The plain network: what every strategy is measured against."""

from __future__ import annotations

from dataclasses import dataclass

from core.strategies.base import Baseline, Card
from core.strategies.registry import register
from core.strategies.snippets.snippet import CodeFacts, Snippet


@register
@dataclass(frozen=True)
class Plain(Baseline):
    """Rows as they are, cross-entropy, the most probable class.

    See Also
    --------
    core.strategies.references.Logistic : A reference of another library.

    Examples
    --------
    It changes nothing, so a choice of it has no part that makes a model of its own.

    >>> from core.plan import StrategyChoice
    >>> from core.strategies import Recipe
    >>> len(Recipe.of(StrategyChoice.of("plain")).shaping), Plain.card.name
    (0, 'Plain network')
    """

    card = Card(
        "plain",
        "Plain network",
        "baseline",
        "Trains on the rows as they are: what every strategy is measured against.",
        helps="Where classes are well separated, or probabilities themselves are wanted.",
        harms="May call nearly every row the common class.",
        paper="Rumelhart, Hinton and Williams (1986)",
        link="https://doi.org/10.1038/323533a0",
        formula=r"\ell(x, y) = -\log p_y(x)",
    )

    def code(self, facts: CodeFacts) -> Snippet:
        return Snippet()
