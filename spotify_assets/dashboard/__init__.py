"""The Streamlit dashboard on the published copy.

Here belongs: the frame of the app, the filters and their place in the URL, what every chart is surrounded by,
and pages of a few lines that ask `figures` and draw with `charts`. Not here: SQL, numbers, and how a chart
looks. Nothing is written, and nothing but the published copy is read.
"""
