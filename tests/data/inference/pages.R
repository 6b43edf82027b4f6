# Pages of lmerTest 3.1-3 (R 4.2.2, lme4 1.1-31): Rscript pages.R writes pages.json
suppressMessages({library(lmerTest); library(pbkrtest); library(jsonlite)})
options(width = 80)
data(cake, package = "lme4"); data(sleepstudy, package = "lme4"); data(Machines, package = "nlme"); data(Oats, package = "nlme")
data(Penicillin, package = "lme4")
cake$temp <- as.numeric(as.character(cake$temperature))
ctrl <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
Machines <- as.data.frame(Machines); Machines$Machine <- factor(Machines$Machine)
Machines$Worker <- factor(Machines$Worker, levels = as.character(1:6))
Oats <- as.data.frame(Oats)
models <- list(
  list(data = "cake", formula = "angle ~ recipe * temp + (1 | recipe:replicate)", rows = 18:270),
  list(data = "cake", formula = "angle ~ recipe * temperature + (1 | recipe:replicate)", rows = c(1:100, 120:265)),
  list(data = "cake", formula = "angle ~ recipe + temp + (1 | replicate)", rows = 5:250),
  list(data = "Machines", formula = "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)", rows = c(1:7, 9:30, 33:54)),
  list(data = "Machines", formula = "score ~ Machine + (1 | Worker/Machine)", rows = 4:50),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)", rows = c(1:60, 66:170)),
  list(data = "sleepstudy", formula = "Reaction ~ Days + I(Days^2) + (Days || Subject)", rows = 1:175),
  list(data = "Oats", formula = "yield ~ Variety * nitro + (1 | Block/Variety)", rows = 1:70),
  list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)", rows = 1:144),
  list(data = "sleepstudy", formula = "Reaction ~ Days + (1 | Subject)", rows = 1:180, REML = FALSE)
)
page <- function(expr) tryCatch(capture.output(print(suppressMessages(suppressWarnings(expr)))), error = function(e) NULL)
out <- lapply(models, function(m) {
  d <- get(m$data)[m$rows, ]
  assign("d", d, envir = globalenv())  # SATmodcomp looks there
  REML <- is.null(m$REML)
  f <- as.formula(m$formula, env = globalenv())
  fit <- suppressMessages(suppressWarnings(eval(bquote(lmer(.(f), data = d, REML = .(REML), control = ctrl)))))
  list(
    data = m$data, formula = m$formula, rows = m$rows, REML = REML,
    summary = page(summary(fit)), summary_kr = if (REML) page(summary(fit, ddf = "Kenward-Roger")),
    anova_1 = page(anova(fit, type = 1)), anova_2 = page(anova(fit, type = 2)), anova_3 = page(anova(fit, type = 3)),
    anova_kr = if (REML) page(anova(fit, ddf = "Kenward-Roger")),
    anova_kr2 = if (REML) page(anova(fit, type = 2, ddf = "Kenward-Roger")),
    ranova = page(ranova(fit)), ranova_whole = page(ranova(fit, reduce.terms = FALSE)),
    drop1 = page(drop1(fit)), drop1_kr = if (REML) page(drop1(fit, ddf = "Kenward-Roger")),
    drop1_lme4 = page(drop1(fit, ddf = "lme4", test = "Chisq")),
    step = page(step(fit)),
    ls_means = page(ls_means(fit)), ls_means_kr = if (REML) page(ls_means(fit, ddf = "Kenward-Roger", level = 0.9)),
    difflsmeans = page(difflsmeans(fit)),
    krmodcomp = if (REML) page(KRmodcomp(fit, diag(length(fixef(fit)))[-1, , drop = FALSE])),
    satmodcomp = if (REML) page(SATmodcomp(fit, diag(length(fixef(fit)))[-1, , drop = FALSE])),
    contest = page(contest(fit, diag(length(fixef(fit))))),
    contest_each = page(contest(fit, diag(length(fixef(fit))), joint = FALSE))
  )
})
writeLines(toJSON(out, auto_unbox = TRUE, null = "null"), "pages.json")
