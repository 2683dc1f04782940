"""The file that Streamlit runs, in a folder of its own: beside a folder `pages` it would make pages of that.

Here belongs: one call. Not here: anything else.
"""
