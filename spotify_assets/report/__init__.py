"""The recap: one listener's figures and pictures as files that need no program and no network.

Here belongs: how the page, its data files and its picture are written. Not here: the numbers (`figures`), the
charts (`charts`), and who asks for a recap and when (`cli`, `assets`).
"""
