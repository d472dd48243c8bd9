# From the tables to the analysis dataset.


rule prepare_data:
    input:
        **tables(),
    output:
        analysis="<results>/data/analysis.nc",
    log:
        "<logs>/prepare_data.log",
    params:
        data=section("data"),
    message:
        "Checking the tables and preparing the analysis dataset."
    script:
        "../scripts/prepare_data.py"


rule write_config:
    output:
        config="<results>/config.yaml",
    log:
        "<logs>/write_config.log",
    localrule: True
    params:
        settings=settings.model_dump(mode="json", exclude_none=True),
    message:
        "Writing down the configuration of this run."
    script:
        "../scripts/write_config.py"


rule rebuild_data:
    output:
        touch("<results>/data/rebuilt.txt"),
    log:
        "<logs>/rebuild_data.log",
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        sources=lambda wildcards: sources_folder(),
    message:
        "Deriving the tables in data/ from the sources' folder."
    script:
        "../scripts/rebuild_data.py"
