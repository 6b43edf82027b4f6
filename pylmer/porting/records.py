"""`x$name`: columns, tables by grouping factor, and parts of what pylmer's functions give; a row per part."""

from __future__ import annotations

from .context import Expressions
from .nodes import Dollar
from .written import ATOM, NotPortedError, Py, quoted

# kind -> what `$name` gives
NAMED = {
    "frame": "series",
    "table": "series",
    "byfactor": "table",
    "varcorr": "table",
    "dict": "object",
    "series": "number",
    "gridlist": "grid",
    "grid": "grid",  # emmeans(fit, pairwise ~ f)$contrasts
    "object": "object",
}
# (kind, R's name) -> (template, kind): parts that pylmer keeps under attributes or in functions
PARTS = {
    ("summary", "coefficients"): ("coef({x})", "table"),
    ("summary", "sigma"): ("{x}.sigma", "number"),
    ("summary", "varcor"): ("{x}.varcor", "varcorr"),
    ("summary", "r.squared"): ("{x}.r_squared", "number"),
    ("summary", "adj.r.squared"): ("{x}.adj_r_squared", "number"),
    ("summary", "residuals"): ("{x}.residuals", "series"),
    ("boot", "t0"): ("{x}.t0", "named_vector"),
    ("boot", "t"): ("{x}.t", "table"),
    ("comparison", "stats"): ("{x}.test", "table"),
    ("comparison", "test"): ("{x}.test", "table"),
    ("fit", "coefficients"): ("coef({x})", "named_vector"),
    ("fit", "fitted.values"): ("fitted({x})", "series"),
    ("fit", "residuals"): ("resid({x})", "series"),
    ("fit", "df.residual"): ("df_residual({x})", "number"),
    ("icc", "ICC_adjusted"): ("{x}.ICC_adjusted", "number"),
    ("icc", "ICC_unadjusted"): ("{x}.ICC_unadjusted", "number"),
    ("r2", "R2_marginal"): ("{x}.R2_marginal", "number"),
    ("r2", "R2_conditional"): ("{x}.R2_conditional", "number"),
}


def dollar_text(at: Expressions, node: Dollar) -> Py:
    """The part as Python; raises NotPortedError for a slot, or a part that has no name here."""
    if node.slot:
        raise NotPortedError(f"@{node.name}: the slots of R's objects are R's own")
    operand = at.py(node.operand)
    part = PARTS.get((operand.kind, node.name))
    if part is not None:
        template, kind = part
        return Py(template.format(x=operand.at(ATOM)), kind)
    if operand.kind not in NAMED:
        raise NotPortedError(f"${node.name} of a {operand.kind}")
    return Py(f"{operand.at(ATOM)}[{quoted(node.name)}]", NAMED[operand.kind])
