# Do states join coalitions for the number of their ties with the state that builds the coalition, or for the quality of
# the relationship? From the tables in data/ to a paper and a report.
#
#   snakemake --cores 4            everything
#   snakemake --cores 4 fits       as far as a target named at the end of this file


include: "workflow/rules/common.smk"


pathvars:
    results=settings.results,
    logs=logs_folder(),


rule all:
    default_target: True
    input:
        "<results>/config.yaml",
        "<results>/data/models_checked.json",
        "<results>/diagnostics.json",
        expand("<results>/paper/paper.{format}", format=settings.paper.formats),
        "<results>/report/index.html",


include: "workflow/rules/data.smk"
include: "workflow/rules/fits.smk"
include: "workflow/rules/checks.smk"
include: "workflow/rules/presentation.smk"
include: "workflow/rules/multiverse.smk"


# ---- Named targets -----------------------------------------------------------------------------------------------------


rule data:
    input:
        "<results>/data/analysis.nc",


rule fits:
    input:
        "<results>/data/models_checked.json",
        "<results>/diagnostics.json",
        expand("<results>/{model}/gate.json", model=MODELS),


rule checks:
    input:
        "<results>/verdicts.json",
        [f"<results>/checks/{name}.csv" for name in CHECKS],


rule multiverse:
    input:
        "<results>/multiverse.csv",


rule paper:
    input:
        expand("<results>/paper/paper.{format}", format=settings.paper.formats),


rule report:
    input:
        "<results>/report/index.html",


complete_rules()


onstart:
    begin_run()


onsuccess:
    mark_results()


onerror:
    mark_results()
    say_what_stopped()
