"""Setting a bucket up, and who may do what there."""
