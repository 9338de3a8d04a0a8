"""What the benchmarks are made of: the machine, the servers, the load, the tables."""
