# Pages and numbers of emmeans 1.8.4-1 (R 4.2.2, lme4 1.1-31, pbkrtest, lmerTest): Rscript marginal_means.R writes marginal_means.json
suppressMessages({library(lme4); library(emmeans); library(splines); library(jsonlite)})
options(width = 80)
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Oats, package = "nlme")
data(Machines, package = "nlme")
cake$temp <- as.numeric(as.character(cake$temperature))
Oats <- as.data.frame(Oats); Oats$Variety <- factor(as.character(Oats$Variety))
Machines <- as.data.frame(Machines); Machines$Machine <- factor(as.character(Machines$Machine))
radon <- read.csv("../../../pylmer/datasets/tables/radon.csv")
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
some <- setdiff(1:270, c(61:67, 171:174, 266:270))
cake$rep2 <- factor(c("u", "v", "w")[1 + as.integer(as.character(cake$replicate)) %% 3])  # codes made from numbers
cake$two <- as.numeric(as.integer(as.character(cake$replicate)) > 6)
cake$odd <- as.integer(as.character(cake$replicate)) %% 2 == 1
cake$word <- c("a-1", "b c", "zed")[1 + seq_len(270) %% 3]
cake$w <- 1 + seq_len(270) %% 4
empty <- setdiff(some, which(cake$recipe == "B" & cake$temperature == "195"))
models <- list(
  full = list("cake", "angle ~ recipe * temperature + (1 | recipe:replicate)", 1:270),
  slopes = list("cake", "angle ~ recipe * temp + (1 | recipe:replicate)", some),
  ml = list("cake", "angle ~ recipe * temp + (1 | recipe:replicate)", some, REML = FALSE),
  empty = list("cake", "angle ~ recipe * temperature + (1 | recipe:replicate)", empty),
  log = list("cake", "log(angle) ~ recipe + temperature + (1 | recipe:replicate)", some),
  sqrt = list("cake", "sqrt(angle) ~ recipe + temp + (1 | recipe:replicate)", some),
  log10 = list("cake", "log10(angle) ~ recipe + temp + (1 | recipe:replicate)", some),
  logplus = list("cake", "log(angle + 1) ~ recipe + temp + (1 | recipe:replicate)", some),
  scale = list("cake", "scale(angle) ~ recipe + temp + (1 | recipe:replicate)", some),
  square = list("cake", "I(angle^2) ~ recipe + temp + (1 | recipe:replicate)", some),
  kinds = list("cake", "angle ~ recipe * rep2 + two + odd + word + poly(temp, 2) + (1 | recipe:replicate)", some),
  weighted = list("cake", "angle ~ recipe + rep2 + word + temp + (1 | recipe:replicate)", some, weights = TRUE),
  made = list("cake", "angle ~ recipe + factor(temp) + (1 | recipe:replicate)", some),
  bases = list("cake", "angle ~ recipe * ns(temp, 3) + (1 | recipe:replicate)", some),
  logx = list("cake", "angle ~ recipe * log(temp) + (1 | recipe:replicate)", some),
  offset = list("cake", "angle ~ recipe * temp + offset(temp / 10) + (1 | recipe:replicate)", some),
  three = list("cake", "angle ~ recipe * rep2 * word + temp + (1 | recipe:replicate)", some),
  sleep = list("sleepstudy", "Reaction ~ Days + (Days | Subject)", 1:180),
  oats = list("Oats", "yield ~ factor(nitro) + Variety + (1 | Block/Variety)", 1:70),
  machines = list("Machines", "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)", c(1:7, 9:30, 33:54)),
  radon = list("radon", "log_radon ~ floor * log_uranium + (1 | county)", 1:919),
  lm = list("cake", "angle ~ recipe * temp", some, lm = TRUE),
  lm_weights = list("cake", "angle ~ recipe + temperature", some, lm = TRUE, weights = TRUE)
)
few <- list(temperature = c("175", "185", "225"))
calls <- list(
  full = list(
    by = function(f) emmeans(f, pairwise ~ recipe | temperature), one = function(f) emmeans(f, ~recipe),
    two = function(f) emmeans(f, c("temperature", "recipe")), revpairwise = function(f) emmeans(f, revpairwise ~ recipe),
    control = function(f) emmeans(f, trt.vs.ctrl ~ recipe, lmer.df = "satterthwaite"),
    poly = function(f) emmeans(f, poly ~ temperature), eff = function(f) emmeans(f, eff ~ recipe),
    del_eff = function(f) emmeans(f, del.eff ~ temperature), consec = function(f) emmeans(f, consec ~ temperature, adjust = "sidak"),
    mean_chg = function(f) emmeans(f, mean_chg ~ temperature, adjust = "none"),
    identity = function(f) contrast(emmeans(f, "recipe"), "identity"),
    joint = function(f) joint_tests(f), joint_by = function(f) joint_tests(f, by = "recipe"),
    joint_grid = function(f) joint_tests(emmeans(f, ~recipe * temperature)),
    grid = function(f) summary(ref_grid(f, at = list(temperature = c("175", "225")))),
    simple = function(f) contrast(emmeans(f, ~recipe * temperature), "pairwise", by = "temperature", adjust = "bonferroni"),
    ungrouped = function(f) contrast(emmeans(f, ~recipe | temperature, at = list(temperature = c("175", "185"))), "pairwise", by = NULL),
    adjusted = function(f) emmeans(f, pairwise ~ recipe, adjust = "bonferroni"),
    levels = function(f) emmeans(f, pairwise ~ recipe, level = 0.9, infer = c(TRUE, TRUE)),
    interaction = function(f) contrast(emmeans(f, ~recipe * temperature, at = few), interaction = "pairwise"),
    interactions = function(f) contrast(emmeans(f, ~recipe * temperature, at = few), interaction = c("poly", "eff"), adjust = "sidak"),
    interaction_list = function(f) contrast(emmeans(f, ~recipe * temperature, at = few), interaction = list(temperature = "poly", recipe = "consec")),
    interaction_by = function(f) confint(contrast(emmeans(f, ~recipe * temperature, at = few), interaction = "consec", by = "temperature")),
    simple_arg = function(f) pairs(emmeans(f, ~recipe * temperature, at = few), simple = "recipe"),
    none = function(f) emmeans(f, ~1), joint_test = function(f) test(pairs(emmeans(f, ~recipe | temperature)), joint = TRUE)
  ),
  slopes = list(
    one = function(f) emmeans(f, pairwise ~ recipe), at = function(f) emmeans(f, ~ recipe | temp, at = list(temp = c(175, 225))),
    temp = function(f) emmeans(f, ~ temp | recipe, at = list(temp = c(180.123456, 200))),
    trends = function(f) emtrends(f, pairwise ~ recipe, var = "temp"), trend = function(f) emtrends(f, ~1, var = "temp"),
    satterthwaite = function(f) emmeans(f, pairwise ~ recipe, lmer.df = "satterthwaite"),
    asymptotic = function(f) emmeans(f, pairwise ~ recipe, lmer.df = "asymptotic"),
    joint = function(f) joint_tests(f), joint_satterthwaite = function(f) joint_tests(f, lmer.df = "satterthwaite"),
    joint_asymptotic = function(f) joint_tests(f, lmer.df = "asymptotic"), joint_by = function(f) joint_tests(f, by = "recipe"),
    grid = function(f) summary(ref_grid(f)), range = function(f) emmeans(f, ~ recipe | temp, cov.reduce = range),
    intervals = function(f) confint(emtrends(f, pairwise ~ recipe, var = "temp"), level = 0.9)
  ),
  ml = list(one = function(f) emmeans(f, pairwise ~ recipe), satterthwaite = function(f) emmeans(f, pairwise ~ recipe, lmer.df = "satterthwaite"),
    joint = function(f) joint_tests(f), joint_satterthwaite = function(f) joint_tests(f, lmer.df = "satterthwaite")),
  empty = list(
    by = function(f) emmeans(f, ~ recipe | temperature), one = function(f) emmeans(f, ~recipe),
    pairs = function(f) emmeans(f, pairwise ~ temperature), joint = function(f) joint_tests(f),
    joint_by = function(f) joint_tests(f, by = "recipe"), tests = function(f) test(emmeans(f, ~recipe), adjust = "bonferroni"),
    holm = function(f) pairs(emmeans(f, ~temperature), adjust = "holm"), scheffe = function(f) pairs(emmeans(f, ~recipe), adjust = "scheffe")
  ),
  log = list(
    link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, pairwise ~ recipe, type = "response"),
    intervals = function(f) confint(emmeans(f, pairwise ~ recipe, type = "response")),
    eff = function(f) contrast(emmeans(f, ~recipe), "eff", type = "response"),
    own = function(f) contrast(emmeans(f, ~recipe), list(m = c(0.5, 0.5, 0)), type = "response"),
    null = function(f) test(emmeans(f, ~recipe, type = "response"), null = log(30)),
    both = function(f) summary(emmeans(f, ~recipe), type = "response", infer = TRUE),
    both_pairs = function(f) summary(pairs(emmeans(f, ~recipe)), type = "response", infer = TRUE),
    consec = function(f) contrast(emmeans(f, ~temperature), "consec", type = "response", adjust = "none"),
    control = function(f) contrast(emmeans(f, ~temperature), "trt.vs.ctrl", ref = 2:3, type = "response", adjust = "holm")
  ),
  sqrt = list(link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, pairwise ~ recipe, type = "response"),
    trends = function(f) emtrends(f, ~1, var = "temp")),
  log10 = list(link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, pairwise ~ recipe, type = "response")),
  logplus = list(link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, pairwise ~ recipe, type = "response")),
  scale = list(link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, ~ recipe, type = "response")),
  square = list(link = function(f) emmeans(f, pairwise ~ recipe), response = function(f) emmeans(f, pairwise ~ recipe, type = "response")),
  kinds = list(
    grid = function(f) summary(ref_grid(f)), equal = function(f) emmeans(f, "recipe"), proportional = function(f) emmeans(f, "recipe", weights = "proportional"),
    outer = function(f) emmeans(f, "recipe", weights = "outer"), cells = function(f) emmeans(f, "recipe", weights = "cells"),
    flat = function(f) emmeans(f, "recipe", weights = "flat"), two = function(f) emmeans(f, pairwise ~ two),
    odd = function(f) emmeans(f, pairwise ~ odd), word = function(f) emmeans(f, pairwise ~ word),
    words = function(f) pairs(emmeans(f, ~ word * odd), adjust = "none"), trends = function(f) emtrends(f, ~temp, var = "temp", at = list(temp = c(180, 200, 220))),
    all = function(f) emmeans(f, ~1, weights = "proportional"), joint = function(f) joint_tests(f),
    by = function(f) emmeans(f, ~ recipe | rep2 + odd, at = list(odd = TRUE)), by_arg = function(f) emmeans(f, pairwise ~ recipe, by = "rep2")
  ),
  weighted = list(
    satterthwaite = function(f) emmeans(f, pairwise ~ recipe, lmer.df = "satterthwaite"),
    proportional = function(f) emmeans(f, pairwise ~ recipe, lmer.df = "satterthwaite", weights = "proportional"),
    cells = function(f) emmeans(f, ~recipe, lmer.df = "satterthwaite", weights = "cells"),
    outer = function(f) emmeans(f, ~recipe, lmer.df = "satterthwaite", weights = "outer"),
    joint = function(f) joint_tests(f, lmer.df = "satterthwaite")
  ),
  made = list(temp = function(f) emmeans(f, ~temp), at = function(f) emmeans(f, pairwise ~ temp, at = list(temp = c(175, 185))), recipe = function(f) emmeans(f, "recipe")),
  bases = list(at = function(f) emmeans(f, ~ recipe | temp, at = list(temp = c(180, 200))), trends = function(f) emtrends(f, pairwise ~ recipe | temp, var = "temp", at = list(temp = c(180, 200))),
    joint = function(f) joint_tests(f)),
  logx = list(trends = function(f) emtrends(f, ~recipe, var = "temp"), log = function(f) emtrends(f, ~recipe, var = "log(temp)"), one = function(f) emmeans(f, ~recipe)),
  offset = list(one = function(f) emmeans(f, ~recipe), zero = function(f) emmeans(f, ~ recipe | temp, at = list(temp = c(180, 220)), offset = 0),
    pairs = function(f) pairs(emmeans(f, ~temp, at = list(temp = c(180, 220))))),
  three = list(one = function(f) emmeans(f, ~word), two = function(f) pairs(emmeans(f, ~ word * rep2 | recipe), adjust = "sidak"), joint = function(f) joint_tests(f),
    joint_by = function(f) joint_tests(f, by = "recipe"), proportional = function(f) emmeans(f, ~word, weights = "proportional"), cells = function(f) emmeans(f, ~word, weights = "cells")),
  sleep = list(
    at = function(f) emmeans(f, "Days", at = list(Days = c(0, 5, 9))), mean = function(f) emmeans(f, "Days"),
    trend = function(f) summary(emtrends(f, ~1, var = "Days"), infer = TRUE),
    right = function(f) test(emmeans(f, "Days", at = list(Days = c(0, 5, 9))), null = 250, side = ">"),
    left = function(f) test(emmeans(f, "Days", at = list(Days = c(0, 5, 9))), null = 250, side = "<"),
    null = function(f) test(emmeans(f, "Days", at = list(Days = c(0, 5, 9))), null = c(250, 300, 350)),
    joint = function(f) test(emmeans(f, "Days", at = list(Days = c(0, 5, 9))), joint = TRUE)
  ),
  oats = c(list(
    means = function(f) emmeans(f, ~nitro), variety = function(f) emmeans(f, pairwise ~ Variety),
    confint = function(f) confint(pairs(emmeans(f, ~nitro))), bonferroni = function(f) confint(emmeans(f, ~nitro), adjust = "bonferroni"),
    changed = function(f) test(emmeans(f, ~nitro), adjust = "tukey"), both = function(f) summary(emmeans(f, ~nitro), infer = c(TRUE, TRUE)),
    ref = function(f) contrast(emmeans(f, ~nitro), "trt.vs.ctrl", ref = 2), last = function(f) contrast(emmeans(f, ~nitro), "trt.vs.ctrlk"),
    average = function(f) contrast(emmeans(f, ~nitro), "trt.vs.ctrl", ref = c(1, 2)),
    own = function(f) contrast(emmeans(f, ~nitro), list(a = c(1, -1, 0, 0), b = c(0, 0, 0.5, -0.5))),
    own_sidak = function(f) contrast(emmeans(f, ~nitro), list(a = c(1, -1, 0, 0), b = c(0, 0, 0.5, -0.5)), adjust = "sidak"),
    reverse = function(f) pairs(emmeans(f, ~nitro), reverse = TRUE), joint = function(f) test(pairs(emmeans(f, ~nitro)), joint = TRUE),
    joint_consec = function(f) test(contrast(emmeans(f, ~nitro), "consec"), joint = TRUE),
    by = function(f) emmeans(f, "nitro", by = "Variety"), exclude = function(f) contrast(emmeans(f, ~nitro), "pairwise", exclude = 2),
    twice = function(f) contrast(contrast(emmeans(f, ~nitro), "eff"), "pairwise"), control_reverse = function(f) contrast(emmeans(f, ~nitro), "trt.vs.ctrl", ref = "nitro0.2", reverse = TRUE),
    wts = function(f) contrast(emmeans(f, ~nitro), "eff", wts = c(1, 2, 3, 4)), wts_del = function(f) contrast(emmeans(f, ~nitro), "del.eff", wts = c(1, 2, 3, 4)),
    cross = function(f) pairs(emmeans(f, ~ nitro | Variety), by = NULL),
    equivalence = function(f) test(pairs(emmeans(f, ~nitro)), delta = 20, adjust = "none"), nonsuperiority = function(f) test(pairs(emmeans(f, ~nitro)), delta = 2, side = "<", adjust = "holm"),
    one_sided = function(f) summary(pairs(emmeans(f, ~nitro)), side = ">", infer = c(TRUE, TRUE)),
    mvt = function(f) {set.seed(1); summary(pairs(emmeans(f, ~nitro), adjust = "mvt"), infer = TRUE)},
    mvt_one_sided = function(f) {set.seed(1); summary(pairs(emmeans(f, ~nitro), adjust = "mvt"), infer = TRUE, side = "<")},
    mvt_default = function(f) {set.seed(1); contrast(emmeans(f, ~nitro), "consec")}
  ), setNames(lapply(c("tukey", "sidak", "bonferroni", "holm", "hochberg", "hommel", "BH", "BY", "fdr", "scheffe", "dunnettx", "none"), function(a)
    eval(bquote(function(f) summary(pairs(emmeans(f, ~nitro), adjust = .(a)), infer = TRUE)))),
    paste0("adjust_", c("tukey", "sidak", "bonferroni", "holm", "hochberg", "hommel", "BH", "BY", "fdr", "scheffe", "dunnettx", "none")))),
  machines = list(kr = function(f) emmeans(f, pairwise ~ Machine), satterthwaite = function(f) emmeans(f, pairwise ~ Machine, lmer.df = "satterthwaite"), joint = function(f) joint_tests(f)),
  radon = list(floor = function(f) emmeans(f, pairwise ~ floor), uranium = function(f) emmeans(f, ~ floor | log_uranium, at = list(log_uranium = c(-0.5, 0, 0.5))),
    trends = function(f) emtrends(f, pairwise ~ floor, var = "log_uranium"), joint = function(f) joint_tests(f), satterthwaite = function(f) emmeans(f, ~floor, lmer.df = "satterthwaite")),
  lm = list(one = function(f) emmeans(f, pairwise ~ recipe), trends = function(f) emtrends(f, pairwise ~ recipe, var = "temp"), joint = function(f) joint_tests(f)),
  lm_weights = list(one = function(f) emmeans(f, pairwise ~ recipe), proportional = function(f) emmeans(f, ~recipe, weights = "proportional"), joint = function(f) joint_tests(f))
)
numbers <- function(e) {
  if (inherits(e, "emm_list")) return(lapply(unclass(e), numbers))
  if (inherits(e, "emmGrid")) e <- summary(e)
  e <- as.data.frame(e); class(e) <- "data.frame"
  lapply(unclass(e), function(column) if (is.factor(column)) as.character(column) else column)[names(e)]
}
fit <- function(m) {
  d <- get(m[[1]]); d <- d[m[[3]], ]
  f <- as.formula(m[[2]])
  weights <- isTRUE(m$weights); REML <- !identical(m$REML, FALSE)
  call <- if (isTRUE(m$lm)) bquote(lm(.(f), data = d)) else bquote(lmer(.(f), data = d, REML = .(REML), control = ctrl))
  if (weights) call$weights <- quote(w)
  assign("d", d, envir = globalenv())
  suppressWarnings(suppressMessages(eval(call)))
}
out <- lapply(names(calls), function(name) {
  m <- models[[name]]; f <- fit(m)
  pages <- lapply(calls[[name]], function(call) {
    messages <- character()
    made <- withCallingHandlers(tryCatch({e <- call(f); list(page = capture.output(print(e)), numbers = numbers(e))},
      error = function(x) {cat(name, deparse(body(call)), conditionMessage(x), "\n"); list()}),
      message = function(x) {messages <<- c(messages, conditionMessage(x)); invokeRestart("muffleMessage")},
      warning = function(x) invokeRestart("muffleWarning"))
    c(made, list(messages = I(unique(messages))))
  })
  list(name = name, data = m[[1]], formula = m[[2]], rows = m[[3]], REML = !identical(m$REML, FALSE), lm = isTRUE(m$lm), weights = isTRUE(m$weights), pages = pages)
})
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", na = "null", digits = NA), "marginal_means.json")
