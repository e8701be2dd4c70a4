"""An answer as a picture: every row that it speaks of as one mark."""

from __future__ import annotations

import html

from core.charts.palette import COLOURS
from core.evaluation.counts import Counts

_DOWN, _ALL = 20, 1000
# Kinds differ in shape as well as in colour.
_STYLE = f"""<style>
.cw-waffle{{display:grid;grid-auto-flow:column;grid-template-rows:repeat({_DOWN},auto);
  grid-template-columns:repeat({_ALL // _DOWN},minmax(0,1fr));gap:min(2px,.25vw);margin-bottom:.6rem}}
.cw-waffle i,.cw-key i{{display:inline-block;aspect-ratio:1;box-sizing:border-box}}
.cw-key{{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.875rem}}
.cw-key i{{width:.7rem;margin-right:.3rem}}
i.cw-f{{background:{COLOURS[5]}}}
i.cw-m{{border:max(1px,.12vw) solid {COLOURS[1]}}}
i.cw-a{{background:{COLOURS[3]};clip-path:polygon(50% 0,100% 100%,0 100%)}}
i.cw-q{{background:currentColor;opacity:.35;border-radius:50%;transform:scale(.4)}}
</style>"""


def waffle(counts: Counts) -> str:
    """Return counts as an HTML picture of a thousand rows, with a legend.

    See Also
    --------
    core.evaluation.counts.Counts : What it draws.

    Examples
    --------
    >>> picture = waffle(Counts("yes", 1000, found=87, missed=15, alarms=12))
    >>> [picture.count(f'<i class="cw-{kind}">') - 1 for kind in "fmaq"]
    [87, 15, 12, 886]
    """
    quiet = counts.rows - counts.found - counts.missed - counts.alarms
    kinds = {
        "f": (counts.found, "found"), "m": (counts.missed, "missed"),
        "a": (counts.alarms, "false alarm" + "s" * (counts.alarms != 1)), "q": (quiet, "correctly ignored"),
    }  # fmt: skip
    marks = "".join(kind * round(rows * _ALL / counts.rows) for kind, (rows, _) in kinds.items() if kind != "q")
    dots = "".join(_mark(kind) for kind in marks.ljust(_ALL, "q")[:_ALL])
    legend = "".join(f"<span>{_mark(kind)}{rows:,} {said}</span>" for kind, (rows, said) in kinds.items())
    return (
        f'{_STYLE}<div class="cw-waffle" role="img" aria-label="{html.escape(counts.text, quote=True)}">{dots}</div>'
        f'<div class="cw-key">{legend}</div>'
    )


def _mark(kind: str) -> str:
    return f'<i class="cw-{kind}"></i>'
