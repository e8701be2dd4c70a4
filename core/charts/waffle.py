"""An answer as a picture: every row that it speaks of as one mark."""

from __future__ import annotations

import html
from math import ceil

from core.charts.palette import COLOURS
from core.evaluation.counts import Counts

_DOWN, _ALL = 20, 1000
_ACROSS = _ALL // _DOWN
_GAP = "min(2px,.25vw)"
# Kinds differ in shape as well as in colour.
_STYLE = f"""<style>
.cw-waffle{{display:grid;grid-auto-flow:column;grid-template-rows:repeat({_DOWN},auto);
  grid-template-columns:repeat({_ACROSS},minmax(0,1fr));gap:{_GAP};margin-bottom:.6rem}}
.cw-waffle b{{grid-row:1/-1;opacity:.35;
  background:radial-gradient(circle closest-side,currentColor 31%,transparent 36%) calc({_GAP}/-2) calc({_GAP}/-2)}}
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
    >>> [picture.count(f'<i class="cw-{kind}">') - 1 for kind in "fma"]
    [87, 15, 12]
    """
    quiet = counts.rows - counts.found - counts.missed - counts.alarms
    kinds = {
        "f": (counts.found, "found"), "m": (counts.missed, "missed"),
        "a": (counts.alarms, "false alarm" + "s" * (counts.alarms != 1)), "q": (quiet, "correctly ignored"),
    }  # fmt: skip
    marks = "".join(kind * round(rows * _ALL / counts.rows) for kind, (rows, _) in kinds.items() if kind != "q")
    columns = min(_ACROSS, max(1, ceil(len(marks) / _DOWN)))
    dots = "".join(_mark(kind) for kind in marks.ljust(columns * _DOWN, "q")[:_ALL])
    if columns < _ACROSS:
        # What is left is one element: a page with a thousand of them is slow to draw anew.
        size = f"calc((100% + {_GAP})/{_ACROSS - columns}) calc((100% + {_GAP})/{_DOWN})"
        dots += f'<b style="grid-column:{columns + 1}/-1;background-size:{size}"></b>'
    legend = "".join(f"<span>{_mark(kind)}{rows:,} {said}</span>" for kind, (rows, said) in kinds.items())
    alt = html.escape(counts.text.replace("`", "'"), quote=True)
    return (
        f'{_STYLE}<div class="cw-waffle" role="img" aria-label="{alt}">{dots}</div><div class="cw-key">{legend}</div>'
    )


def _mark(kind: str) -> str:
    return f'<i class="cw-{kind}"></i>'
