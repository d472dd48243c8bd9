# What readers see: figures, the paper and the report. These rules read what others wrote and compute nothing.


rule draw_figures:
    input:
        unpack(files_of_a_run),
        captions="workflow/report/captions/figures.rst",
    output:
        figures=report(
            directory("<results>/figures"),
            patterns=["{figure}.svg"],
            caption="../report/captions/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        drawn="<results>/figures.json",
    log:
        "<logs>/draw_figures.log",
    params:
        settings=settings_of_this_run(),
    message:
        "Drawing the figures."
    script:
        "../scripts/draw_figures.py"


rule write_manuscript:
    input:
        unpack(files_of_a_run),
        drawn="<results>/figures.json",
        sources=files_in("workflow/paper") + files_in("workflow/report/captions"),
    output:
        manuscript="<results>/paper/paper.md",
        numbers="<results>/numbers.json",
    log:
        "<logs>/write_manuscript.log",
    params:
        settings=settings_of_this_run(),
    message:
        "Putting the numbers into the manuscript."
    script:
        "../scripts/write_manuscript.py"


rule build_paper:
    input:
        manuscript="<results>/paper/paper.md",
        figures="<results>/figures",
        sources=files_in("workflow/paper"),
    output:
        expand("<results>/paper/paper.{format}", format=settings.paper.formats),
    log:
        "<logs>/build_paper.log",
    params:
        formats=settings.paper.formats,
    message:
        "Writing the paper."
    script:
        "../scripts/build_paper.py"


rule build_report:
    input:
        unpack(files_of_a_run),
        figures="<results>/figures",
        drawn="<results>/figures.json",
        sources=files_in("workflow/report"),
    output:
        report="<results>/report/index.html",
    log:
        "<logs>/build_report.log",
    params:
        settings=settings_of_this_run(),
    message:
        "Writing the report."
    script:
        "../scripts/build_report.py"
