//go:build !noparquet

package data

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetColumn knows what the values of one column mean.
type parquetColumn struct {
	name     string
	index    int // among the leaves
	kind     parquet.Kind
	refused  string  // why the column cannot be read, "" if it can
	optional bool    // rows may have no value
	texts    bool    // values are byte strings
	unsigned bool    // integers are
	decimal  float64 // 10^-scale of a decimal, else 0
	unit     int64   // nanoseconds per unit of a timestamp or date, else 0
}

func newParquetColumn(c *parquet.Column) parquetColumn {
	p := parquetColumn{name: c.Name()}
	switch {
	case !c.Leaf():
		p.refused = "nested"
		return p
	case c.Repeated():
		p.refused = "repeated"
		return p
	}
	p.index, p.kind, p.optional = c.Index(), c.Type().Kind(), c.Optional()
	p.texts = p.kind == parquet.ByteArray || p.kind == parquet.FixedLenByteArray
	if lt := c.Type().LogicalType(); lt != nil {
		switch v := lt.Value.(type) {
		case *format.IntType:
			p.unsigned = !v.IsSigned
		case *format.DateType:
			p.unit = int64(24 * time.Hour)
		case *format.TimestampType:
			p.unit = unitOf(v.Unit)
		case *format.DecimalType:
			p.decimal = math.Pow10(-int(v.Scale))
			if p.texts {
				p.refused = "decimal of " + p.kind.String()
			}
		case *format.Float16Type:
			p.refused = "16-bit float"
		}
	}
	return p
}

// unitOf returns the nanoseconds in a unit of a timestamp.
func unitOf(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return int64(time.Millisecond)
	case *format.MicroSeconds:
		return int64(time.Microsecond)
	}
	return 1
}

// number converts a value to float32 as reading its decimal text would.
func (p *parquetColumn) number(l *layout, v parquet.Value) (float32, error) {
	if v.IsNull() {
		return missingFloat, nil
	}
	if p.decimal != 0 {
		return narrow(float64(p.integer(v)) * p.decimal)
	}
	switch p.kind {
	case parquet.Boolean:
		if v.Boolean() {
			return 1, nil
		}
		return 0, nil
	case parquet.Int32, parquet.Int64:
		if p.unsigned {
			return float32(p.natural(v)), nil
		}
		return float32(p.integer(v)), nil
	case parquet.Int96:
		return float32(int96Time(v)), nil
	case parquet.Float:
		return narrow(float64(v.Float()))
	case parquet.Double:
		return narrow(v.Double())
	}
	return l.parseNumber(v.ByteArray())
}

// integer and natural read both sizes of integer.
func (p *parquetColumn) integer(v parquet.Value) int64 {
	if p.kind == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func (p *parquetColumn) natural(v parquet.Value) uint64 {
	if p.kind == parquet.Int32 {
		return uint64(v.Uint32())
	}
	return v.Uint64()
}

// text appends the value as a CSV file would show it.
func (p *parquetColumn) text(b []byte, v parquet.Value) []byte {
	switch {
	case p.decimal != 0:
		return strconv.AppendFloat(b, float64(p.integer(v))*p.decimal, 'g', -1, 64)
	case p.kind == parquet.ByteArray:
		return append(b, v.ByteArray()...)
	case p.kind == parquet.FixedLenByteArray:
		return hex.AppendEncode(b, v.ByteArray())
	case p.kind == parquet.Boolean:
		return strconv.AppendBool(b, v.Boolean())
	case p.kind == parquet.Float:
		return appendNumber(b, float64(v.Float()), 32)
	case p.kind == parquet.Double:
		return appendNumber(b, v.Double(), 64)
	case p.kind == parquet.Int96:
		return strconv.AppendInt(b, int96Time(v), 10)
	case p.unsigned:
		return strconv.AppendUint(b, p.natural(v), 10)
	}
	return strconv.AppendInt(b, p.integer(v), 10)
}

// time converts a timestamp or date by its unit, a bare number by the rule for Unix times, a text as in CSV.
func (p *parquetColumn) time(l *layout, v parquet.Value) (int64, error) {
	if v.IsNull() {
		return NoTime, nil
	}
	switch p.kind {
	case parquet.Int32, parquet.Int64:
		n, unit := p.integer(v), p.unit
		if unit == 0 {
			unit = unixUnit(n)
		}
		return scaleTime(n, unit)
	case parquet.Int96:
		return int96Time(v), nil
	case parquet.Float:
		return l.parseTime(strconv.AppendFloat(nil, float64(v.Float()), 'f', -1, 32))
	case parquet.Double:
		return l.parseTime(strconv.AppendFloat(nil, v.Double(), 'f', -1, 64))
	case parquet.ByteArray:
		return l.parseTime(v.ByteArray())
	}
	return 0, ErrTime
}

// int96Time reads the timestamps of Impala and early Spark: nanoseconds of the day, then the Julian day.
func int96Time(v parquet.Value) int64 {
	const unixEpoch = 2440588 // Julian day of 1970-01-01
	t := v.Int96()
	return (int64(t[2])-unixEpoch)*int64(24*time.Hour) + int64(uint64(t[1])<<32|uint64(t[0]))
}
