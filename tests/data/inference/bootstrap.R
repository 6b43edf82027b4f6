# Answers of lme4 1.1-31, boot and pbkrtest 0.5.2 (R 4.2.2): Rscript bootstrap.R writes bootstrap.json
suppressMessages({library(lme4); library(pbkrtest); library(boot); library(jsonlite)})
options(width = 80)
data(beets, package = "pbkrtest")
page <- function(expr) suppressWarnings(capture.output(print(expr)))
ends <- function(m) list(rows = rownames(m), cols = colnames(m), values = unname(m))
fm1 <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
mySumm <- function(.) c(fixef(.), sigma = sigma(.), getME(., "theta"))

# quantiles of 5,000 replicates
probs <- c(.025, .25, .5, .75, .975)
many <- suppressMessages(suppressWarnings(bootMer(fm1, mySumm, nsim = 5000, seed = 1)))
quantiles <- apply(many$t, 2, quantile, probs = probs)

# records that print, and their intervals
boots <- lapply(list(
  list(nsim = 199, seed = 1),
  list(nsim = 20, seed = 2),
  list(nsim = 30, seed = 3, use.u = TRUE, type = "semiparametric")
), function(given) {
  b <- suppressMessages(suppressWarnings(do.call(bootMer, c(list(x = fm1, FUN = mySumm), given))))
  b$call <- quote(bootMer(x = fit, FUN = mySumm))
  messages <- attr(b, "boot.all.msgs")
  ci <- function(type, level) suppressWarnings(unname(confint(b, type = type, level = level)))
  list(t0 = unname(b$t0), t = unname(b$t), names = names(b$t0), page = page(b),
       singular = sum(unlist(messages[["factory-message"]])),
       perc = ci("perc", .95), basic = ci("basic", .9), norm = ci("norm", .95))
})
narrow <- structure(list(t0 = c(a = 1, b = 2), t = cbind(a = c(1, 1, 2), b = c(2, 2, 2)), R = 3, sim = "parametric",
  call = quote(bootMer(x = fit, FUN = mySumm))), class = c("bootMer", "boot"))
boots[[4]] <- list(t0 = 1:2, t = unname(narrow$t), names = c("a", "b"), page = page(narrow), singular = 0)

limits <- suppressMessages(suppressWarnings(confint(fm1, method = "boot", nsim = 2000, seed = 1, quiet = TRUE)))
named <- suppressMessages(suppressWarnings(
  confint(fm1, method = "boot", nsim = 20, seed = 1, quiet = TRUE, oldNames = FALSE)))

# likelihood-ratio tests
pairs <- list(
  list(data = "sleepstudy", large = "Reaction ~ Days + I(Days^2) + (Days | Subject)",
       small = "Reaction ~ Days + (Days | Subject)", REML = FALSE, nsim = 100),
  list(data = "sleepstudy", large = "Reaction ~ Days + (Days | Subject)",
       small = "Reaction ~ 1 + (Days | Subject)", REML = TRUE, nsim = 50),
  list(data = "beets", large = "sugpct ~ block + sow + harvest + (1 | block:harvest)",
       small = "sugpct ~ block + sow + (1 | block:harvest)", REML = FALSE, nsim = 1000)
)
tests <- lapply(pairs, function(p) {
  d <- get(p$data)
  fit <- function(f) suppressMessages(suppressWarnings(eval(bquote(lmer(.(as.formula(f)), data = d, REML = .(p$REML))))))
  test <- suppressMessages(suppressWarnings(PBmodcomp(fit(p$large), fit(p$small), nsim = p$nsim, seed = 1, cl = 1)))
  test$ctime <- 1.5
  s <- summary(test)
  s$ctime <- 1.5
  c(p, list(ref = as.numeric(test$ref), LRT = unname(test$LRTstat), page = page(test), summary = page(s),
            samples = unname(test$samples), table = as.list(s$test), ci = s$ci, se = unname(s$se)))
})
writeLines(toJSON(list(probs = probs, names = names(many$t0), quantiles = unname(t(quantiles)), boots = boots,
  confint = ends(limits), named = rownames(named), tests = tests, beets = beets), auto_unbox = TRUE, digits = NA, na = "string"), "bootstrap.json")
