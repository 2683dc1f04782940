"""A synthetic catalogue and synthetic listeners whose behaviour is planted and written down.

Here belongs: making raw rows in the lake's own shape, and files with planted dirt as services hand them out;
the truth they were made from; and the comparison with it and with published figures. Not here: cleaning,
storage or scheduling; what is made here enters the warehouse by the same road as a person's own files.
"""
