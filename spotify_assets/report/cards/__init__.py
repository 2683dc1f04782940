"""Share cards: one thing of a listener's period as a picture, drawn without a browser or the network.

Here belongs: what cards say (`faces`) and how they are drawn (`drawing`). On a card stands what its design
says, the period, and a name if the listener gives one; nothing else.
"""
