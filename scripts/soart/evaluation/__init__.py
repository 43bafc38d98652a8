"""Evaluation: how good the inspection is, beside classical detectors."""
