//go:build race

package plot

// The race detector makes the rasteriser some twenty times slower; what it can find does not depend on the figure.
const raceDetector = true
