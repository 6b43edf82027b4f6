"""Data frames: reading, columns, factors, subsets, tables; and what is shown of them."""

from __future__ import annotations

from .framing import aggregated, factored, framed, gridded, head, selected, table_of, tapplied, transformed, within_frame
from .rows import Row

FRAME_ROWS = (
    Row("read.csv", "file header=True sep -dec -stringsAsFactors -row.names -na.strings -check.names", "pd.read_csv({file})",
        "frame"),
    Row("read.table read.delim", "file -header sep -dec -stringsAsFactors", 'pd.read_csv({file}, sep=r"\\s+")', "frame"),
    Row("data.frame", "...", by=framed),
    Row("expand.grid", "...", by=gridded),
    Row("as.data.frame", "x -row.names -optional -order -add_levels",
        {"varcorr byfactor boot grid means": "{x}.as_frame()", "frame table": "{x}.copy()", "vector": "pd.DataFrame({x})"}, "frame"),
    Row("subset", "x subset select", by=selected),
    Row("transform", "_data ...", by=transformed),
    Row("with", "data expr", by=within_frame),
    Row("aggregate", "x data FUN -na.action", by=aggregated),
    Row("table xtabs", "...", by=table_of),
    Row("tapply", "X INDEX FUN", by=tapplied),
    Row("factor ordered as.factor", "x levels labels ordered", by=factored),
    Row("relevel", "x ref", {"series": "{x}.cat.reorder_categories([{ref}, *{x}.cat.categories.drop({ref})])",
        "factor": "{x}.reorder_categories([{ref}, *{x}.categories.drop({ref})])"}, "same"),
    Row("droplevels", "x", {"series": "{x}.cat.remove_unused_categories()", "factor": "{x}.remove_unused_categories()",
        "frame": "{x}.apply(lambda c: c.cat.remove_unused_categories() if c.dtype == \"category\" else c)"}, "same"),
    Row("levels", "x", {"series": "list({x}.cat.categories)", "factor": "list({x}.categories)"}, "texts"),
    Row("nlevels", "x", {"series": "len({x}.cat.categories)", "factor": "len({x}.categories)"}, "number"),
    Row("as.character", "x", {"series": "{x}.astype(str)", "*": "str({x})"}, "same"),
    Row("nrow NROW", "x", {"frame table": "len({x})", "vector": "len({x})"}, "number"),
    Row("ncol", "x", {"frame table": "len({x}.columns)", "vector": "{x}.shape[1]"}, "number"),
    Row("dim", "x", "np.array({x}.shape)", "vector"),
    Row("names", "x", {"frame table": "list({x}.columns)", "series named_vector": "list({x}.index)",
        "dict byfactor": "list({x})"}, "texts"),
    Row("colnames", "x", {"frame table": "list({x}.columns)"}, "texts"),
    Row("rownames row.names", "x", {"frame table": "list({x}.index)"}, "texts"),
    Row("head", "x n=6", by=head),
    Row("tail", "x n=6", {"frame table series named_vector": "{x}.tail({n})", "*": "{x}[-{n}:]"}, "same"),
    Row("complete.cases", "x", "{x}.notna().all(axis=1)", "mask"),
    Row("na.omit", "object", "{object}.dropna()", "same"),
    Row("merge", "x y by", "pd.merge({x}, {y}, on={by})", "frame"),
    Row("colMeans", "x", "{x}.mean()", "series", "frame table"),
    Row("summary", "object", {"frame": '{object}.describe(include="all")',
        "*": 'pd.Series({object}).describe()[["min", "25%", "50%", "mean", "75%", "max"]]'}, "series",
        "series vector number named_vector mask frame table list"),
)  # fmt: skip
