# Pages and numbers of emmeans 1.8.4-1 (R 4.2.2, lme4 1.1-31, pbkrtest): Rscript marginal_means_more.R writes marginal_means_more.json
suppressMessages({library(lme4); library(emmeans); library(jsonlite)})
options(width = 100)
data(cake, package = "lme4")
cake$temp <- as.numeric(as.character(cake$temperature))
rep <- as.integer(as.character(cake$replicate))
cake$s <- factor(c("s1", "s2", "s3")[1 + rep %% 3])                         # schools
cake$t <- factor(1 + (rep > 7) + (rep > 11) * (cake$s == "s1"))             # teachers numbered within schools
cake$tt <- factor(paste0(cake$s, "t", cake$t))                              # teachers by name
cake$dis <- factor(ifelse(cake$s == "s1", "x", "y"))                        # districts
cake$rc <- factor(c(A = "k", B = "l", C = "m")[as.character(cake$recipe)])  # recipe under another name
cake$g <- factor(ifelse(cake$recipe == "A", "p", "q"))
cake$z <- round(cake$temp / 10 + seq_len(270) * 7 / 11 + (seq_len(270) * 13) %% 7, 2)
cake$k <- 1 + seq_len(270) %% 3
d <- cake[setdiff(1:270, c(61:67, 171:174, 266:270)), ]
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
models <- list(
  ab = "angle ~ recipe * s + recipe * temp", abc = "angle ~ recipe * s * temp", one = "angle ~ recipe * s + temp", plain = "angle ~ recipe + s + temp",
  additive = "angle ~ g + recipe + temp", numbered = "angle ~ s / t + temp", three = "angle ~ dis / s / tt + temp", crossed = "angle ~ dis * temp + s + recipe",
  inside = "angle ~ dis * temperature + s:temperature", slopes = "angle ~ recipe + recipe:temp", two = "angle ~ g / recipe + dis / s + temp", both = "angle ~ s + t + tt + temp",
  cells = "angle ~ s:t + temp", alias = "angle ~ recipe + rc + temp", heat = "angle ~ recipe * temperature", loose = "angle ~ s + t",
  log = "log(angle) ~ recipe + temp + s", logint = "log(angle) ~ recipe * s + temp", sqrt = "sqrt(angle) ~ recipe + temp + s", log1p = "log1p(angle) ~ recipe + s", log10 = "log10(angle) ~ recipe + s",
  asin = "asin(sqrt(angle / 100)) ~ recipe + s", twolog = "2 * log(angle) ~ recipe + s", scaled = "scale(angle) ~ recipe + s",
  poly = "angle ~ recipe * poly(temp, 2) + z", covariates = "angle ~ recipe * temp + z + k", logtemp = "log(angle) ~ recipe * temp + s",
  lm = "log(angle) ~ recipe + s", lmtrend = "angle ~ poly(temp, 3, raw = TRUE)"
)
heat <- 'c("low", "low", "mid", "mid", "hi", "hi")'
calls <- list(
  ab = c(by = "emmeans(f, ~ recipe | s)", one = "emmeans(f, ~ recipe)", other = "emmeans(f, ~ s)", both = "emmeans(f, ~ recipe * s)", temp = "emmeans(f, ~ s | temp)",
    trends = "emtrends(f, ~ s, var = 'temp')", trend = "emtrends(f, ~ recipe, var = 'temp')", none = "emmeans(f, ~ 1)"),
  abc = c(by = "emmeans(f, ~ recipe | s)", both = "emmeans(f, ~ recipe * s)", trends = "emtrends(f, ~ recipe, var = 'temp')", three = "emmeans(f, ~ recipe * s, by = 'temp')", again = "emmeans(emmeans(f, ~ recipe * s | temp), ~ recipe | temp)"),
  one = c(one_mean = "pairs(emmeans(f, ~ 1))", one_confint = "confint(pairs(emmeans(f, ~ 1)))", one_consec = "contrast(emmeans(f, ~ 1), 'consec')", one_control = "contrast(emmeans(f, ~ 1), 'trt.vs.ctrl')",
    one_del = "contrast(emmeans(f, ~ 1), 'del.eff')", one_change = "contrast(emmeans(f, ~ 1), 'mean_chg')", one_pairwise = "emmeans(f, pairwise ~ 1)",
    each = "pairs(emmeans(f, ~ recipe * s), simple = 'each')", each_combined = "pairs(emmeans(f, ~ recipe * s), simple = 'each', combine = TRUE)", sets = "pairs(emmeans(f, ~ recipe * s), simple = list('recipe', c('recipe', 's')), combine = TRUE)",
    each_one = "contrast(emmeans(f, ~ recipe), simple = 'each')", each_by = "contrast(emmeans(f, ~ recipe * s | temp, cov.reduce = range), simple = 'each', combine = TRUE)", each_sidak = "contrast(emmeans(f, ~ recipe * s), 'consec', simple = list('recipe', 's'), combine = TRUE, adjust = 'sidak')",
    each_infer = "summary(contrast(emmeans(f, ~ recipe * s), 'consec', simple = 'each', combine = TRUE), infer = TRUE)", each_interaction = "pairs(emmeans(f, ~ recipe * s), interaction = TRUE, simple = 'each')",
    list = "emmeans(f, list(pairwise ~ recipe, eff ~ s))", list_by = "emmeans(f, list(pairwise ~ recipe, ~ s | recipe))", list_named = "emmeans(f, list(r = pairwise ~ recipe, f = ~ s))", list_names = "emmeans(f, list('recipe', c('s', 'recipe')))",
    list_contr = "emmeans(f, list(~ s, ~ recipe), contr = 'consec', adjust = 'none')", list_test = "test(emmeans(f, list(~ recipe, ~ s)))", list_pairs = "pairs(emmeans(f, list(~ recipe, ~ s)))", list_summary = "summary(emmeans(f, list(~ s, pairwise ~ recipe)), infer = TRUE)",
    rbind = "rbind(emmeans(f, ~ recipe), emmeans(f, ~ s))", rbind_pairs = "rbind(pairs(emmeans(f, ~ recipe)), pairs(emmeans(f, ~ s)))", plus = "pairs(emmeans(f, ~ recipe)) + pairs(emmeans(f, ~ s))", rbind_holm = "rbind(pairs(emmeans(f, ~ recipe | s)), adjust = 'holm')", rbind_both = "rbind(emmeans(f, ~ s), pairs(emmeans(f, ~ s)))",
    rbind_list = "rbind(emmeans(f, list(pairwise ~ recipe, ~ s)))", rbind_temp = "rbind(emmeans(f, ~ temp, cov.reduce = range), emmeans(f, ~ s))", subset = "emmeans(f, ~ recipe | s)[1:4]", subset_pairs = "pairs(emmeans(f, ~ s))[1:2]",
    eff_size = "eff_size(emmeans(f, ~ recipe), sigma = 4.5, edf = 40)", eff_size_by = "eff_size(emmeans(f, ~ recipe | s), sigma = 4.5, edf = 30, method = 'trt.vs.ctrl')", eff_size_identity = "eff_size(pairs(emmeans(f, ~ recipe)), sigma = 4.5, edf = 30, method = 'identity')", eff_size_list = "eff_size(emmeans(f, pairwise ~ recipe), sigma = 4, edf = Inf)",
    eff_size_simple = "eff_size(emmeans(f, ~ recipe * s), sigma = 4, edf = 40, simple = 'recipe')", eff_size_one = "eff_size(emmeans(f, ~ 1), sigma = 4, edf = 3)", eff_size_test = "test(eff_size(emmeans(f, ~ s), sigma = 4.5, edf = 50))", eff_size_both = "summary(eff_size(emmeans(f, ~ s), sigma = 4.5, edf = 50), infer = TRUE)"),
  plain = c(df = "summary(pairs(emmeans(f, ~ s)), df = 7)", df_confint = "confint(emmeans(f, ~ s), df = 7)", df_test = "test(emmeans(f, ~ s), df = 7, null = 30)", df_means = "emmeans(f, pairwise ~ s, df = 9)", df_eff = "contrast(emmeans(f, ~ s), 'eff', df = 3)", df_inf = "summary(emmeans(f, ~ s), df = Inf)",
    by_both = "emmeans(f, pairwise ~ s | recipe, by = 'temp')", equal = "emmeans(f, ~ recipe)", proportional = "emmeans(f, ~ recipe, weights = 'proportional')", outer = "emmeans(f, ~ recipe, weights = 'outer')", flat = "emmeans(f, ~ recipe, weights = 'flat')", cells = "emmeans(f, ~ recipe, weights = 'cells')",
    own = "emmeans(f, ~ recipe, weights = c(1, 2, 3))", own_pairs = "emmeans(f, pairwise ~ 1, weights = 1:9)", all = "emmeans(f, ~ 1, weights = 'outer')", all_cells = "emmeans(f, ~ 1, weights = 'cells')", joint_range = "joint_tests(f, cov.reduce = range)", joint_by = "joint_tests(f, by = 's')", joint_at = "joint_tests(f, at = list(recipe = c('A', 'B')))",
    max_degree = "contrast(emmeans(f, ~ s), 'poly', max.degree = 1)", include = "contrast(emmeans(f, ~ s), 'consec', include = 1:2)", reverse = "emmeans(f, consec ~ s, reverse = TRUE, adjust = 'none')", ref = "emmeans(f, trt.vs.ctrl1 ~ s, ref = 's2', adjust = 'none')", infer = "emmeans(f, pairwise ~ s, infer = c(TRUE, TRUE))", infer_one = "emmeans(f, ~ s, infer = c(FALSE, TRUE))"),
  additive = c(grid = "summary(ref_grid(f))", inner = "emmeans(f, ~ recipe)", outer = "emmeans(f, ~ g)", pairwise = "emmeans(f, pairwise ~ recipe)", pairs_outer = "pairs(emmeans(f, ~ g))", joint = "joint_tests(f)", by = "emmeans(f, ~ recipe | g)", pairs_by = "pairs(emmeans(f, ~ recipe | g))", temp = "emmeans(f, ~ temp)", all = "emmeans(f, ~ 1)",
    none = "emmeans(f, ~ recipe, nesting = NULL)", given = "emmeans(f, ~ recipe, nesting = 'recipe %in% g')", given_list = "emmeans(f, ~ recipe, nesting = list(recipe = 'g'))", range = "emmeans(f, ~ recipe * temp, cov.reduce = range)", eff = "emmeans(f, eff ~ recipe)", consec = "contrast(emmeans(f, ~ recipe), 'consec', adjust = 'none')",
    proportional = "emmeans(f, ~ g, weights = 'proportional')", cells = "emmeans(f, ~ g, weights = 'cells')", outer_weights = "emmeans(f, ~ g, weights = 'outer')", all_weights = "emmeans(f, ~ 1, weights = 'proportional')", joint_pairs = "test(pairs(emmeans(f, ~ recipe)), joint = TRUE)"),
  numbered = c(inner = "emmeans(f, ~ t)", outer = "emmeans(f, ~ s)", pairs_by = "pairs(emmeans(f, ~ t | s))", pairs = "pairs(emmeans(f, ~ t))", joint = "joint_tests(f)", by = "emmeans(f, ~ t | s)", two = "emmeans(f, ~ s * t)", consec = "contrast(emmeans(f, ~ t), 'consec', adjust = 'holm')", all = "emmeans(f, ~ 1)", pairs_outer = "pairs(emmeans(f, ~ s))", simple = "pairs(emmeans(f, ~ t), simple = 't')",
    confint = "confint(pairs(emmeans(f, ~ t | s)))", joint_pairs = "test(pairs(emmeans(f, ~ t | s)), joint = TRUE)", ungrouped = "pairs(emmeans(f, ~ t | s), by = NULL)", eff = "contrast(emmeans(f, ~ t | s), 'eff')", rbind = "rbind(pairs(emmeans(f, ~ t | s)))", sidak = "summary(emmeans(f, ~ t | s), infer = TRUE, adjust = 'sidak')", poly = "contrast(emmeans(f, ~ t | s), 'poly')", control = "contrast(emmeans(f, ~ t | s), 'trt.vs.ctrl')",
    bonferroni = "pairs(emmeans(f, ~ t | s), adjust = 'bonferroni')", at = "emmeans(f, ~ t, at = list(s = c('s1', 's2')))", at_one = "emmeans(f, ~ t, at = list(t = '3'))"),
  three = c(grid = "summary(ref_grid(f))", tt = "emmeans(f, ~ tt)", s = "emmeans(f, ~ s)", dis = "emmeans(f, ~ dis)", tt_by = "emmeans(f, ~ tt | s)", s_by = "emmeans(f, ~ s | dis)", joint = "joint_tests(f)", pairs = "pairs(emmeans(f, ~ s))"),
  crossed = c(dis = "emmeans(f, ~ dis)", two = "emmeans(f, ~ s * recipe)", turned = "emmeans(f, ~ recipe * s)", all = "emmeans(f, ~ 1)", recipe = "emmeans(f, ~ recipe)", dis_by = "emmeans(f, ~ dis | recipe)", joint = "joint_tests(f)", proportional = "emmeans(f, ~ dis, weights = 'proportional')", all_proportional = "emmeans(f, ~ 1, weights = 'proportional')", outer = "emmeans(f, ~ dis, weights = 'outer')", cells = "emmeans(f, ~ recipe, weights = 'cells')", recipe_outer = "emmeans(f, ~ recipe, weights = 'outer')", recipe_proportional = "emmeans(f, ~ recipe, weights = 'proportional')",
    two_nested = "emmeans(f, ~ s * recipe, nesting = c('s %in% dis', 'recipe %in% dis'))", within_two = "emmeans(f, ~ s, nesting = 's %in% (dis*recipe)')", pairs_by = "pairs(emmeans(f, ~ s | recipe))"),
  inside = c(s = "emmeans(f, ~ s)", by = "emmeans(f, ~ s | temperature)", joint = "joint_tests(f)"),
  slopes = c(one = "emmeans(f, ~ recipe)", range = "emmeans(f, ~ recipe | temp, cov.reduce = range)", temp = "emmeans(f, ~ temp, cov.reduce = range)", trends = "emtrends(f, ~ recipe, var = 'temp')", joint = "joint_tests(f)"),
  two = c(s = "emmeans(f, ~ s)", both = "emmeans(f, ~ s * recipe)", outer = "emmeans(f, ~ g * dis)", by = "emmeans(f, ~ recipe | s)", pairs = "pairs(emmeans(f, ~ s), reverse = TRUE)", pairs_both = "pairs(emmeans(f, ~ s * recipe), adjust = 'none')", both_infer = "summary(emmeans(f, pairwise ~ s), infer = TRUE)"),
  both = c(tt = "emmeans(f, ~ tt)", t = "emmeans(f, ~ t)"), cells = c(t = "emmeans(f, ~ t)", s = "emmeans(f, ~ s)"), alias = c(recipe = "emmeans(f, ~ recipe)", rc = "emmeans(f, ~ rc)"), loose = c(given = "emmeans(f, ~ t, nesting = 't %in% s')"),
  heat = c(grouped = sprintf("add_grouping(emmeans(f, ~ temperature), 'heat', 'temperature', %s)", heat), heat = sprintf("emmeans(add_grouping(emmeans(f, ~ temperature), 'heat', 'temperature', %s), pairwise ~ heat)", heat), pairs = sprintf("pairs(emmeans(add_grouping(emmeans(f, ~ temperature), 'heat', 'temperature', %s), ~ temperature | heat))", heat),
    joint = sprintf("joint_tests(add_grouping(emmeans(f, ~ temperature), 'heat', 'temperature', %s))", heat), grid = sprintf("emmeans(add_grouping(ref_grid(f), 'heat', 'temperature', %s), ~ heat | recipe)", heat), grid_joint = sprintf("joint_tests(add_grouping(ref_grid(f), 'heat', 'temperature', %s))", heat), grid_recipe = sprintf("emmeans(add_grouping(ref_grid(f), 'heat', 'temperature', %s), ~ recipe)", heat), grid_temperature = sprintf("emmeans(add_grouping(ref_grid(f), 'heat', 'temperature', %s), ~ temperature | recipe)", heat),
    ordered = sprintf("emmeans(add_grouping(ref_grid(f), 'heat', 'temperature', factor(%s, levels = c('low', 'mid', 'hi'))), ~ heat)", heat)),
  log = c(bias = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.3)", bias_list = "summary(emmeans(f, pairwise ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.3)", bias_default = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE)", bias_link = "summary(emmeans(f, ~ s), bias.adjust = TRUE, sigma = 0.3)", bias_confint = "confint(pairs(emmeans(f, ~ s)), type = 'response', bias.adjust = TRUE, sigma = 0.3)", bias_test = "test(emmeans(f, ~ s), null = log(30), type = 'response', bias.adjust = TRUE, sigma = 0.3)",
    bias_means = "emmeans(f, pairwise ~ recipe, bias.adjust = TRUE, sigma = 0.3, type = 'response')", bias_contrast = "contrast(emmeans(f, ~ recipe), 'pairwise', type = 'response', bias.adjust = TRUE, sigma = 0.3)", bias_several = "summary(emmeans(f, ~ s | recipe), type = 'response', bias.adjust = TRUE, sigma = c(0.1, 0.2, 0.3))",
    regrid = "regrid(emmeans(f, ~ s))", regrid_pairs = "pairs(regrid(emmeans(f, ~ s)))", regrid_log10 = "regrid(emmeans(f, ~ s), transform = 'log10')", regrid_log10_pairs = "pairs(regrid(emmeans(f, ~ s), transform = 'log10'))", regrid_bias = "regrid(emmeans(f, ~ s), transform = 'response', bias.adjust = TRUE, sigma = 0.3)", regrid_none = "regrid(emmeans(f, ~ s), transform = 'none')", regrid_pass = "regrid(emmeans(f, ~ s), transform = 'pass')", regrid_emmeans = "emmeans(f, pairwise ~ s, regrid = 'response')", regrid_by = "regrid(emmeans(f, ~ recipe | s))", regrid_grid = "summary(ref_grid(f, regrid = 'response'))", regrid_ratio = "regrid(pairs(emmeans(f, ~ s)))", simple = "contrast(emmeans(f, ~ recipe, type = 'response'), 'pairwise', combine = TRUE, simple = 'each')"),
  sqrt = c(bias = "summary(emmeans(f, pairwise ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.5)", regrid_log = "regrid(emmeans(f, ~ s), transform = 'log')", regrid_log_response = "summary(regrid(emmeans(f, ~ s), transform = 'log'), type = 'response')", regrid_ratios = "contrast(regrid(emmeans(f, ~ s), transform = 'log'), 'pairwise', type = 'response')", regrid_sqrt = "regrid(emmeans(f, ~ s), transform = 'sqrt')", regrid_log2 = "regrid(emmeans(f, ~ s), transform = 'log2')", regrid_mu = "regrid(emmeans(f, ~ s), transform = 'mu')", regrid_joint = "test(pairs(regrid(emmeans(f, ~ s))), joint = TRUE)", regrid_eff = "contrast(regrid(emmeans(f, ~ s)), 'eff')", regrid_means = "emmeans(regrid(ref_grid(f)), ~ s)", eff_size = "eff_size(emmeans(f, ~ s), sigma = 0.5, edf = 50)"),
  log1p = c(bias = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.3)"), log10 = c(bias = "summary(emmeans(f, pairwise ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.1)"), asin = c(bias = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.3)"), twolog = c(bias = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.3)", regrid = "regrid(emmeans(f, ~ s))"), scaled = c(bias = "summary(emmeans(f, ~ s), type = 'response', bias.adjust = TRUE, sigma = 0.1)"),
  poly = c(two = "emtrends(f, ~ recipe, var = 'temp', max.degree = 2)", pairs = "emtrends(f, pairwise ~ recipe, var = 'temp', max.degree = 2)", degree = "emtrends(f, ~ degree | recipe, var = 'temp', max.degree = 2)", all = "emtrends(f, ~ 1, var = 'temp', max.degree = 2, at = list(temp = c(180, 200)))", at = "emtrends(f, ~ temp, var = 'temp', max.degree = 2, at = list(temp = c(180, 200)), delta.var = 5)", delta = "emtrends(f, ~ recipe, var = 'temp', delta.var = 5)", first = "emtrends(f, ~ recipe, var = 'temp', max.degree = 1)"),
  lmtrend = c(two = "emtrends(f, ~ temp, var = 'temp', max.degree = 2, at = list(temp = 190))", three = "emtrends(f, ~ temp, var = 'temp', max.degree = 3, at = list(temp = c(190, 210)), delta.var = 1)"),
  covariates = c(one = "emmeans(f, ~ recipe | temp, cov.reduce = list(temp = range))", two = "summary(ref_grid(f, cov.reduce = list(temp = range, z = median)))", formula = "summary(ref_grid(f, cov.reduce = z ~ temp, at = list(temp = c(180, 220))))", mixed = "summary(ref_grid(f, cov.reduce = list(z ~ temp + recipe, temp = range)))", recipe = "emmeans(f, ~ recipe, cov.reduce = z ~ recipe)", formulas = "emmeans(f, ~ temp, cov.reduce = list(z ~ temp, k ~ temp), at = list(temp = c(180, 220)))", all = "summary(ref_grid(f, cov.reduce = FALSE, at = list(z = 20, temp = 200)))", keep = "summary(ref_grid(f, cov.keep = 'k'))", keep_number = "summary(ref_grid(f, cov.keep = 3))", usual = "summary(ref_grid(f, cov.reduce = TRUE))", averaged = "emmeans(f, ~ recipe, cov.reduce = list(z ~ temp, temp = range))", nested = "summary(ref_grid(f, cov.reduce = FALSE, at = list(z = 20)))"),
  logtemp = c(regrid_trends = "emtrends(f, ~ recipe, var = 'temp', regrid = 'response')", regrid_at = "emtrends(f, ~ recipe, var = 'temp', at = list(temp = c(180, 200)), regrid = 'response')", regrid = "emmeans(f, ~ recipe, regrid = 'response')"),
  lm = c(regrid = "regrid(emmeans(f, ~ s))", pairs = "pairs(regrid(emmeans(f, ~ s)))", eff_size = "eff_size(emmeans(f, ~ s), sigma = sigma(f), edf = df.residual(f))")
)
numbers <- function(e) {
  if (inherits(e, "emm_list")) return(lapply(unclass(e), numbers))
  if (inherits(e, "emmGrid")) e <- summary(e)
  if (is.list(e) && !is.data.frame(e)) return(lapply(unclass(e), numbers))
  class(e) <- "data.frame"
  lapply(unclass(e), function(column) if (is.factor(column)) as.character(column) else column)[names(e)]
}
fit <- function(name) {
  formula <- models[[name]]
  call <- if (name %in% c("lm", "lmtrend")) sprintf("lm(%s, data = d)", formula) else sprintf("lmer(%s + (1 | recipe:replicate), data = d, control = ctrl)", formula)
  suppressWarnings(suppressMessages(eval(parse(text = call), envir = globalenv())))
}
out <- lapply(names(calls), function(name) {
  f <- fit(name); assign("f", f, envir = globalenv())
  pages <- lapply(calls[[name]], function(text) {
    messages <- character()
    made <- withCallingHandlers(tryCatch({e <- eval(parse(text = text), envir = globalenv()); list(page = capture.output(print(e)), numbers = numbers(e))},
      error = function(x) {cat(name, text, conditionMessage(x), "\n"); list()}),
      message = function(x) {messages <<- c(messages, conditionMessage(x)); invokeRestart("muffleMessage")},
      warning = function(x) invokeRestart("muffleWarning"))
    c(list(r = text), made, list(messages = I(unique(messages))))
  })
  list(name = name, formula = models[[name]], lm = name %in% c("lm", "lmtrend"), pages = as.list(pages))
})
writeLines(toJSON(out, auto_unbox = TRUE, null = "null", na = "string", digits = NA), "marginal_means_more.json")
