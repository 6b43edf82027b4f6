# What R's lm, arm's display and lme4's lmList give: Rscript lm_cases.R (run in tests/data; needs lme4, arm, jsonlite; R 4.2.2,
# lme4 1.1-31, arm 1.13). Data are read from the CSV and JSON files that pylmer's own tests read.
suppressMessages({library(lme4); library(arm); library(jsonlite)})
options(width = 80, digits = 7)

table_of <- function(name) {
  folder <- if (file.exists(paste0("../../pylmer/datasets/tables/", name, ".json"))) "../../pylmer/datasets/tables/" else "sets/"
  about <- fromJSON(paste0(folder, name, ".json"))
  d <- read.csv(paste0(folder, about$file), colClasses = "character", na.strings = "NA")
  for (column in names(about$columns)) {
    kind <- about$columns[[column]]
    d[[column]] <- if (kind %in% c("factor", "ordered"))
      factor(d[[column]], levels = about$factors[[column]]$levels, ordered = kind == "ordered") else as.numeric(d[[column]])
  }
  d
}
for (name in c("cake", "cbpp", "radon", "sleepstudy", "sleepstudy_na", "Machines", "Oats")) assign(name, table_of(name))
few <- data.frame(y = c(1, 3, 2, 7, 5, 4), x = c(0, 1, 2, 3, 4, 5))
two <- data.frame(y = c(1, 3), x = c(0, 1))
head_tail <- function(x) unname(x[c(1:3, length(x))])
matrix_of <- function(m) list(rows = rownames(m), cols = colnames(m), values = unname(as.matrix(m)))
shown <- function(expr) capture.output(expr)

lm_case <- function(call, newdata = NULL) {
  call <- substitute(call)
  fit <- eval(call, globalenv())
  s <- summary(fit)
  out <- list(
    call = paste(deparse(call, width.cutoff = 500), collapse = " "),
    coef = list(names = names(coef(fit)), values = unname(coef(fit))),
    table = matrix_of(s$coefficients), sigma = unbox(sigma(fit)), vcov = matrix_of(vcov(fit)),
    df_residual = unbox(df.residual(fit)), logLik = unbox(as.numeric(logLik(fit))), df = unbox(attr(logLik(fit), "df")),
    AIC = unbox(AIC(fit)), BIC = unbox(BIC(fit)), nobs = unbox(nobs(fit)), deviance = unbox(deviance(fit)),
    r_squared = unbox(s$r.squared), adj_r_squared = unbox(s$adj.r.squared), fstatistic = unname(s$fstatistic),
    fitted = head_tail(fitted(fit)), resid = head_tail(resid(fit)), n_fitted = unbox(length(fitted(fit))),
    pearson = head_tail(resid(fit, type = "pearson")),
    confint = matrix_of(confint(fit)), confint90 = matrix_of(confint(fit, level = 0.9)),
    print = shown(print(fit)), summary = shown(print(s)),
    display = shown(display(fit)), display_detail = shown(display(fit, detail = TRUE, digits = 3)))
  if (!is.null(newdata)) {
    new <- suppressWarnings(predict(fit, newdata, se.fit = TRUE, interval = "confidence"))
    out$newdata <- newdata
    out$predict <- unname(new$fit[, "fit"]); out$predict_se <- unname(new$se.fit); out$confidence <- unname(new$fit)
    out$prediction <- unname(suppressWarnings(predict(fit, newdata, interval = "prediction", level = 0.9)))
  }
  out
}
lms <- list(
  radon = lm_case(lm(log_radon ~ floor, data = radon), data.frame(floor = c(0, 1))),
  radon_null = lm_case(lm(log_radon ~ 1, data = radon)),
  unpooled = lm_case(lm(log_radon ~ floor + factor(county) - 1, data = radon), data.frame(floor = 1, county = c("AITKIN", "HENNEPIN"))),
  cake = lm_case(lm(angle ~ recipe * temperature, data = cake), data.frame(recipe = c("A", "C"), temperature = c("175", "225"))),
  cake_sum = lm_case(lm(angle ~ recipe + temp, data = cake, contrasts = list(recipe = "contr.sum")), data.frame(recipe = c("B", "C"), temp = 200)),
  aliased = lm_case(lm(Reaction ~ Days + I(2 * Days) + Subject, data = sleepstudy, subset = Days > 2), data.frame(Days = 3, Subject = "309")),
  weights = lm_case(lm(incidence/size ~ period, data = cbpp, weights = size), data.frame(period = c("1", "4"))),
  offset = lm_case(lm(Reaction ~ Days, data = sleepstudy, offset = 10 * Days)),
  offset_term = lm_case(lm(Reaction ~ Days + offset(5 * Days), data = sleepstudy), data.frame(Days = c(1, 20))),
  subset = lm_case(lm(Reaction ~ poly(Days, 2), data = sleepstudy, subset = Days > 1), data.frame(Days = c(2, 5.5))),
  no_intercept = lm_case(lm(Reaction ~ 0 + Days, data = sleepstudy)),
  missing = lm_case(lm(Reaction ~ Days, data = sleepstudy_na)),
  exclude = lm_case(lm(Reaction ~ Days, data = sleepstudy_na, na.action = na.exclude)),
  few = lm_case(lm(y ~ x, data = few)),
  saturated = suppressWarnings(lm_case(lm(y ~ x, data = two))))

list_case <- function(call) {
  call <- substitute(call)
  fit <- suppressWarnings(eval(call, globalenv()))
  limits <- function(ci) list(groups = dimnames(ci)[[1]], bounds = dimnames(ci)[[2]], columns = dimnames(ci)[[3]],
                              values = unname(unclass(ci)[, , , drop = FALSE]))
  list(call = paste(deparse(call, width.cutoff = 500), collapse = " "),
       coef = matrix_of(as.matrix(coef(fit))), sigma = unbox(sigma(fit)),
       confint = limits(suppressWarnings(confint(fit))), confint_pooled = limits(suppressWarnings(confint(fit, pool = TRUE))),
       print = shown(print(fit)))
}
lists <- list(
  sleepstudy = list_case(lmList(Reaction ~ Days | Subject, data = sleepstudy)),
  radon = list_case(lmList(log_radon ~ floor | county, data = radon)),
  unpooled_sd = list_case(lmList(Reaction ~ Days | Subject, data = sleepstudy, pool = FALSE)),
  machines = list_case(lmList(score ~ Machine | Worker, data = Machines)),
  scaled = list_case(lmList(Reaction ~ scale(Days) | Subject, data = sleepstudy_na)),
  subset = list_case(lmList(Reaction ~ Days | Subject, data = sleepstudy, subset = Days > 1)))
write(toJSON(list(lm = lms, lmList = lists), digits = NA, na = "string", pretty = 0), "lm_cases.json")
