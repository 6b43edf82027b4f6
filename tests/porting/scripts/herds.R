# Contagious pleuropneumonia in herds of cattle
library(lme4)
library(emmeans)
options(digits = 5)

cbpp$rate <- cbpp$incidence / cbpp$size
aggregate(rate ~ period, data = cbpp, FUN = mean)
with(cbpp, tapply(incidence, period, sum))

gm <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd),
            data = cbpp, family = binomial, nAGQ = 9)
gm1 <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)
gm0 <- update(gm1, . ~ . - period)
anova(gm0, gm1)
-2 * logLik(gm1)
exp(fixef(gm1))
means <- emmeans(gm1, ~ period, type = "response")
means
pairs(emmeans(gm1, "period"), adjust = "holm")
contrast(means, "trt.vs.ctrl", ref = 2)
confint(contrast(emmeans(gm1, ~ period), list(late = c(1, 0, -0.5, -0.5))))
worst <- sapply(1:3, function(i) i^2)
p <- glm(incidence ~ period + offset(log(size)), family = poisson, data = cbpp) |> summary()
coef(p)[, "Estimate"]
nb <- glmer.nb(incidence ~ period + (1 | herd), data = cbpp)
fixef(nb)
