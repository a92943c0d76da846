//go:build race

package keycask

// withRaceDetector is whether the race detector's own memory comes on top of the program's.
const withRaceDetector = true
