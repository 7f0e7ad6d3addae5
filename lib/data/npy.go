package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// npyHeader is the description at the start of a .npy array.
//
// Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", versions 1.0 to 3.0.
type npyHeader struct {
	dtype   dtype
	fortran bool
	shape   []int
}

// dtype is a NumPy element type, such as <f4 or <U12.
type dtype struct {
	text string // as in the file, for messages
	big  bool   // most significant byte first
	code byte   // b i u f U S M
	size int    // bytes of one element
	unit int64  // nanoseconds per unit of a datetime64
}

const npyMagic = "\x93NUMPY"

// maxNPYHeader is far above what NumPy writes; it stops a damaged length from becoming an allocation.
const maxNPYHeader = 1 << 20

// readNPYHeader reads up to the first element.
func readNPYHeader(r io.Reader) (npyHeader, error) {
	var h npyHeader
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:6]) != npyMagic {
		return h, errors.New("it does not begin like a NumPy array")
	}
	size := make([]byte, 2)
	if head[6] >= 2 {
		size = make([]byte, 4)
	}
	if head[6] < 1 || head[6] > 3 {
		return h, fmt.Errorf("NumPy format version %d.%d is unknown", head[6], head[7])
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return h, io.ErrUnexpectedEOF
	}
	n := int(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		n = int(binary.LittleEndian.Uint32(size))
	}
	if n > maxNPYHeader {
		return h, fmt.Errorf("its header claims %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, io.ErrUnexpectedEOF
	}
	return h, h.parse(strings.TrimSpace(string(text)))
}

// parse reads the Python dictionary with the keys descr, fortran_order and shape.
func (h *npyHeader) parse(text string) error {
	fault := fmt.Errorf("its header %q is not understood", clip(text))
	value := func(key string) (string, bool) {
		_, rest, ok := strings.Cut(text, "'"+key+"':")
		return strings.TrimLeft(rest, " "), ok
	}
	descr, ok1 := value("descr")
	order, ok2 := value("fortran_order")
	shape, ok3 := value("shape")
	if !ok1 || !ok2 || !ok3 || descr == "" || shape == "" || shape[0] != '(' {
		return fault
	}
	if descr[0] != '\'' {
		return errors.New("it is an array of records; save each field as an array of its own")
	}
	descr, _, ok1 = strings.Cut(descr[1:], "'")
	shape, _, ok3 = strings.Cut(shape[1:], ")")
	if !ok1 || !ok3 {
		return fault
	}
	h.fortran = strings.HasPrefix(order, "True")
	total := 1
	for part := range strings.SplitSeq(shape, ",") {
		part = strings.TrimSuffix(strings.TrimSpace(part), "L")
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > math.MaxInt32 || n > 0 && total > math.MaxInt/8/n {
			return fault
		}
		if n > 0 {
			total *= n
		}
		h.shape = append(h.shape, n)
	}
	var err error
	h.dtype, err = parseDtype(descr)
	return err
}

// parseDtype reads an element type that a column can have.
func parseDtype(text string) (dtype, error) {
	d := dtype{text: text}
	if strings.HasSuffix(text, "O") {
		return d, errors.New("it holds Python objects (dtype object), which only Python can read; convert it with .astype(str) or .astype(float) before saving")
	}
	fault := fmt.Errorf("its element type %q is not a number, text or time", clip(text))
	if len(text) < 3 {
		return d, fault
	}
	d.big = text[0] == '>'
	d.code = text[1]
	count, unit, dated := strings.Cut(text[2:], "[")
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 1<<24 {
		return d, fault
	}
	d.size = n
	sizes := map[byte]string{'b': "1", 'i': "1 2 4 8", 'u': "1 2 4 8", 'f': "2 4 8", 'M': "8"}
	switch d.code {
	case 'U':
		d.size = 4 * n
	case 'S', 'a':
		d.code = 'S'
	case 'M':
		units := map[string]int64{"ns]": 1, "us]": 1e3, "ms]": 1e6, "s]": 1e9, "m]": 60e9, "h]": 3600e9, "D]": 86400e9}
		if d.unit = units[unit]; d.unit == 0 || !dated {
			return d, fault
		}
	}
	if valid, ok := sizes[d.code]; ok && !strings.Contains(" "+valid+" ", " "+count+" ") || !ok && d.code != 'U' && d.code != 'S' {
		return d, fault
	}
	return d, nil
}

// isText reports whether elements are texts.
func (d dtype) isText() bool { return d.code == 'U' || d.code == 'S' }

// bits returns an element of up to eight bytes as an unsigned number.
func (d dtype) bits(b []byte) uint64 {
	var order binary.ByteOrder = binary.LittleEndian
	if d.big {
		order = binary.BigEndian
	}
	switch d.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// integer returns an element of a signed type, or of bool.
func (d dtype) integer(b []byte) int64 {
	shift := uint(64 - 8*d.size)
	return int64(d.bits(b)<<shift) >> shift
}

// number converts an element as reading its decimal text would.
func (d dtype) number(l *layout, b []byte) (float32, error) {
	switch d.code {
	case 'b':
		if b[0] != 0 {
			return 1, nil
		}
		return 0, nil
	case 'i', 'M':
		return float32(d.integer(b)), nil
	case 'u':
		return float32(d.bits(b)), nil
	case 'f':
		return narrow(d.float(b))
	}
	return l.parseNumber(d.text8(nil, b))
}

// float returns an element of a floating-point type.
func (d dtype) float(b []byte) float64 {
	u := d.bits(b)
	switch d.size {
	case 2:
		return halfToFloat(uint16(u))
	case 4:
		return float64(math.Float32frombits(uint32(u)))
	}
	return math.Float64frombits(u)
}

// halfToFloat converts IEEE 754 binary16.
func halfToFloat(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		return math.NaN() // infinities too: both are missing values
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 == 1 {
		return -v
	}
	return v
}

// text8 appends the element as UTF-8, as a CSV file would show it.
func (d dtype) text8(dst, b []byte) []byte {
	switch d.code {
	case 'b':
		return strconv.AppendBool(dst, b[0] != 0)
	case 'i', 'M':
		return strconv.AppendInt(dst, d.integer(b), 10)
	case 'u':
		return strconv.AppendUint(dst, d.bits(b), 10)
	case 'f':
		return appendNumber(dst, d.float(b), min(64, max(32, 8*d.size)))
	case 'S':
		return append(dst, bytes.TrimRight(b, "\x00")...)
	}
	for len(b) >= 4 && d.zero(b[len(b)-4:]) {
		b = b[:len(b)-4]
	}
	for ; len(b) >= 4; b = b[4:] {
		u := binary.LittleEndian.Uint32(b)
		if d.big {
			u = binary.BigEndian.Uint32(b)
		}
		dst = utf8.AppendRune(dst, rune(min(u, utf8.MaxRune+1))) // what is no character becomes U+FFFD
	}
	return dst
}

func (d dtype) zero(b []byte) bool { return b[0]|b[1]|b[2]|b[3] == 0 }

// time converts a datetime64 by its unit and anything else as in a text file.
func (d dtype) time(l *layout, b []byte) (int64, error) {
	switch d.code {
	case 'M':
		n := d.integer(b)
		if n == NoTime { // NaT has the same bits
			return NoTime, nil
		}
		return scaleTime(n, d.unit)
	case 'i':
		n := d.integer(b)
		return scaleTime(n, unixUnit(n))
	case 'f':
		v := d.float(b)
		if v != v {
			return NoTime, nil
		}
		return l.parseTime(strconv.AppendFloat(nil, v, 'f', -1, 64))
	}
	return l.parseTime(d.text8(nil, b))
}
