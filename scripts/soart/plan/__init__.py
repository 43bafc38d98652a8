"""Plan: what a run will make, of what, by which rule and where; what is wrong with configuration, scene or photos."""
