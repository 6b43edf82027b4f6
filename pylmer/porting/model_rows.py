"""Fits and what is asked of them: lme4, lmerTest, pbkrtest, arm, performance and stats."""

from __future__ import annotations

from .rows import Row

FIT_ARGUMENTS = "-verbose ~subset ~weights na.action ~offset contrasts !devFunOnly -model -x -y -qr -singular.ok"
CONTROL = (
    "-optimizer -restart_edge -boundary.tol -calc.derivs -use.last.params -sparseX -standardize.X check.nobs.vs.rankZ "
    "check.nobs.vs.nlev check.nlev.gtreq.5 check.nlev.gtr.1 check.nobs.vs.nRE check.rankX check.scaleX check.formula.LHS "
    "check.response.not.const check.conv.grad check.conv.singular check.conv.hess -optCtrl -mod.type -autoscale -tolPwrss "
    "-compDev -nAGQ0initStep"
)

MODEL_ROWS = (
    # fits
    Row("lmer", f"formula data REML control -start {FIT_ARGUMENTS}", "lmer", "fit", positional=2, env=True),
    Row("glmer", f"formula data family control -start nAGQ {FIT_ARGUMENTS}", "glmer", "fit", positional=2, env=True),
    Row("glmer.nb", f"formula data control nAGQ {FIT_ARGUMENTS} -interval -tol -verbose -nb.control -initCtrl",
        "glmer_nb", "fit", positional=2, env=True),
    Row("lm", f"formula data ~subset ~weights na.action -method {FIT_ARGUMENTS}", "lm", "fit", positional=2, env=True),
    Row("aov", f"formula data -projections {FIT_ARGUMENTS}", "lm", "fit", positional=2, env=True),  # its table: anova()
    Row("glm", f"formula family data ~weights ~subset na.action -start -etastart -mustart ~offset -control {FIT_ARGUMENTS}",
        "glm", "fit", env=True),
    Row("lmList", "formula data !family ~subset ~weights na.action ~offset pool -warn", "lmList", "fitlist",
        positional=2, env=True),
    Row("lmerControl", CONTROL, "lmerControl", "control", positional=0),
    Row("glmerControl", CONTROL, "glmerControl", "control", positional=0),
    Row("update", f"object formula data REML family control -start nAGQ !evaluate {FIT_ARGUMENTS}", "update", "fit", "fit object",
        2, env=True),
    Row("refit", "object newresp", "refit", "fit", "fit object", 2),
    Row("refitML", "x", "refitML", "fit"),
    Row("allFit", "object -meth.tab -data -verbose -show.meth.tab", "allFit", "record"),
    # reading a fit
    Row("fixef", "object add.dropped", "fixef", "named_vector", "fit object record"),
    Row("fixed.effects", "object", "fixef", "named_vector", "fit object"),
    Row("ranef", "object condVar -drop !whichel -postVar", "ranef", "byfactor", "fit object"),
    Row("random.effects", "object", "ranef", "byfactor", "fit object"),
    Row("coef coefficients", "object", "coef", "table", "summary fitlist grid"),
    Row("coef coefficients", "object", "coef", "byfactor", "fit object"),  # of lm a Series: both print and index by label
    Row("VarCorr", "x !sigma", "VarCorr", "varcorr"),
    Row("sigma", "object", "sigma", "number"),
    Row("vcov", "object full use.hessian", "vcov", "table"),
    Row("logLik", "object REML", "logLik", "number"),
    Row("AIC", "object ... k", "AIC", "number"),
    Row("BIC", "object ...", "BIC", "number"),
    Row("REMLcrit", "object", "REMLcrit", "number"),
    Row("deviance", "object REML", "deviance", "number"),
    Row("nobs", "object", "nobs", "number"),
    Row("ngrps", "object", "ngrps", "named_vector"),
    Row("df.residual", "object", "df_residual", "number"),
    Row("fitted fitted.values", "object", "fitted", "series"),
    Row("resid residuals", "object type scaled", "resid", "series"),
    Row("weights", "object type", "weights", "series"),
    Row("family", "object", "family", "record"),
    Row("formula", "x fixed.only random.only", "formula", "formula", "fit object"),
    Row("terms", "x", "terms", "record", "fit object"),
    Row("model.frame", "formula", "model_frame", "frame", "fit object"),
    Row("model.matrix", "object type", "model_matrix", "table", "fit object"),
    Row("getME", "object name", "getME", "object", "fit object", 2),
    Row("isSingular", "x tol", "isSingular", "flag"),
    Row("rePCA", "x", "rePCA", "record"),
    Row("summary", "object ddf correlation corr", "summary", "summary", "fit", degrees=True),
    Row("display", "object digits detail", "display", "record", "fit object"),
    Row("se.fixef", "object", "se_fixef", "named_vector"),
    Row("se.ranef", "object", "se_ranef", "byfactor"),
    Row("se.coef", "object", "se_coef", "record"),
    Row("sigma.hat", "object", "sigma_hat", "record"),
    # prediction and simulation
    Row("predict", "object newdata newparams re.form random.only !terms type ReForm>re_form REForm>re_form REform>re_form allow.new.levels na.action se.fit interval "
        "level -simplify", "predict", "series", "fit object", 2),
    Row("simulate", "object nsim seed use.u re.form newdata newparams family !cluster.rand allow.new.levels na.action "
        "cond.sim weights offset", "simulate", "frame", "fit formula object", 2, random=True),
    Row("bootMer", "x FUN nsim seed use.u re.form type -verbose -.progress -PBargs -parallel -ncpus -cl", "bootMer", "boot",
        "fit object", 2, random=True),
    Row("sim", "object n.sims", "sim", "record", "fit object", random=True),
    # tests and intervals
    Row("confint", "object parm level method zeta nsim boot.type !FUN -quiet oldNames signames -maxpts -verbose -parallel "
        "-.progress -PBargs -devtol -optimizer", "confint", "table", "fit profile object"),
    Row("confint", "object parm level type", "confint", "table", "boot"),
    Row("profile", "fitted which alphamax>alpha_max -maxpts -delta -delta.cutoff -verbose -devtol -devmatchtol "
        "-maxmult -startmethod -optimizer -control signames prof.scale -parallel", "profile", "profile", "fit object"),
    Row("varianceProf", "x", "varianceProf", "profile"),
    Row("logProf", "x !ranef", "logProf", "profile"),
    Row("anova", "object ... type ddf refit model.names test", "anova", "table", "fit object", degrees=True),
    Row("Anova", "mod type test.statistic>test test", "Anova", "table"),
    Row("drop1", "object scope ddf test -trace !k -force_get_contrasts", "drop1", "table", "fit object", degrees=True),
    Row("ranova rand", "model reduce.terms", "ranova", "table"),
    Row("step", "object ddf alpha.random alpha.fixed reduce.fixed reduce.random -keep -trace", "step", "step", "fit object"),
    Row("get_model", "x", "get_model", "fit"),
    Row("ls_means lsmeansLT", "model which level ddf pairwise", "ls_means", "table"),
    Row("difflsmeans", "model which level ddf", "difflsmeans", "table"),
    Row("contest", "model L rhs joint -collect confint level ddf -check_estimability", "contest", "table", "fit object", 2),
    Row("contest1D", "model L rhs ddf confint level", "contest1D", "table", "fit object", 2),
    Row("contestMD", "model L rhs ddf", "contestMD", "table", "fit object", 2),
    Row("KRmodcomp", "largeModel smallModel", "KRmodcomp", "comparison", positional=2),
    Row("SATmodcomp", "largeModel smallModel", "SATmodcomp", "comparison", positional=2),
    Row("PBmodcomp", "largeModel smallModel nsim seed", "PBmodcomp", "comparison", positional=2, random=True),
    Row("vcovAdj", "object", "vcovAdj", "table"),
    # diagnostics
    Row("hatvalues", "model", "hatvalues", "series"),
    Row("rstandard", "model", "rstandard", "series"),
    Row("rstudent", "model", "rstudent", "series"),
    Row("cooks.distance", "model", "cooks_distance", "series"),
    Row("dfbeta", "model", "dfbeta", "table"),
    Row("dfbetas", "model", "dfbetas", "table"),
    Row("influence", "model groups -data -maxfun -do.coef", "influence", "record", "fit object", 2),
    Row("icc", "model by_group", "icc", "icc"),
    Row("r2", "model", "r2", "r2"),
    Row("check_collinearity", "x !component -verbose", "check_collinearity", "frame", "fit object"),
    Row("compare_performance", "... !metrics !rank estimator -verbose", "compare_performance", "frame"),
    Row("tidy", "x effects conf.int conf.level conf.method scales", "tidy", "frame", "fit object"),
    Row("glance", "x", "glance", "frame", "fit object"),
    Row("augment", "x data newdata se_fit interval", "augment", "frame", "fit object"),
    Row("isNested", "f1 f2", "isNested", "flag", positional=2),
    *(Row(name, "x", name, "flag") for name in ("isREML", "isLMM", "isGLMM", "isNLMM")),
)  # fmt: skip
