"""SOART metrics, attention as a score sheet, and inspection learned from good parts: the pure functions.

Data flows one way, and no room imports a later one: scene, photos, attention, inspection, evaluation, report. Beside
them: plan, what a run will make and where; storage, how it is written and read.
"""
