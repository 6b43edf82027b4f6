"""What the entries of theta and par are called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .family import Family


def par_names(family: Family, group: str, columns: Sequence[str]) -> list[str]:
    """Names of one term's `par`: `group.column`, `group.row.column`, `group.rho`; `group.*` where hom."""
    if family.structure == "us":
        return theta_names(family, group, columns)
    sds = [f"{group}.*"] if family.hom else [f"{group}.{column}" for column in columns]
    return sds + [f"{group}.rho"] * (family.size - len(sds))


def theta_names(family: Family, group: str, columns: Sequence[str]) -> list[str]:
    """Names of one term's `theta`, the distinct entries of its template."""
    pattern = np.array(
        [[f"{group}.{a}" if a == b else f"{group}.{a}.{b}" for b in columns] for a in columns], dtype=object
    ).reshape(len(columns), len(columns))
    if family.structure == "diag" and family.hom:
        return [f"{group}.*"]
    if family.structure == "cs" and family.hom:
        for j, column in enumerate(columns[:-1]):
            pattern[j + 1, j] = f"{group}.*.{column}"
    return [str(name) for name in family.theta(pattern)]
