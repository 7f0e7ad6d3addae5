package original

// FromCheckpoint is open to tests, which change a checkpoint between reading and recognising it.
var FromCheckpoint = fromCheckpoint
