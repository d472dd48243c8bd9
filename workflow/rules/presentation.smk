# What readers see: figures, tables, numbers, the paper and the report.


rule draw_figures:
    input:
        unpack(files_of_a_run),
        code=code_of("draw_figures"),
    output:
        figures=report(
            directory("<results>/figures"),
            patterns=["{figure}.svg"],
            caption="../report/captions/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "<logs>/draw_figures.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        settings=settings_of_this_run(),
    message:
        "Drawing the figures."
    script:
        "../scripts/draw_figures.py"


rule write_tables:
    input:
        unpack(files_of_a_run),
        code=code_of("write_tables"),
    output:
        tables=directory("<results>/tables"),
    log:
        "<logs>/write_tables.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        settings=settings_of_this_run(),
    message:
        "Writing the tables."
    script:
        "../scripts/write_tables.py"


rule collect_numbers:
    input:
        unpack(files_of_a_run),
        code=code_of("collect_numbers"),
    output:
        numbers="<results>/numbers.json",
    log:
        "<logs>/collect_numbers.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        settings=settings_of_this_run(),
    message:
        "Collecting every number that is printed."
    script:
        "../scripts/collect_numbers.py"


rule build_paper:
    input:
        numbers="<results>/numbers.json",
        tables="<results>/tables",
        figures="<results>/figures",
        sources=files_in("workflow/paper"),
        code=code_of("build_paper"),
    output:
        of_formats("<results>/paper/paper.{format}"),
    log:
        "<logs>/build_paper.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        settings=settings_of_this_run(),
    message:
        "Writing the paper."
    script:
        "../scripts/build_paper.py"


rule build_report:
    input:
        unpack(files_of_a_run),
        numbers="<results>/numbers.json",
        tables="<results>/tables",
        figures="<results>/figures",
        diagnostics="<results>/diagnostics.json",
        sources=files_in("workflow/report"),
        code=code_of("build_report"),
    output:
        report="<results>/report/index.html",
    log:
        "<logs>/build_report.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        settings=settings_of_this_run(),
    message:
        "Writing the report."
    script:
        "../scripts/build_report.py"
