//go:build !race

package keycask

const withRaceDetector = false
