# Rscript porting.R write FOLDER: the examples of the help pages as PACKAGE/TOPIC.R, and the data sets they use as data/NAME.csv
# Rscript porting.R run PACKAGE FOLDER: runs them, each in a process of its own, and writes the numbers of every call of
# the list to PACKAGE/TOPIC.numbers, where there is no such file yet
LISTED <- c("lmer", "glmer", "glmer.nb", "lm", "glm", "anova", "drop1", "summary", "fixef", "ranef", "coef", "VarCorr",
            "confint", "profile", "bootMer", "predict", "simulate", "update", "refit", "emmeans", "contrast", "pairs",
            "emtrends", "ls_means", "ranova", "step")
PACKAGES <- c("lme4", "lmerTest", "emmeans")
args <- commandArgs(TRUE)

quoted <- function(x) encodeString(as.character(x), quote = '"')
as_object <- function(names, values) paste0("{", paste0(quoted(names), ": ", values, collapse = ", "), "}")
kind_of <- function(x) {
    if (is.ordered(x)) "ordered" else if (is.factor(x) || is.character(x)) "factor" else if (is.logical(x)) "logical"
    else if (is.integer(x)) "integer" else "numeric"
}

write_data <- function(name, d, folder) {
    if (!is.data.frame(d) || any(vapply(d, function(x) is.matrix(x) || is.list(x), NA))) return(invisible())
    d <- as.data.frame(lapply(as.list(d), as_plain), optional = TRUE, stringsAsFactors = TRUE)
    kinds <- vapply(d, kind_of, "")
    named <- names(d)[kinds %in% c("factor", "ordered")]
    levels_of <- vapply(d[named], function(x) paste0('{"levels": [', paste(quoted(levels(x)), collapse = ", "), "]}"), "")
    about <- c(name = quoted(name), file = quoted(paste0(name, ".csv")), columns = as_object(names(d), quoted(kinds)),
               factors = if (length(named)) as_object(named, levels_of) else "{}")
    write.csv(format_numbers(d), file.path(folder, paste0(name, ".csv")), row.names = FALSE)
    writeLines(as_object(names(about), about), file.path(folder, paste0(name, ".json")))
}
as_plain <- function(x) { if (!is.factor(x)) x <- as.vector(x) else x <- factor(x, levels(x), ordered = is.ordered(x)); x }
format_numbers <- function(d) { for (n in names(d)) if (is.double(d[[n]])) d[[n]] <- ifelse(is.na(d[[n]]), NA, sprintf("%.17g", d[[n]])); d }

write_all <- function(folder) {
    for (package in PACKAGES) {
        dir.create(file.path(folder, package), recursive = TRUE, showWarnings = FALSE)
        pages <- tools::Rd_db(package)
        for (page in names(pages)) tools::Rd2ex(pages[[page]], file.path(folder, package, sub("[.]Rd$", ".R", page)))
    }
    dir.create(file.path(folder, "data"), showWarnings = FALSE)
    for (package in c(PACKAGES, "nlme", "datasets")) {
        for (name in unique(sub(" .*", "", data(package = package)$results[, "Item"]))) {
            set <- try(getExportedValue(package, name), silent = TRUE)
            if (!inherits(set, "try-error")) try(write_data(name, set, file.path(folder, "data")))
        }
    }
}

# --- one topic -------------------------------------------------------------------------------------------------------

counter <- 0L
found <- list()
kept <- function(x) { x <- suppressWarnings(as.numeric(unlist(x))); x[!is.na(x)] }
table_numbers <- function(d) { d <- as.data.frame(d)[vapply(as.data.frame(d), is.numeric, NA)]; kept(t(as.matrix(d))) }
means_numbers <- function(d, by) table_numbers(as.data.frame(d)[setdiff(names(as.data.frame(d)), by)])
grid_numbers <- function(x) means_numbers(summary(x), names(x@levels))
numbers <- function(x) {
    if (is(x, "nlmerMod")) return(NULL)
    if (is(x, "merMod")) return(kept(c(lme4::fixef(x), as.data.frame(lme4::VarCorr(x))$sdcor, logLik(x))))
    if (inherits(x, "mlm")) return(kept(coef(x)))
    if (inherits(x, "lm")) return(kept(c(coef(x), logLik(x))))
    if (inherits(x, c("summary.merMod", "summary.lm", "summary.glm"))) return(kept(t(coef(x))))
    if (is(x, "emmGrid")) return(grid_numbers(x))
    if (inherits(x, "emm_list")) return(kept(lapply(x, grid_numbers)))
    if (inherits(x, "summary_emm")) return(means_numbers(x, c(attr(x, "pri.vars"), attr(x, "by.vars"))))
    if (inherits(x, "VarCorr.merMod")) return(kept(as.data.frame(x)$sdcor))
    if (inherits(x, c("ranef.mer", "coef.mer"))) return(kept(lapply(unclass(x), function(d) t(as.matrix(d)))))
    if (inherits(x, "thpr")) return(kept(t(confint(x))))
    if (inherits(x, "boot")) return(kept(c(x$t0, dim(x$t))))
    if (inherits(x, "step_list")) return(kept(c(table_numbers(x$random), table_numbers(x$fixed))))
    if (inherits(x, "summaryDefault")) return(kept(unclass(x)))
    if (inherits(x, "table")) return(NULL)
    if (is.data.frame(x)) return(table_numbers(x))
    if (is.matrix(x)) return(kept(t(x)))
    if (is.numeric(x)) return(kept(x))
    if (is.list(x)) return(kept(lapply(x, numbers)))
    NULL
}
.recorded <- function(place, call) {
    value <- call
    made <- try(numbers(value), silent = TRUE)
    found[[as.character(place)]] <<- if (inherits(made, "try-error")) NULL else made
    value
}
called <- function(e) {
    head <- e[[1]]
    if (is.symbol(head)) as.character(head)
    else if (is.call(head) && as.character(head[[1]])[1] %in% c("::", ":::")) as.character(head[[3]])
    else ""
}
listed <- character()
empty <- function(e) identical(e, quote(expr = ))
rewritten <- function(e, wrap = TRUE) {
    if (!is.call(e)) return(e)
    name <- called(e)
    place <- 0L
    if (name %in% LISTED) { counter <<- counter + 1L; place <- counter; listed <<- c(listed, name) }
    inside <- wrap && !(name %in% c("function", "~", "quote", "expression", "%>%"))
    for (i in seq_along(e)) {
        if (empty(e[[i]])) next
        if (is.pairlist(e[[i]])) for (k in seq_along(e[[i]])) { if (!empty(e[[i]][[k]])) rewritten(e[[i]][[k]], FALSE) }
        else if (is.call(e[[i]])) e[[i]] <- rewritten(e[[i]], inside)
    }
    if (place && wrap) call(".recorded", place, e) else e
}
run <- function(file, out) {
    pdf(NULL)
    assign("interactive", function() TRUE, globalenv())
    assign(".recorded", .recorded, globalenv())
    statements <- lapply(as.list(parse(file)), rewritten)
    sink(nullfile())
    for (e in statements) suppressWarnings(suppressMessages(try(eval(e, globalenv()), silent = TRUE)))
    sink()
    lines <- vapply(names(found), function(n) paste0(n, " ", paste(sprintf("%.10g", found[[n]]), collapse = " ")), "")
    writeLines(c(paste(listed, collapse = " "), lines), out)
}
run_all <- function(package, folder) {
    suppressPackageStartupMessages(library(package, character.only = TRUE))
    for (file in list.files(file.path(folder, package), "[.]R$", full.names = TRUE)) {
        out <- sub("[.]R$", ".numbers", file)
        words <- getParseData(parse(file, keep.source = TRUE))
        if (file.exists(out) || !any(words$text[words$token == "SYMBOL_FUNCTION_CALL"] %in% LISTED)) next
        process <- parallel::mcparallel(run(file, out))
        parallel::mccollect(process)
    }
}

if (args[1] == "write") write_all(args[2]) else run_all(args[2], args[3])
