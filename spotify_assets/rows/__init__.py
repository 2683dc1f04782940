"""What every room says of rows: the window of dates they are in, what cleaning them returns, what is refused.

Here belongs: the small words that readers, rules, lake and warehouse share. Not here: any rule about what
the rows mean (`transforms`), and how they are stored (`warehouse`).
"""
