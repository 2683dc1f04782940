"""The lake in a real object store: who may do what, and nothing lost and nothing doubled whatever breaks."""
