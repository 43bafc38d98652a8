"""SOART metrics, attention as a score sheet, and inspection learned from good parts: the pure functions.

Data flows one way, and no module imports a later stage:
scene -> photos -> matrices -> metrics -> attention -> panels -> inspection -> evaluation -> report.
"""
