"""Listening as a stream: Kafka to the lake and, for trying it out, synthetic listeners to Kafka.

Here belongs: talking to Kafka, when a batch is full, where a consumer goes on. Not here: what a message is
(`sources.messages`), what a batch is in the lake and which files count (`lake.batches`), the graph.

Nothing outside this package imports the Kafka client, which is installed with `spotify-assets[stream]`.
"""
