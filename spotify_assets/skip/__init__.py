"""Skip analytics: the feature registry, the skip model, what it says in words and how it looks.

Here belongs: estimators, their evaluation and their presentation, on Polars frames. Not here: how features
are computed (`transforms.features`), stored (`warehouse`) or scheduled (`automation`). Nothing here imports
Dagster. statsmodels, scikit-learn and Altair are imported by the functions that use them, because loading
code locations must stay fast.
"""
