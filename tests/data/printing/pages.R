# Golden pages for tests/printing: what lme4 1.1-31 and arm 1.13 print at the exact optimum.
# Run: Rscript pages.R DATA_DIR > pages.json, with DATA_DIR holding NAME.csv and NAME.json.
# Each fit is polished by Newton steps on numerical derivatives, so that the texts do not depend on an optimizer.
options(width = 80, digits = 7, warn = -1)
suppressMessages({library(lme4); library(arm); library(jsonlite); library(numDeriv)})
dir <- commandArgs(TRUE)[1]
load_data <- function(name) {
  meta <- fromJSON(file.path(dir, paste0(name, ".json")))
  d <- read.csv(file.path(dir, paste0(name, ".csv")), check.names = FALSE)
  for (f in names(meta$factors)) d[[f]] <- factor(as.character(d[[f]]), levels = meta$factors[[f]]$levels, ordered = meta$columns[[f]] == "ordered")
  d
}
polished <- function(call, d, name) {
  assign(name, d, globalenv())
  m <- suppressMessages(eval(call, globalenv()))
  f <- call; f[[1]] <- quote(lFormula)
  parts <- suppressMessages(eval(f, globalenv()))
  dev <- do.call(mkLmerDevfun, parts)
  tight <- suppressMessages(optimizeLmer(dev, control = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 1e5), start = getME(m, "theta")))
  theta <- tight$par
  if (!isSingular(m)) for (i in 1:4) theta <- theta - solve(hessian(dev, theta), grad(dev, theta))
  dev(theta)
  opt <- list(par = theta, fval = dev(theta), conv = 0, message = NULL, feval = 1)
  attr(opt, "optimizer") <- "nloptwrap"
  done <- mkMerMod(environment(dev), opt, parts$reTrms, parts$fr, mc = m@call)
  done@optinfo <- m@optinfo
  done
}
text <- function(x) I(capture.output(x))
attempt <- function(x) tryCatch(text(x), error = function(e) NULL)
page <- function(name, ..., long = TRUE, data = NULL) {
  d <- if (is.null(data)) load_data(name) else data
  call <- as.call(c(quote(lmer), as.list(substitute(list(...)))[-1], list(data = as.name(name))))
  m <- polished(call, d, name)
  out <- list(dataset = name, call = paste(deparse(call, 500), collapse = ""), singular = isSingular(m), print = text(print(m)), summary = text(print(summary(m))), VarCorr = text(print(VarCorr(m))),
    both = text(print(VarCorr(m), comp = c("Variance", "Std.Dev."))), logLik = text(print(logLik(m))), fixef = text(print(fixef(m))))
  s <- summary(m)
  if (length(fixef(m)) > 1) out$correlation <- text(suppressMessages(print(s, correlation = TRUE)))
  out$digits6 <- text(print(s, digits = 6)); out$print7 <- text(print(m, digits = 7))
  out$rePCA <- text(print(rePCA(m))); out$pca <- text(print(summary(rePCA(m)))); out$se_fixef <- attempt(print(se.fixef(m)))
  out$display <- attempt(display(m)); out$detail <- attempt(display(m, detail = TRUE)); out$display4 <- attempt(display(m, digits = 4)); out$sigma_hat <- attempt(print(sigma.hat(m)))
  matrices <- function(l) lapply(l, function(x) list(rows = I(rownames(x)), cols = I(colnames(x)), x = unname(as.matrix(x))))
  out$numbers <- list(varcor = matrices(unclass(VarCorr(m))), sc = sigma(m), residuals = unname(quantile(s$residuals)), coefficients = matrices(list(s$coefficients))[[1]], vcov = matrices(list(as.matrix(vcov(m))))[[1]])
  if (long) out$numbers <- c(out$numbers, list(ranef = matrices(ranef(m)), coef = matrices(unclass(coef(m)))))
  if (long) { out$ranef <- text(print(ranef(m))); out$coef <- text(print(coef(m))); out$se_coef <- attempt(print(se.coef(m))) }
  out
}
ss <- load_data("sleepstudy"); ss$D2 <- 2 * ss$Days
pages <- list(
  page("sleepstudy", formula = Reaction ~ Days + (Days | Subject)),
  page("sleepstudy", formula = Reaction ~ Days + (1 | Subject)),
  page("sleepstudy", formula = Reaction ~ Days + (Days || Subject)),
  page("sleepstudy", formula = Reaction ~ Days + (Days | Subject), REML = FALSE),
  page("sleepstudy", formula = Reaction ~ Days + (1 | Subject), REML = FALSE),
  page("sleepstudy", formula = Reaction/1000 ~ Days + (Days | Subject)),
  page("sleepstudy", formula = Reaction/1000 ~ Days + (Days | Subject), REML = FALSE, long = FALSE),
  page("sleepstudy", formula = I(Reaction * 1e6) ~ Days + (Days | Subject), REML = FALSE, long = FALSE),
  page("sleepstudy", formula = Reaction ~ 1 + (Days | Subject), long = FALSE),
  page("sleepstudy", formula = Reaction ~ Days + D2 + (1 | Subject), data = ss, long = FALSE),
  page("sleepstudy", formula = Reaction ~ Days + (1 | Subject), weights = Days + 1, offset = rep(3, 180), subset = Days > 1, long = FALSE),
  page("Penicillin", formula = diameter ~ 1 + (1 | plate) + (1 | sample)),
  page("Dyestuff", formula = Yield ~ 1 + (1 | Batch)),
  page("Dyestuff2", formula = Yield ~ 1 + (1 | Batch)),
  page("Pastes", formula = strength ~ 1 + (1 | batch/cask)),
  page("Machines", formula = score ~ Machine + (Machine | Worker)),
  page("Machines", formula = score ~ Machine + (1 | Worker) + (1 | Worker:Machine), long = FALSE),
  page("cake", formula = angle ~ recipe * temperature + (1 | recipe:replicate), long = FALSE),
  page("radon", formula = log_radon ~ 1 + (1 | county), long = FALSE),
  page("radon", formula = log_radon ~ floor + (1 | county)),
  page("radon", formula = log_radon ~ floor + log_uranium + (1 | county), long = FALSE),
  page("radon", formula = log_radon ~ floor + (1 + floor | county), long = FALSE),
  page("Hsb82", formula = mAch ~ meanses * cses + sector * cses + (cses | school), long = FALSE)
)
cat(toJSON(pages, digits = NA, auto_unbox = TRUE, na = "string", null = "null"))
