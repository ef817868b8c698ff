"""What a run survives: killed and stopped worker ranks, a killed server, by real processes."""
