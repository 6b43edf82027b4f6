# The numbers behind sjPlot 2.8.12's plot_model and plot_models. Rscript models.R writes models.json
suppressMessages({library(lme4); library(sjPlot); library(jsonlite)})
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE)
sleep <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = tight)
cake_fit <- lmer(angle ~ recipe + temp + (1 | recipe:replicate), cake, control = tight)
herds <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial,
               control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), tolPwrss = 1e-12))
plain <- glm(cbind(incidence, size - incidence) ~ period, binomial, cbpp)
line <- lm(Reaction ~ Days, sleepstudy)
cols <- function(x, names) { x <- as.data.frame(x); lapply(x[names], function(v) if (is.factor(v)) as.character(v) else v) }
est <- function(m, type = "est") cols(get_model_data(m, type = type),
                                      c("term", "estimate", "std.error", "conf.low", "conf.high"))
re <- function(m) cols(get_model_data(m, type = "re"), c("term", "estimate", "conf.low", "conf.high"))
both <- cols(suppressMessages(plot_models(herds, plain)$data), c("term", "estimate", "conf.low", "conf.high", "group"))
pred <- suppressMessages(plot_model(cake_fit, type = "pred"))
order <- as.character(rev(levels(plot_model(cake_fit)$data$term)))
write(toJSON(list(
  sleep = est(sleep), sleep_std = est(sleep, "std"), cake = est(cake_fit), cake_std = est(cake_fit, "std"),
  herds = est(herds), plain = est(plain), line = est(line), both = both, cake_order = order,
  pred_recipe = cols(pred$recipe$data, c("predicted")), pred_temp = cols(pred$temp$data, c("x", "predicted")),
  herds_re = re(herds)
), digits = 12, auto_unbox = TRUE), "models.json")
