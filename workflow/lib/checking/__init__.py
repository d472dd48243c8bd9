"""Checks that could have failed: gate, scores, held-out missions, predictive checks, controls, calibration.

Every module takes labelled arrays and data frames and returns data frames, data sets or plain dictionaries;
files are touched only by `files.py`. What is refitted is refitted by a function that the caller hands in, so
nothing here knows how a model is sampled.
"""
