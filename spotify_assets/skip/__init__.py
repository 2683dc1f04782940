"""Skip analytics: the feature registry, the skip models and what they say in words.

Here belongs: estimators, their evaluation and their figures as rows, on Polars frames. Not here: how features
are computed (`transforms.features`), stored (`warehouse`), drawn (`charts`) or scheduled (`automation`).
Nothing here imports Dagster. LightGBM and scikit-learn are imported by the functions that use them, because
loading code locations must stay fast.
"""
