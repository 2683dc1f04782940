"""Where listeners are, as they declare it, and the weather there, as Open-Meteo's archive has it.

Here belongs: the file of declared places, the client and what is kept of its answers. Nothing is asked for
before somebody declares a place. Not here: what weather has to do with listening (`insight.weather`).
"""
