package data

import (
	"math"
	"time"
)

// timeLayouts are tried in turn for times that are not numbers. Without an offset the time is UTC.
var timeLayouts = [...]string{"2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02"}

// parseTime reads RFC 3339, "2006-01-02 15:04:05" (fractions of a second allowed in both) or a Unix time.
//
// A number below 1e11 in size counts seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds
// and beyond that nanoseconds; seconds and milliseconds may have a fraction, which is kept to the nanosecond.
func parseTime(cell []byte) (int64, error) {
	if ns, ok := unixTime(cell); ok {
		return ns, nil
	}
	s := string(cell)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 1678 || t.Year() > 2261 { // what nanoseconds in an int64 can hold
				return 0, ErrTime
			}
			return t.UnixNano(), nil
		}
	}
	return 0, ErrTime
}

// unixTime reads a decimal Unix time without going through a float, whose 53 bits lose the last 100 nanoseconds.
func unixTime(cell []byte) (int64, bool) {
	negative := len(cell) > 0 && cell[0] == '-'
	if negative {
		cell = cell[1:]
	}
	var whole, fraction, scale int64 = 0, 0, 1
	i := 0
	for ; i < len(cell) && cell[i]-'0' <= 9; i++ {
		if whole > math.MaxInt64/10-1 {
			return 0, false
		}
		whole = whole*10 + int64(cell[i]-'0')
	}
	if i == 0 {
		return 0, false
	}
	if i < len(cell) && cell[i] == '.' {
		for i++; i < len(cell) && cell[i]-'0' <= 9; i++ {
			if scale < 1e9 { // digits beyond the nanosecond are cut off
				fraction, scale = fraction*10+int64(cell[i]-'0'), scale*10
			}
		}
	}
	if i != len(cell) {
		return 0, false
	}
	unit := unixUnit(whole)
	if whole > math.MaxInt64/unit-1 {
		return 0, false
	}
	ns := whole*unit + fraction*unit/scale
	if unit == 1e9 {
		ns = whole*unit + fraction*(unit/scale)
	}
	if negative {
		ns = -ns
	}
	return ns, true
}

// unixUnit returns the nanoseconds that one unit of a Unix time of that size is taken to be.
func unixUnit(whole int64) int64 {
	switch {
	case whole < 0:
		return unixUnit(-(whole + 1))
	case whole < 1e11:
		return 1e9
	case whole < 1e14:
		return 1e6
	case whole < 1e17:
		return 1e3
	}
	return 1
}

// scaleTime returns n units in nanoseconds, or ErrTime when they do not fit.
func scaleTime(n, unit int64) (int64, error) {
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, ErrTime
	}
	return n * unit, nil
}
