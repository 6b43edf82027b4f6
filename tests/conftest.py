"""Pictures in tests and doctests are drawn without a screen, and put away after each test."""

from __future__ import annotations

import os
import sys

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


class PutAway:
    """For all tests, the doctests of the package and of README included: what a conftest defines itself stays here."""

    @pytest.hookimpl(trylast=True)  # when fixtures have put matplotlib back
    def pytest_runtest_teardown(self) -> None:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(PutAway())
