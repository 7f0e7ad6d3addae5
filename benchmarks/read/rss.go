package main

import (
	"bytes"
	"os"
	"strconv"
)

// peakRSS returns the largest resident size of this process so far in megabytes, 0 where the system has no procfs.
func peakRSS() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseFloat(string(fields[0]), 64)
	return kib * 1024 / 1e6
}
