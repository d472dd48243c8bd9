"""Checks that could have failed: gate, scores, held-out conflicts, predictive checks, controls, variants, error rates.

Modules take labelled arrays and data frames and return data frames or plain rows; files are touched only by `files.py`.
"""
