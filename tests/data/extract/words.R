# Golden answers for tests/extract: lme4 1.1-31 and arm 1.13 at pylmer's exact optimum.
# Run: Rscript words.R DATA_DIR > words.json
suppressMessages({library(lme4); library(arm); library(jsonlite); library(numDeriv)})
options(warn = -1)
dir <- commandArgs(TRUE)[1]
load_data <- function(name) {
  meta <- fromJSON(file.path(dir, paste0(name, ".json")))
  d <- read.csv(file.path(dir, paste0(name, ".csv")), check.names = FALSE)
  for (f in names(meta$factors)) d[[f]] <- factor(as.character(d[[f]]), levels = meta$factors[[f]]$levels, ordered = meta$columns[[f]] == "ordered")
  d
}
polished <- function(...) {
  call <- as.call(c(quote(lmer), as.list(substitute(list(...)))[-1]))
  m <- suppressMessages(eval(call, globalenv())); call[[1]] <- quote(lFormula); parts <- suppressMessages(eval(call, globalenv())); dev <- do.call(mkLmerDevfun, parts)
  theta <- getME(m, "theta")
  for (i in 1:6) theta <- theta - solve(hessian(dev, theta), grad(dev, theta))
  dev(theta)
  mkMerMod(environment(dev), list(par = theta, fval = dev(theta), conv = 0, message = NULL, feval = 1), parts$reTrms, parts$fr, mc = m@call)
}
I <- function(x) if (is.null(x)) NULL else base::I(x)
named <- function(x) list(names = I(names(x)), values = I(unname(x)))
flat <- function(x) { x <- as.matrix(x); list(rows = I(rownames(x)), cols = I(colnames(x)), x = unname(x)) }
me <- function(m) {
  g <- function(n) getME(m, n)
  list(Gp = I(g("Gp")), Tp = I(unname(g("Tp"))), Lind = I(g("Lind")), Tlist = lapply(unname(g("Tlist")), flat), ST = lapply(unname(g("ST")), flat), REML = g("REML"), n_rtrms = g("n_rtrms"), n_rfacs = g("n_rfacs"),
    n = g("n"), p = g("p"), q = g("q"), p_i = named(g("p_i")), k = g("k"), m_i = named(g("m_i")), m = g("m"), cnms = lapply(unname(g("cnms")), I), lower = named(g("lower")), theta = named(g("theta")), cmp = named(g("devcomp")$cmp), dims = named(g("devcomp")$dims),
    RX = flat(g("RX")), RZX = unname(as.matrix(crossprod(g("RZX")))), b = I(as.vector(g("b"))), u = I(as.vector(g("u"))), A = I(c(dim(g("A")), sum(g("A")), sum(g("A")^2))), Zt = I(c(dim(g("Zt")), sum(g("Zt")), sum((1:nrow(g("Zt"))) * g("Zt")))),
    Lambda = I(c(dim(g("Lambda")), sum(g("Lambda")))), Ztlist = named(sapply(g("Ztlist"), sum)), mmList = lapply(g("mmList"), function(x) list(cols = I(colnames(x)), sum = sum(x))), mu = sum(g("mu")), offset = sum(g("offset")), flist = lapply(g("flist"), function(f) I(as.character(head(f, 3)))))
}
rows <- function(m) list(fitted = I(unname(head(fitted(m), 5))), response = I(unname(head(resid(m), 5))), pearson = I(unname(head(resid(m, "pearson"), 5))), scaled = I(unname(head(resid(m, "pearson", scaled = TRUE), 5))), raw_scaled = I(unname(head(resid(m, scaled = TRUE), 5))), deviance = I(unname(head(resid(m, "deviance"), 5))), working = I(unname(head(resid(m, "working"), 5))), weights = I(unname(head(weights(m), 5))))
likelihood <- function(m) list(logLik = c(logLik(m)), df = attr(logLik(m), "df"), ml = c(logLik(m, REML = FALSE)), AIC = AIC(m), BIC = BIC(m), ml_deviance = deviance(m, REML = FALSE), crit = REMLcrit(m), nobs = nobs(m), df_residual = df.residual(m), ngrps = named(ngrps(m)))
sigma_hat <- function(m) { s <- sigma.hat(m); list(sigma = lapply(s$sigma, named), cors = lapply(s$cors, function(x) if (is.matrix(x)) flat(x) else NA)) }
ss <- load_data("sleepstudy"); pen <- load_data("Penicillin"); mach <- load_data("Machines")
# the factors of both groupings, with two terms on one of them
set.seed(1)
two <- polished(Reaction ~ Days + (Days | Subject), ss, weights = Days + 1)
three <- polished(score ~ Machine + (1 | Worker) + (0 + dummy(Machine, "B") | Worker) + (1 | Worker:Machine), mach)
pens <- polished(diameter ~ 1 + (1 | plate) + (1 | sample), pen, REML = FALSE)
slope <- polished(Reaction ~ 1 + (0 + Days | Subject), ss)
out <- lapply(list(two = two, three = three, pens = pens, slope = slope), function(m) {
  one <- !any(duplicated(names(getME(m, "cnms"))))
  list(formula = paste(deparse(formula(m), 500), collapse = ""), REML = isREML(m), me = me(m), rows = rows(m), likelihood = likelihood(m), coef = lapply(unclass(coef(m)), flat), ranef = lapply(ranef(m), flat), vcov = flat(vcov(m)), sigma = sigma(m),
    se_ranef = if (one) lapply(se.ranef(m), flat), se_fixef = named(se.fixef(m)), se_coef_fixef = if (one) I(unname(se.coef(m)$fixef)), sigma_hat = sigma_hat(m), frame = as.data.frame(VarCorr(m)), frame_lower = as.data.frame(VarCorr(m), order = "lower.tri"),
    ranef_frame = head(as.data.frame(ranef(m)), 8), rePCA = lapply(rePCA(m), function(x) list(sdev = I(x$sdev), rotation = x$rotation)))
})
cat(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", dataframe = "columns"))
