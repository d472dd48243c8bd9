"""Workflow of coalition-ties: rules, scripts and the library behind them."""
