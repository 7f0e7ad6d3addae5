package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// Fingerprint returns the SHA-256, as 64 hexadecimal digits, of what the table holds: names, kinds and values of the
// features, classes, families, groups and times. Equal tables have equal fingerprints however they came about: the name,
// the order of dictionaries and the format of the file do not enter. A missing label column changes it.
func (t *Table) Fingerprint() string {
	f := fingerprint{h: sha256.New()}
	f.text("jamba table 1")
	f.number(uint64(t.Rows()))
	for i := range t.Columns {
		c := &t.Columns[i]
		f.text(c.Name)
		f.number(uint64(c.Kind))
		if c.Kind == Categorical {
			f.codes(c.Code, c.Dict)
		} else {
			f.floats(c.Num)
		}
	}
	for _, role := range []struct {
		code []int32
		dict []string
	}{{t.Label, t.Classes}, {t.Family, t.Families}, {t.Group, t.Groups}} {
		if role.code == nil {
			f.number(0)
			continue
		}
		f.number(1)
		f.codes(role.code, role.dict)
	}
	f.number(uint64(len(t.Time)))
	for _, ns := range t.Time {
		f.number(uint64(ns))
	}
	f.flush()
	return hex.EncodeToString(f.h.Sum(nil))
}

// fingerprint feeds a hash through a buffer; every part is preceded by its length, so that no two tables give one stream.
type fingerprint struct {
	h   hash.Hash
	buf []byte
}

func (f *fingerprint) flush() {
	f.h.Write(f.buf)
	f.buf = f.buf[:0]
}

func (f *fingerprint) room() {
	if len(f.buf) > 32<<10 {
		f.flush()
	}
}

func (f *fingerprint) number(v uint64) {
	f.room()
	f.buf = binary.LittleEndian.AppendUint64(f.buf, v)
}

func (f *fingerprint) text(s string) {
	f.number(uint64(len(s)))
	f.buf = append(f.buf, s...)
}

func (f *fingerprint) floats(v []float32) {
	for _, x := range v {
		if x != x {
			x = missingFloat // a NaN has many bit patterns
		}
		f.room()
		f.buf = binary.LittleEndian.AppendUint32(f.buf, math.Float32bits(x))
	}
}

// codes hashes the values by number of first appearance, with the text of each at that place.
func (f *fingerprint) codes(codes []int32, dict []string) {
	order := make([]int32, len(dict))
	next := int32(0)
	for _, c := range codes {
		f.room()
		if c < 0 || int(c) >= len(dict) {
			f.buf = binary.LittleEndian.AppendUint32(f.buf, math.MaxUint32)
			continue
		}
		if order[c] == 0 {
			next++
			order[c] = next
			f.buf = binary.LittleEndian.AppendUint32(f.buf, 0)
			f.text(dict[c])
			continue
		}
		f.buf = binary.LittleEndian.AppendUint32(f.buf, uint32(order[c]))
	}
}
