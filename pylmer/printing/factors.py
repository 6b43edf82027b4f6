"""ranef, coef, sigma_hat, rePCA and other records by grouping factor, as R prints lists."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..extract import ByFactor, Coef, CondVar, LogLik, PrincipalComponents, Ranef, RePCA, RePCASummary, SigmaHat
from ..extract.records import StandardErrors
from ..language import deparse
from ..language.nodes import Name
from ..text import format_number, format_numbers, print_matrix, print_named, print_vector, show

CLASS = 'attr(,"class")\n[1] "{}"'


def frame_text(frame: pd.DataFrame, digits: int = 7, na: str = "NA") -> str:
    """R's print of a data frame of numbers."""
    columns = [frame.iloc[:, j].to_numpy(float).tolist() for j in range(frame.shape[1])]
    return print_matrix(list(map(str, frame.index)), list(map(str, frame.columns)), columns, digits, na=na)


def element(name: str, text: str) -> str:
    """One element of a list: `$name`, with backticks where R needs them, over its text."""
    return f"${deparse(Name(name))}\n{text}"


def _elements(frames: ByFactor | RePCASummary, digits: int) -> list[str]:
    return [element(name, frame_text(frame, digits)) for name, frame in frames.items()]


def listed(elements: Sequence[str]) -> str:
    """R's print of a list: a blank line after each element, after the last one too."""
    return "\n".join(f"{each}\n" for each in elements)


@show.register
def show_by_factor(frames: ByFactor, digits: int = 7) -> str:
    """R's print of a list of data frames."""
    return listed(_elements(frames, digits))


@show.register
def show_ranef(modes: Ranef, digits: int = 7) -> str:
    """R's print(ranef(fit))."""
    blocks = _elements(modes, digits)
    if modes.cond_var is not None:
        blocks.append(f"with conditional variances for {' '.join(f'“{name}”' for name in modes)} ")
    return "\n\n".join(blocks)


@show.register
def show_coef(coefficients: Coef, digits: int = 7) -> str:
    """R's print(coef(fit))."""
    return "\n\n".join([*_elements(coefficients, digits), CLASS.format("coef.mer")])


@show.register
def show_errors(errors: StandardErrors, digits: int = 7) -> str:
    """arm's se.coef."""
    return listed([element("fixef", print_vector(format_numbers(errors.fixef, digits))), *_elements(errors, digits)])


@show.register
def show_cond_var(variances: CondVar) -> str:
    """The shapes of the arrays."""
    return "\n".join(f"${name}: array {value.shape}" for name, value in variances.items())


@show.register
def show_loglik(value: LogLik, digits: int = 7) -> str:
    """R's print(logLik(fit))."""
    return f"'log Lik.' {format_number(float(value), digits)} (df={value.df})"


@show.register
def show_sigma_hat(record: SigmaHat) -> str:
    """arm's sigma.hat: two lists."""
    blocks = []
    for field, entries in (("sigma", record.sigma), ("cors", record.cors)):
        inner = [f"${field}{element(name, _value(value))}" for name, value in entries.items()]
        blocks.append(f"${field}\n{listed(inner)}")
    return listed(blocks)


def _value(value: float | pd.Series[float] | pd.DataFrame | None) -> str:
    if value is None:
        return print_vector(["NA"])
    if isinstance(value, pd.DataFrame):
        return frame_text(value)
    if isinstance(value, pd.Series):
        return print_named(list(map(str, value.index)), format_numbers(value))
    return print_vector([format_number(value)])


@show.register
def show_components(components: PrincipalComponents) -> str:
    """R's print of a prcomp."""
    l = len(components.sdev)  # noqa: E741
    columns = components.rotation.T.tolist()
    rotation = print_matrix([f"[{i + 1},]" for i in range(l)], [f"[,{j + 1}]" for j in range(l)], columns)
    deviations = print_vector(format_numbers(components.sdev))
    return f"Standard deviations (1, .., p={l}):\n{deviations}\n\nRotation (n x k) = ({l} x {l}):\n{rotation}"


@show.register
def show_pca(components: RePCA) -> str:
    """R's print(rePCA(fit))."""
    blocks = [element(name, show(each)) for name, each in components.items()]
    return "\n\n".join([*blocks, CLASS.format("prcomplist")])


@show.register
def show_pca_summary(importance: RePCASummary, digits: int = 4) -> str:
    """R's print(summary(rePCA(fit)))."""
    blocks = [
        element(name, f"Importance of components:\n{frame_text(frame, digits, 'NaN')}")
        for name, frame in importance.items()
    ]
    return listed(blocks)
