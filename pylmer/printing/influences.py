"""The page of `influence`: the deletions that move the fixed effects most."""

from __future__ import annotations

import numpy as np

from ..diagnostics import Influence
from ..diagnostics.leverage import deletion_distances, scaled_changes
from ..text import print_matrix, show

SHOWN = 6
DIGITS = 3


@show.register
def influence_page(found: Influence) -> str:
    """Heading, and the largest Cook's distances with the changes in standard errors."""
    kind = "row" if found.groups == "case" else found.groups
    head = f"Influence of each {kind}: {len(found.deleted)} deletions, theta {found.theta}"
    missing = [f"No fit without {label}: it {why}" for label, why in list(found.failed.items())[:SHOWN]]
    if not len(found.fixef) or not found.fixef_deleted.notna().any(axis=None):
        return "\n".join([head, *missing])
    distance, changes = deletion_distances(found).to_numpy(), scaled_changes(found).to_numpy()
    largest = np.argsort(-np.nan_to_num(distance, nan=-1.0), kind="stable")[:SHOWN]
    columns = [distance[largest].tolist(), *changes[largest].T.tolist()]
    table = print_matrix(
        [str(found.deleted[int(k)]) for k in largest], ["cooks_distance", *map(str, found.fixef.index)], columns, DIGITS
    )
    return "\n".join([head, "Largest Cook's distances, and changes in standard errors (dfbetas):", table, *missing])
