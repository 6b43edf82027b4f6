"""The vignettes: texts with code that runs, for readers.

In comes a name; out goes a `Vignette`, which prints as text and shows itself in notebooks; its code runs as a doctest,
and its pictures are made by it. It must not know how anything is computed: the texts use pylmer as any stranger does.
The site that is built from them lies in `site/`, which is no part of the wheel.
"""

from .record import CONTENTS, Vignette, names, vignette
from .running import Ran

__all__ = ["CONTENTS", "Ran", "Vignette", "names", "vignette"]
