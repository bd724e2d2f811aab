"""Apache Spark: preprocessing, training and prediction on a cluster."""
