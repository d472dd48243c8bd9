"""Fused likelihoods and the Gaussian path sampler: numba kernels, and the PyTensor operators that wrap them."""
