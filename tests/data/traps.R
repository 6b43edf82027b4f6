# What Python's other packages get wrong: R's answers for tests/test_traps.py. Rscript traps.R FOLDER > traps.json
# FOLDER has radon.csv and Hsb82.csv as pylmer.datasets and lme4's neighbour mlmRev have them.
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
radon <- read.csv(file.path(folder, "radon.csv"), stringsAsFactors = TRUE)
data(Hsb82, package = "mlmRev"); data(sleepstudy, package = "lme4"); data(Machines, package = "nlme"); data(cake, package = "lme4")
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9), calc.derivs = FALSE)
fit <- function(formula, data, ...) do.call(lmerTest::lmer, c(list(formula, data, control = tight), list(...)))
told <- function(m) {
  s <- coef(summary(m))
  list(criterion = as.numeric(-2 * logLik(m)), beta = unname(fixef(m)), se = unname(s[, "Std. Error"]), names = names(fixef(m)),
       df = unname(s[, "df"]), sigma = sigma(m), theta = unname(getME(m, "theta")))
}
set.seed(3)
small <- data.frame(g = factor(rep(1:6, times = c(1, 2, 1, 3, 2, 4))), x = c(-.9, .3, 1.2, -.4, .8, 2.1, -1.3, .1, .6, -.7, 1.5, .2, -.2))
small$y <- 2 + small$x + c(-1, .8, .3, -.6, 1.1, .2)[small$g] + c(.2, -.4, .1, .5, -.3, .2, -.1, .6, -.5, .3, -.2, .4, -.6)
sleepstudy$w <- rep(c(1, 2, .5), 60)
sleepstudy$big <- sleepstudy$Days * 1e6
sleepstudy$h <- factor(ifelse(as.integer(sleepstudy$Subject) %% 3 == 0, "a", ifelse(as.integer(sleepstudy$Subject) %% 3 == 1, "b", "c")))
cross <- fit(log_radon ~ floor * log_uranium + (1 + floor | county), radon)
slopes <- fit(log_radon ~ floor + (1 + floor | county), radon)
machines <- fit(score ~ Machine + (Machine | Worker), Machines)
out <- list(
  Hsb82 = told(fit(mAch ~ meanses * cses + sector * cses + (cses | school), transform(Hsb82, cses = ses - ave(ses, school)))),
  cross_level = told(cross),
  bad_scale = told(fit(Reaction ~ big + (1 | Subject), sleepstudy)),
  small_groups = told(fit(y ~ x + (1 | g), small)),
  small = small,
  poly_in_bar = told(fit(Reaction ~ Days + (poly(Days, 2) | Subject), sleepstudy)),
  weighted = told(fit(Reaction ~ Days + (1 | Subject), sleepstudy, weights = sleepstudy$w)),
  weighted_ml = told(fit(Reaction ~ Days + (1 | Subject), sleepstudy, weights = sleepstudy$w, REML = FALSE)),
  interaction = told(fit(Reaction ~ h + h:Days + (1 | Subject), sleepstudy)),
  kenward_roger = unname(coef(summary(slopes, ddf = "Kenward-Roger"))[, "df"]),
  emmeans = list(df = as.data.frame(emmeans(machines, "Machine"))$df, se = as.data.frame(emmeans(machines, "Machine"))$SE,
                 pairs = as.data.frame(pairs(emmeans(machines, "Machine")))$df)
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE))
