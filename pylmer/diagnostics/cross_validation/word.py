"""`cross_validate` and its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import note
from ...fit.fitted_model import FittedModel
from ...fit.generalized import GeneralizedFittedModel
from ...fit.linear.generalized import GeneralizedFit
from ...fit.linear.regression import LinearFit
from ...fit.words import word_of
from ...simulation.drawing import Seed
from ...text import Shown
from ..influence import without_fits
from .folds import folds_of
from .held_out import held_out
from .losses import checked, table_of_losses
from .mixtures import trials_of

Model = FittedModel | GeneralizedFittedModel | LinearFit | GeneralizedFit


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation(Shown):
    """How well a model foretells rows that it has not seen.

    units        what folds are made of: "rows", a grouping factor, "given folds"
    table        a row for each fold and one, "all", for all rows together; columns rows, RMSE, MAE, R2, log_density
                 (the mean over rows), of a binomial family Brier and log_loss, and losses of your own
    predictions  on the rows of the fit: fold, observed, predicted, log_density; NaN where nothing was foretold
    failed       fold -> why there is no fit without it
    """

    units: str
    table: pd.DataFrame
    predictions: pd.DataFrame
    failed: dict[Any, str]

    @property
    def folds(self) -> pd.Index[Any]:
        """The folds."""
        return self.table.index[:-1]

    @property
    def pooled(self) -> pd.Series[float]:
        """The losses of all rows together."""
        return self.table.iloc[-1]

    @property
    def elpd(self) -> float:
        """The sum of the log densities: the expected log predictive density of as many rows."""
        return float(np.nansum(self.predictions["log_density"]))

    @property
    def elpd_se(self) -> float:
        """Its standard error over rows, sqrt(n Var(log density)) (Vehtari, Gelman & Gabry 2017, equation 23)."""
        known = self.predictions["log_density"].dropna().to_numpy()
        return float(np.sqrt(len(known) * np.var(known, ddof=1))) if len(known) > 1 else float("nan")

    def to_pandas(self) -> pd.DataFrame:
        """The table of losses as a DataFrame of its own."""
        return self.table.copy()


@word_of(FittedModel, GeneralizedFittedModel, LinearFit, GeneralizedFit)
def cross_validate(
    fit: Model,
    folds: Any = 10,
    *,
    by: str | None = None,
    seed: Seed = 1,
    loss: Callable[..., Any] | Mapping[str, Callable[..., Any]] | None = None,
) -> CrossValidation:
    """Leave out folds in turn, estimate everything anew from the rest, and predict them: k-fold cross-validation.

    fit    a fit of `lmer`, `glmer`, `lm` or `glm`
    folds  how many, by default 10; "loo": each row, or each group, by itself; or the fold of each row, as labels (a
           row without one is in every fit)
    by     the name of a grouping factor ("county", "cask:batch") or of a column of the data whose groups stay together:
           then new groups are foretold, whose random effects are unknown. None, the default: rows are left out, and
           their groups are known by the other rows
    seed   of the folds: a whole number or a numpy Generator; default 1, so that models of the same rows are compared
           on the same folds; None: other folds every time
    loss   further losses: a function of observed and predicted values (arrays) that gives a number, or several by
           name; None, the default: none

    RMSE, MAE and R2 (1 less the residual over the total sum of squares, about the mean of the rows that are judged) are
    on the scale of the left side of the formula, of a binomial family of proportions, and every row counts alike;
    Brier's score and the log loss are those of single trials. Random effects of new groups are zero in a mean, and
    their variance is in the density: that of `predict(interval="prediction")`, normal of `lmer`, t of `lm`; of
    generalized models the family's, integrated over a normal linear predictor.

    Folds are exact: each has its own beta, sigma and theta. Rows are not read again: of `lmer` a fold is the
    cross-products of the whole less its own, and all are solved at once where `influence` can; of `lm` it is a closed
    form; `glmer` and `glm` begin at the optimum of the whole. Groups go to folds by size, the largest first, each to
    the smallest fold. A fold without which nothing can be fitted is NaN, and a FitNote names it.

    Source: Stone (1974), J. R. Stat. Soc. B 36, 111-147; Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102, 359-378.
    Raises ArgumentError for unknown groups, and for folds that cannot be made.

    >>> import pylmer
    >>> sleepstudy = pylmer.datasets.load("sleepstudy")
    >>> fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", sleepstudy)
    >>> pylmer.cross_validate(fit, 5)
    Cross-validation with 5 folds of rows: 180 rows foretold
        rows  RMSE   MAE     R2 log_density
    1     36 20.83 17.42 0.8171      -4.571
    2     36 22.86 17.79 0.7402      -4.605
    3     36 31.07 17.78 0.7534      -4.904
    4     36 33.63 23.45 0.5985      -4.896
    5     36 29.29 20.74 0.7928      -4.769
    all  180 27.97 19.43 0.7521      -4.749
    >>> pylmer.cross_validate(fit, 5, by="Subject").pooled.round(3)[["RMSE", "log_density"]].to_dict()
    {'RMSE': 50.657, 'log_density': -5.311}
    """
    losses = checked(loss)
    made = folds_of(fit, folds, by, seed)
    found = held_out(fit, made)
    failed = {made.labels[fold]: why for fold, why in sorted(found.failed.items())}
    if failed:
        note(without_fits(failed))
    labels = np.append(np.asarray(made.labels, object), np.nan)
    rows = pd.DataFrame(
        {
            "fold": labels[made.codes],
            "observed": np.asarray(fit.rows.y, float),
            "predicted": found.mean,
            "log_density": found.log_density,
        },
        index=fit.rows.index,
    )
    weights = np.ones(len(rows)) if fit.rows.prior_weights is None else fit.rows.prior_weights
    trials = trials_of(fit.family, weights) if isinstance(fit, GeneralizedFittedModel | GeneralizedFit) else None
    return CrossValidation(made.units, table_of_losses(rows, made.labels, trials, losses), rows, failed)
