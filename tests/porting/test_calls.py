"""One line of R, the Python that `port` writes for it; what has no counterpart is left with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pylmer.porting import port

BEFORE = """m <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
g <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
e <- emmeans(g, "period")
d <- sleepstudy
x <- c(1, 2, 4)
s <- d$Reaction
"""
LINES = [
    # fits
    ("lmer(Days ~ (1 | Subject), d2 <- d, REML = FALSE)",
     'd2 = d.copy()\nprint(lmer("Days ~ (1 | Subject)", d2, REML=False))'),
    ("lmer(Reaction ~ 1 + (1|Subject), data = d, weights = Days + 1, subset = Days > 2)",
     'print(lmer("Reaction ~ 1 + (1 | Subject)", d, subset="Days > 2", weights="Days + 1"))'),
    ("f <- lmer(x ~ 1 + (1 | s))", 'f = lmer("x ~ 1 + (1 | s)", env={"x": x, "s": s})'),
    ("lm(Reaction ~ x, d)", 'print(lm("Reaction ~ x", d, env={"x": x}))'),
    ("glm(Days ~ Reaction, poisson, d)", 'print(glm("Days ~ Reaction", family="poisson", data=d))'),
    ("glm(Days ~ Reaction, binomial(link = 'probit'), d)",
     'print(glm("Days ~ Reaction", family=families.binomial(link="probit"), data=d))'),
    ("glmer.nb(angle ~ temp + (1 | recipe), data = cake)",
     'cake = datasets.load("cake")\nprint(glmer_nb("angle ~ temp + (1 | recipe)", cake))'),
    ("update(m, . ~ . - Days)", 'print(update(m, ". ~ . - Days"))'),
    ("m |> update(REML = FALSE) |> fixef()", "print(fixef(update(m, REML=False)))"),
    ("m %>% fixef", "print(fixef(m))"),
    ("refit(m, d$Reaction + 1)", 'print(refit(m, d["Reaction"] + 1))'),
    ("check_collinearity(m)$VIF", 'print(check_collinearity(m)["VIF"])'),
    ("compare_performance(m, refitML(m))", "print(compare_performance(m, refitML(m)))"),
    # reading a fit
    ("fixef(m)['Days']", 'print(fixef(m)["Days"])'),
    ("fixef(m)[2]; fixef(m)[[2]]", "print(fixef(m).iloc[1])\nprint(fixef(m).iloc[1])"),
    ("ranef(m)$Subject", 'print(ranef(m)["Subject"])'),
    ("ranef(m)$Subject[1:3, 2]", 'print(ranef(m)["Subject"].iloc[0:3].iloc[:, 1])'),
    ("coef(m)$Subject['308', 'Days']", 'print(coef(m)["Subject"].loc["308", "Days"])'),
    ("coef(summary(m))[2, 1]", "print(coef(summary(m)).iloc[1, 0])"),
    ("as.data.frame(VarCorr(m))$sdcor", 'print(VarCorr(m).as_frame()["sdcor"])'),
    ("vcov(m)['Days', 'Days']", 'print(vcov(m).loc["Days", "Days"])'),
    ("confint(m, level = 0.9, method = 'Wald')", 'print(confint(m, level=0.9, method="Wald"))'),
    ("predict(m, data.frame(Days = 1), re.form = NA)",
     'print(predict(m, pd.DataFrame({"Days": [1]}), re_form="NA"))'),
    ("predict(m, newdata = d, re.form = ~ (1 | Subject), allow.new.levels = T)",
     'print(predict(m, d, re_form="~(1 | Subject)", allow_new_levels=True))'),
    ("simulate(m, 2, seed = 1)", "print(simulate(m, 2, seed=1))"),
    ("anova(m, update(m, . ~ 1 + (1 | Subject)), refit = FALSE)",
     'print(anova(m, update(m, ". ~ 1 + (1 | Subject)"), refit=False))'),
    ("drop1(m, test = 'Chisq')", 'print(drop1(m, test="Chisq"))'),
    ("bootMer(m, function(f) fixef(f)[2], nsim = 10)", "print(bootMer(m, lambda f: fixef(f).iloc[1], nsim=10))"),
    ("lmerTest::ranova(m)", "print(ranova(m))"),
    ("contest(m, rbind(c(1, 0), c(0, 1)))", "print(contest(m, np.vstack([[1, 0], [0, 1]])))"),
    # marginal means
    ("emmeans(m, pairwise ~ Days | Subject, at = list(Days = c(1, 2)))$contrasts",
     'print(emmeans(m, "pairwise ~ Days | Subject", at={"Days": [1, 2]})["contrasts"])'),
    ("contrast(e, list(a = c(1, -1, 0, 0)))", 'print(contrast(e, {"a": [1, -1, 0, 0]}))'),
    ("pairs(e, adjust = 'none', reverse = TRUE)", 'print(pairs(e, reverse=True, adjust="none"))'),
    ("summary(e, infer = c(TRUE, TRUE), level = .9)", "print(summary(e, infer=[True, True], level=0.9))"),
    ("confint(e); e[2:3]", "print(confint(e))\nprint(e[1:3])"),
    ("emtrends(m, ~ 1, var = 'Days')", 'print(emtrends(m, "~1", "Days"))'),
    # frames
    ("d$z <- d$Days^2", 'd["z"] = d["Days"]**2'),
    ("d$Days <- NULL", 'del d["Days"]'),
    ("d$f <- factor(d$Days, labels = letters[1:10])",
     'd["f"] = pd.Categorical(d["Days"]).rename_categories(list("abcdefghijklmnopqrstuvwxyz")[0:10])'),
    ("d[d$Days > 2 & !is.na(d$Reaction), ]", 'print(d[(d["Days"] > 2) & ~pd.isna(d["Reaction"])])'),
    ("d[, c('Days', 'Reaction')]", 'print(d[["Days", "Reaction"]])'),
    ("d[-(1:10), 'Days']", 'print(d.drop(d.index[0:10])["Days"])'),
    ("d$Reaction[1:3] <- NA", 'd.loc[d.index[np.array(range(1, 4)) - 1], "Reaction"] = np.nan'),
    ("subset(d, Days > 2, select = c(Days, Subject))", 'print(d[d["Days"] > 2][["Days", "Subject"]])'),
    ("d2 <- transform(d, w = log(Days + 1))", 'd2 = d.assign(**{"w": np.log(d["Days"] + 1)})'),
    ("with(d, mean(Reaction[Days > 5]))", 'print(np.mean(d["Reaction"][d["Days"] > 5]))'),
    ("aggregate(Reaction ~ Days + Subject, d, mean)",
     'print(d.groupby(["Subject", "Days"], observed=True)["Reaction"].agg("mean").reset_index()'
     '[["Days", "Subject", "Reaction"]])'),
    ("table(d$Subject)", 'print(d["Subject"].value_counts(sort=False).sort_index())'),
    ("levels(d$Subject)[1]", 'print(list(d["Subject"].cat.categories)[0])'),
    ("d$s2 <- relevel(d$Subject, ref = '309')",
     'd["s2"] = d["Subject"].cat.reorder_categories(["309", *d["Subject"].cat.categories.drop("309")])'),
    ("a <- read.csv('a.csv')", 'a = pd.read_csv("a.csv")'),
    ("nrow(d); head(d, 3)", "print(len(d))\nprint(d.head(3))"),
    ("str(d)", "d.info()"),
    # numbers
    ("2^3 - -1", "print(2**3 - -1)"),
    ("x[-1]; x[x > 1]", "print(np.delete(x, [0]))\nprint(x[x > 1])"),
    ("sd(x) / sqrt(length(x))", "print(np.std(x, ddof=1) / np.sqrt(len(x)))"),
    ("seq(0, 1, by = 0.25)", "print(np.arange(0, 1 + 0.25 / 2, 0.25))"),
    ("seq(0, 9, length.out = 4); rep(1:2, each = 3)",
     "print(np.linspace(0, 9, 4))\nprint(np.repeat(np.arange(1, 3), 3))"),
    ("f <- function(a, b = 2) a + b\nf(1)", "def f(a, b=2):\n    return a + b\n\nprint(f(1))"),
    ("if (length(x) > 2) y <- 1 else y <- 2", "if len(x) > 2:\n    y = 1\nelse:\n    y = 2"),
    ("stopifnot(all.equal(x[1], 1))", "assert np.allclose(x[0], 1, rtol=1.5e-8)"),
    ("set.seed(1)\nrnorm(3)", "rng = np.random.default_rng(1)\nprint(rng.normal(0, 1, 3))"),
    ("paste0('a', 1)", 'print("".join(map(str, ["a", 1])))'),
    ("(y <- 3)", "y = 3\nprint(y)"),
    ("fm.1 <- 2; lambda <- fm.1; anova <- lambda", "fm_1 = 2\nlambda_ = fm_1\nanova_ = lambda_"),
    ("suppressWarnings(z <- m)", "z = m"),
    ("update(e, adjust = 'fdr')", 'print(summary(e, adjust="fdr"))'),
    ("c(beta = fixef(m), sigma = sigma(m))", "print(np.concatenate([np.ravel(fixef(m)), np.ravel(sigma(m))]))"),
    ("formula(m)[-2]", 'print("~" + str(formula(m)).split("~", 1)[1])'),
    ("expand.grid(f = c('b', 'a'), g = 1:2)",
     'print(pd.MultiIndex.from_product([np.arange(1, 3), pd.Categorical(["b", "a"], categories=pd.unique('
     'np.array(["b", "a"])))], names=["g", "f"]).to_frame(index=False)[["f", "g"]])'),
    ("if (getRversion() >= '3.3.3') 2 + 2", "print(2 + 2)"),
    ("lmer(Reaction ~ 1 | Subject, d)", 'print(lmer("Reaction ~ (1 | Subject)", d))'),
    ("d <- within(d, late <- Days > 5)", 'd = d.assign(**{"late": d["Days"] > 5})'),
    ("matrix(1:6, ncol = 2)", 'print(np.reshape(np.arange(1, 7), (-1, 2), order="F"))'),
    ("mean(d$Days, na.rm = TRUE)", 'print(np.mean(d["Days"]))'),
    ("sapply(1:3, function(i) i^2)", "print(np.array([(lambda i: i**2)(each) for each in range(1, 4)]))"),
    ("if (require(lme4) && interactive()) {\n  z <- 1\n}", "z = 1"),
    ("options(contrasts = c('contr.sum', 'contr.poly'))", 'set_contrasts("contr.sum", "contr.poly")'),
]  # fmt: skip

LEFT = [
    ("for (i in 1:3) print(i)", "a loop (for) is yours to write"),
    ("nls(y ~ a * x, d)", "nls() has no counterpart"),
    ("m@frame", "@frame: the slots of R's objects are R's own"),
    ("lmer(y ~ x + (1 | g), d, devFunOnly = TRUE)", "lmer(): argument devFunOnly= has no counterpart"),
    ("lmer(y ~ foo(x) + (1 | g), d)", "the formula calls foo(), which pylmer's formulas do not know"),
    ("lm(y ~ q)", "the formula needs y, which the script does not define"),
    ("lm(Reaction ~ q, d)", "the formula needs q, which the script does not define"),
    ("nothing_of_that_name + 1",
     "nothing_of_that_name is nothing that the script defines, nor a data set of pylmer or of --data"),
    ("xyplot(Reaction ~ Days, d)",
     "xyplot() draws; matplotlib is yours to use, or plot(fit), qqmath(fit), emmip()"),
    ("confint(e, cross.adjust = 'tukey')",
     "confint(): argument cross.adjust=; there is no counterpart"),
    ("round(x, 2, 3)", "round(): more arguments than are known; there is no counterpart"),
    ("m + 1", "+ with a fit"),
    ("h <- function(a = 1, b) a + b", "a function whose parameters with defaults stand before others"),
    ("2i", "complex numbers"),
    ("print(m, foo = 2)", "print(): argument foo= has no counterpart"),
    ("options(foo = 1)", "options(foo) has no counterpart"),
    ("mean(x, na.rm = TRUE)", "mean(): na.rm= of what is no column"),
    ("contrast(e, 'eff', offset = 1)", "contrast(): argument offset= has no counterpart"),
    ("sapply(d, mean)", "sapply() of what is no sequence"),
]  # fmt: skip


def added(line: str) -> tuple[str, str]:
    """What a line adds to the Python of BEFORE (without comments), and the summary."""
    ported = port(BEFORE + line)
    body = ported.text[ported.text.index("s = d[") :].split("\n", 1)[1]
    kept = [each for each in body.rstrip("\n").split("\n") if not each.startswith("#")]
    return "\n".join(kept), ported.summary


@pytest.mark.parametrize(("line", "python"), LINES, ids=[line[:40] for line, _ in LINES])
def test_line(line: str, python: str) -> None:
    text, summary = added(line)
    assert text == python
    assert "left: 0" in summary


@pytest.mark.parametrize(("line", "reason"), LEFT, ids=[line[:40] for line, _ in LEFT])
def test_what_is_left_stands_as_a_comment_with_line_and_reason(line: str, reason: str) -> None:
    ported = port(BEFORE + line)
    assert [(left.line, left.reason, left.text) for left in ported.left] == [(7, reason, line)]
    assert ported.text.endswith(f"# line 7, not ported: {reason}\n#     {line}\n")
    assert ported.ported == 6
    ast.parse(ported.text)


def test_what_needs_something_left_is_left_too_and_says_where_that_was() -> None:
    ported = port("a <- nls(y ~ x)\nb <- coef(a)\nb + 1\na <- 2\na")
    assert [str(left) for left in ported.left] == [
        "line 1: nls() has no counterpart",
        "line 2: it needs a of line 1, which is not ported",
        "line 3: it needs b of line 2, which is not ported",
    ]
    assert ported.ported == 2  # `a` has been defined anew


def test_a_column_that_could_not_be_made_takes_its_frame_with_it() -> None:
    ported = port("cbpp$a <- mystery(1)\nlm(size ~ a, cbpp)")
    assert [left.line for left in ported.left] == [1, 2]


def test_order_comments_and_empty_lines_are_kept() -> None:
    ported = port("# first\nx <- 1  # one\n\n# second\ny <- c(1, # inside\n  2)\nx + y # last\n# end")
    assert ported.text == (
        "import numpy as np\n\n# first\nx = 1  # one\n\n# second\n# inside\ny = np.array([1, 2])\n"
        "print(x + y)  # last\n# end\n"
    )


def test_lme4_alone_has_no_degrees_of_freedom_and_lmertest_has() -> None:
    fit = "\nm <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy)\nsummary(m)"
    assert 'summary(m, ddf="lme4")' in port(f"library(lme4){fit}").text
    assert "summary(m))" in port(f"library(lme4)\nlibrary(lmerTest){fit}").text


def test_data_sets_of_a_folder(tmp_path: Path) -> None:
    script = "data(ham)\nnrow(ham)"
    assert "pylmer has no data set ham; in R: write.csv(ham" in port(script).left[0].reason
    (tmp_path / "ham.csv").write_text("x\n1\n")
    ported = port(script, data=tmp_path)
    assert not ported.left
    names: dict[str, object] = {}
    exec(ported.text, names)  # noqa: S102  # what port wrote
    assert list(names["ham"]) == ["x"]  # type: ignore[call-overload]


def test_nothing_is_evaluated() -> None:
    port("x <- stop('evaluated')\nsystem('touch evaluated')\nunlink('/')")
    assert not Path("evaluated").exists()


def test_reorder_puts_levels_by_their_means() -> None:
    names: dict[str, object] = {}
    exec(port("Pastes$batch <- reorder(Pastes$batch, Pastes$strength)\nb <- levels(Pastes$batch)").text, names)  # noqa: S102
    assert names["b"] == list("EJIBDGFCAH")  # as R orders them
