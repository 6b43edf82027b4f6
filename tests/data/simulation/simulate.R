# lme4's simulate where it draws nothing: cond.sim = FALSE with all effects conditioned on, so that answers are numbers;
# the shapes of its answers with missing rows; and which calls it refuses. R 4.2.2, lme4 1.1-31.
# Rscript simulate.R > simulate.json
# Fits are polished by Newton's steps, since lme4's optimizer stops at about six digits of theta.
suppressMessages({library(lme4); library(jsonlite); library(numDeriv)})
polished <- function(...) {
  call <- as.call(c(quote(lmer), as.list(substitute(list(...)))[-1]))
  fit <- eval(call, globalenv()); call[[1]] <- quote(lFormula)
  parts <- eval(call, globalenv()); dev <- do.call(mkLmerDevfun, parts); theta <- getME(fit, "theta")
  for (i in 1:6) theta <- theta - solve(hessian(dev, theta), grad(dev, theta))
  found <- list(par = theta, fval = dev(theta), conv = 0, message = NULL, feval = 1)
  mkMerMod(environment(dev), found, parts$reTrms, parts$fr, mc = fit@call)
}
quiet <- function(expr) suppressWarnings(suppressMessages(expr))
given <- function(fit, ...) quiet(simulate(fit, seed = 1, cond.sim = FALSE, ...))[[1]]
refused <- function(expr) inherits(try(quiet(expr), silent = TRUE), "try-error")

slopes <- polished(Reaction ~ Days + (Days | Subject), sleepstudy)
apart <- polished(Reaction ~ Days + (Days || Subject), sleepstudy)
crossed <- polished(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin)
shifted <- polished(Reaction ~ Days + offset(3 * Days) + (1 | Subject), sleepstudy)
theta <- c(1.2, 0.1, 0.3)
new <- data.frame(Days = c(0, 2.5, 9, 4), Subject = c("308", "308", "371", "999"))

missing <- sleepstudy
missing$Reaction[c(3, 50)] <- NA
left_out <- lmer(Reaction ~ Days + (Days | Subject), missing)
padded <- lmer(Reaction ~ Days + (Days | Subject), missing, na.action = na.exclude)
plan <- expand.grid(x = 0:3, g = factor(1:5))
right <- list(beta = c(1, 2), theta = 0.5, sigma = 1)

answers <- list(
  values = list(
    use_u = given(slopes, use.u = TRUE)[1:12],
    NULL_ = given(slopes, re.form = NULL)[1:12],
    beta = given(slopes, use.u = TRUE, newparams = list(beta = c(200, 5), theta = getME(slopes, "theta")))[1:12],
    theta = given(slopes, use.u = TRUE, newparams = list(beta = fixef(slopes), theta = theta, sigma = 3))[1:12],
    new_rows = given(slopes, use.u = TRUE, newdata = new, allow.new.levels = TRUE),
    new_theta = given(slopes, use.u = TRUE, newdata = new, allow.new.levels = TRUE,
                      newparams = list(beta = c(200, 5), theta = theta, sigma = 1)),
    both = given(crossed, use.u = TRUE)[1:12],
    offset = given(shifted, use.u = TRUE)[1:12],
    offset_new = given(shifted, use.u = TRUE, newdata = new[1:3, ]),
    scratch = given(~ x + (1 | g), newdata = plan, newparams = list(beta = c(1, 2), theta = 0, sigma = 1)),
    named = given(~ x + (1 | g), newdata = plan, newparams = list(beta = c(x = 3, `(Intercept)` = 7), theta = 0, sigma = 1))
  ),
  shapes = list(
    omit = list(dim = dim(simulate(left_out, 2, seed = 1)), na = which(is.na(simulate(left_out, 2, seed = 1)[[1]]))),
    exclude = list(dim = dim(simulate(padded, 2, seed = 1)), na = which(is.na(simulate(padded, 2, seed = 1)[[1]]))),
    names = names(simulate(slopes, 3))
  ),
  refused = list(
    nsim_0 = refused(simulate(slopes, 0)),
    nsim_negative = refused(simulate(slopes, -1)),
    both = refused(simulate(slopes, use.u = TRUE, re.form = ~0)),
    unknown_term = refused(simulate(slopes, re.form = ~ (1 | g))),
    new_level = refused(simulate(slopes, newdata = new)),
    new_level_u = refused(simulate(slopes, newdata = new, use.u = TRUE)),
    new_level_allowed = refused(simulate(slopes, newdata = new, allow.new.levels = TRUE)),
    missing_column = refused(simulate(slopes, newdata = data.frame(Subject = "308"))),
    missing_group = refused(simulate(slopes, newdata = data.frame(Days = 1))),
    theta_short = refused(simulate(slopes, newparams = list(theta = 1))),
    beta_long = refused(simulate(slopes, newparams = list(beta = 1:3))),
    beta_names = refused(simulate(slopes, newparams = list(beta = c(`(Intercept)` = 1, Day = 2)))),
    unknown_parameter = refused(simulate(slopes, newparams = list(foo = 2))),
    scratch = refused(simulate(~ x + (1 | g), newdata = plan, newparams = right)),
    scratch_no_data = refused(simulate(~ x + (1 | g), newparams = right)),
    scratch_beta = refused(simulate(~ x + (1 | g), newdata = plan, newparams = modifyList(right, list(beta = 1:3)))),
    scratch_theta = refused(simulate(~ x + (1 | g), newdata = plan, newparams = modifyList(right, list(theta = 1:2))))
  )
)
writeLines(toJSON(answers, digits = 12, auto_unbox = TRUE, pretty = 1))
