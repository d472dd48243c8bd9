"""The library behind the scripts, one folder a stage."""
