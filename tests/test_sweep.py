"""Whatever is given for an argument, a word answers or says what it wanted, within ten seconds.

Every public word and every parameter of its signatures meets a few of the things of tests/sweeping/given.py, drawn anew
for each from a fixed seed; benchmarks/sweep.py gives everything to all. Allowed are an answer that can be printed, a
PylmerError, and Python's TypeError that names the word itself.
"""

from __future__ import annotations

import copy
import pickle
import random
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest

import pylmer
from tests.sweeping.calls import LEFT_OUT, MODULES, Slot, slots, words
from tests.sweeping.given import GIVEN
from tests.sweeping.models import RECORDS, big, cake, emm, linear, other, small
from tests.sweeping.outcomes import GOOD, bounded, outcome, quiet

EACH = 10  # things given to each parameter
BY_WORD = {word: list(found) for word, found in groupby(slots(), key=lambda slot: slot.word)}


@pytest.fixture(autouse=True, scope="module")
def memory() -> Iterator[None]:
    with bounded():
        yield


@pytest.mark.parametrize("word", BY_WORD)
def test_sweep(word: str) -> None:
    drawn = random.Random(word)
    calls = [(slot, given) for slot in BY_WORD[word] for given in drawn.sample(list(GIVEN), EACH)]
    ended = {f"{slot} = {given}": outcome(slot, given) for slot, given in calls}
    assert not {call: end for call, end in ended.items() if end not in GOOD}


@pytest.mark.parametrize("word", BY_WORD)
def test_a_word_answers_without_what_is_given(word: str) -> None:
    """Else all of its calls would end in the same words."""
    for slot in {slot.kind: slot for slot in BY_WORD[word] if not slot.first}.values():
        with quiet():
            slot.valid()


def test_every_public_name_is_swept_or_left_out_with_a_reason() -> None:
    left_out = {name for names in LEFT_OUT for name in names.split()}
    assert set(pylmer.__all__) - left_out - {*MODULES} <= BY_WORD.keys()
    assert all(LEFT_OUT.values())
    assert words().keys() <= BY_WORD.keys() | {"datasets.names"}


def test_outcomes_are_told_apart() -> None:
    def slot(function: Callable[..., Any]) -> Slot:
        return Slot("logLik", "", "given", False, {}, function)

    def refuses(given: Any) -> None:
        raise pylmer.ArgumentError("no")

    def inner(given: Any) -> None:
        (lambda: None)(given)  # type: ignore[call-arg]

    assert outcome(slot(lambda given: 1), "1") == "answer"
    assert outcome(slot(refuses), "1") == "words"
    assert outcome(slot(lambda given: given + None), "1").startswith("TypeError: unsupported operand")
    assert outcome(slot(inner), "1").startswith("TypeError: test_outcomes")
    assert outcome(slot(lambda given: {}[given]), "1").startswith("KeyError")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pylmer.predict(big(), se_fit="no"), r"se_fit='no': predict\(\) wants True or False"),
        (lambda: pylmer.predict(big(), uncertainty=2), r"uncertainty=2: predict\(\) wants a text"),
        (lambda: pylmer.logLik(big(), REML="foo"), r"REML='foo': logLik\(\) wants True, False or None"),
        (lambda: pylmer.predict(big(), na_action="foo"), r"na_action='foo'"),
        (lambda: pylmer.predict(big(), re_form="NA", na_action="foo"), r"na_action='foo'"),
        (lambda: pylmer.conf_int(big(), p_values="foo"), r"p_values='foo': conf_int\(\) wants True or False"),
        (lambda: pylmer.anova(big(), foo=1), r"anova\(\) has no argument 'foo', .* it takes models, and type"),
        (lambda: pylmer.anova(big(), ddf=cake()), r"ddf=<DataFrame>: anova\(\) wants a text or None"),
        (lambda: pylmer.VarCorr(big()).to_string(foo=1), r"to_string\(\): got an unexpected keyword argument 'foo'"),
        (lambda: pylmer.display(big(), digits=None), r"digits=None: wanted a whole number from 0 to 22"),
        (lambda: pylmer.display(big(), digits=1e9), r"digits=1000000000.0: wanted a whole number from 0 to 22"),
        (lambda: pylmer.VarCorr(big()).to_string(digits=10**9), "digits=1000000000: wanted a whole number"),
        (lambda: pylmer.powerCurve(big(), "temp", within=3), r"within=3: powerCurve\(\) wants a text, or several"),
        (lambda: pylmer.powerCurve(big(), "temp", along="temp", breaks=10**9), r"each of breaks=1000000000: more than"),
        (lambda: pylmer.sim(big(), n_sims=10**9), r"n_sims=1000000000: more than 10,000,000 are refused"),
        (lambda: pylmer.simulate(big(), nsim=10**7), r"10000000 times 270 numbers are 20 GiB"),
        (lambda: pylmer.extend(big(), along="replicate", n=10**7), r"n=10000000: .* GiB"),
        (lambda: pylmer.ref_grid(big(), at={"temp": range(10**9)}), r"at: 1,000,000,000 values of one variable"),
        (lambda: pylmer.bootMer(big(), FUN=len), r"FUN of the fit failed: TypeError: object of type 'LmerFit'"),
        (lambda: pylmer.emmeans(big(), "recipe", cov_reduce=lambda: 1), r"cov_reduce of 'temp' failed: TypeError"),
        (lambda: pylmer.SATmodcomp(big(), small=cake()), r"the model has no coefficient 'replicate'"),
        (lambda: pylmer.lmerControl(engine=cake()), r"lmerControl\(engine=<DataFrame>\): wanted one of 'auto'"),
        (lambda: pylmer.emmeans(big(), "recipe", at=[("temp", 1)]), "at: wanted values by variable"),
        (lambda: pylmer.emmeans(big(), "recipe", cov_reduce="mean"), "cov_reduce: wanted a function"),
        (lambda: pylmer.pairs(emm(), by="recipe"), "none are left to compare"),
        (lambda: pylmer.powerCurve(big(), "temp", along="zz", breaks=[4]), "no column 'zz' to extend"),
        (lambda: pylmer.drop1(big(), "zz"), "scope has 'zz', which is no term of the model"),
        (lambda: pylmer.drop1(big(), 3), r"scope=3: drop1\(\) wants a text, or several in a list or None"),
        (lambda: pylmer.AIC(big(), k="2"), "k='2': wanted a number"),
        (lambda: pylmer.findbars([]), "a formula is a text"),
        (lambda: pylmer.confint(big(), foo=1), r'confint\(method="profile"\): got an unexpected keyword argument'),
        (lambda: pylmer.simulate(pylmer.lm("y ~ g", {"y": [1, 2], "g": ["a", "b"]})), "no residual degrees of freedom"),
        (lambda: pylmer.makeLmer("y ~ x + (1 | g)", {"x": 1}, fixef=[1], VarCorr=1, sigma=1), "column|data"),
    ],
)  # fmt: skip
def test_messages(call: Any, message: str) -> None:
    with pytest.raises(pylmer.PylmerError, match=message):
        call()


COPIES = {"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": lambda record: pickle.loads(pickle.dumps(record))}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", RECORDS)
def test_a_copy_prints_as_the_original(name: str, how: str) -> None:
    record = RECORDS[name]()
    copied = COPIES[how](record)
    assert type(copied) is type(record)
    shown, again = (re.sub(r" at 0x\w+>", ">", str(each)) for each in (record, copied))
    assert again == shown


def test_tables_copy_themselves_and_what_is_computed_is_ordinary() -> None:
    table = pylmer.anova(big())
    assert str(table.copy()) == str(table)
    assert type(table * 2).__name__ == type(table.rename(columns={"Sum Sq": "SS"})).__name__ == "DataFrame"


def test_flags_and_numbers_as_users_give_them() -> None:
    assert str(pylmer.display(big(), digits=3.0)) == str(pylmer.display(big(), digits=3))
    assert pylmer.lmer("Yield ~ 1 + (1 | Batch)", pylmer.datasets.load("Dyestuff"), verbose=False).REML
    assert pylmer.AIC(other(), linear(), small()).shape == (3, 2)  # k comes by name alone
