"""Write the resolved configuration beside the results that it led to.

From the validated settings to `results/config.yaml`, every default filled in.
"""

from workflow.lib.job import Log, run_job, write_text


def write_config(settings: dict, config: str, log: Log) -> None:
    """Write the settings as YAML."""
    import yaml

    write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), config)
    log(f"wrote {config}")


if __name__ == "__main__":
    run_job(snakemake, write_config)
