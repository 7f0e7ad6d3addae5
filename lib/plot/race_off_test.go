//go:build !race

package plot

const raceDetector = false
