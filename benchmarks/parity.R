# R's answers to the fits of parity.py: Rscript parity.R FOLDER
suppressMessages({library(lmerTest); library(pbkrtest); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
fits <- fromJSON(file.path(folder, "fits.json"), simplifyDataFrame = FALSE)
off <- list(check.nobs.vs.nRE = "ignore", check.conv.singular = "ignore")
tight <- list(
  bobyqa = list(rhoend = 1e-10, maxfun = 1e5), nloptwrap = list(xtol_abs = 1e-12, ftol_abs = 1e-13, maxeval = 1e5),
  Nelder_Mead = list(FtolAbs = 1e-12, XtolRel = 1e-12, maxfun = 1e5), nlminbwrap = list())
criterion <- function(fit) if (isREML(fit)) REMLcrit(fit) else deviance(fit)
columns <- function(fit) lapply(VarCorr(fit), function(block) names(attr(block, "stddev")))

answer <- function(case) {
  d <- read.csv(file.path(folder, paste0(case$set, ".csv")), stringsAsFactors = TRUE)
  given <- list(formula = as.formula(case$formula), data = d, REML = case$REML)
  if (!is.null(case$weights)) given$weights <- d$w
  if (!is.null(case$offset)) given$offset <- d$o
  if (!is.null(case$subset)) given$subset <- with(d, eval(parse(text = case$subset)))
  if (!is.null(case$contrasts)) given$contrasts <- list(f = case$contrasts)
  fit_by <- function(o, start = NULL) tryCatch(
    suppressWarnings(suppressMessages(do.call(lmerTest::lmer, c(given, list(start = start, control =
      do.call(lmerControl, c(list(optimizer = o, optCtrl = tight[[o]], calc.derivs = FALSE), off))))))),
    error = function(e) conditionMessage(e))
  all <- lapply(names(tight), function(o) {
    fit <- fit_by(o)
    if (is.character(fit)) fit else fit_by("bobyqa", start = getME(fit, "theta"))
  })
  fine <- Filter(Negate(is.character), all)
  if (!length(fine)) return(list(refused = all[[1]]))
  fit <- fine[[which.min(vapply(fine, criterion, 0))]]
  table <- suppressMessages(coef(summary(fit)))
  kr <- tryCatch(suppressMessages(coef(summary(fit, ddf = "Kenward-Roger"))[, "df"]), error = function(e) NULL)
  vc <- as.data.frame(VarCorr(fit))
  list(criterion = criterion(fit), names = names(fixef(fit)), beta = unname(fixef(fit)), se = unname(table[, 2]),
       df = unname(table[, "df"]), kr = unname(kr), sigma = sigma(fit), theta = unname(getME(fit, "theta")),
       grp = vc$grp, sdcor = vc$sdcor, singular = isSingular(fit, tol = 1e-4), n = nobs(fit),
       logLik = as.numeric(logLik(fit)), npar = attr(logLik(fit), "df"),
       fitted = unname(fitted(fit))[1:3], ranef = sum(unlist(ranef(fit))^2),
       anova = unname(tryCatch(suppressMessages(anova(fit))[, "F value"], error = function(e) NULL)),
       versions = paste("R", getRversion(), "lme4", packageVersion("lme4"), "lmerTest", packageVersion("lmerTest")))
}
writeLines(toJSON(lapply(fits, answer), auto_unbox = TRUE, digits = NA, na = "null"), file.path(folder, "answers.json"))
