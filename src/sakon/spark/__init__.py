"""Past one machine: learning, preparing and scoring on Apache Spark."""
