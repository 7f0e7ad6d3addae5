package torchfile

import (
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// maxLong bounds the bytes of one integer; the longest that torch.save writes, its magic number, has ten.
const maxLong = 64

// number executes the operations that push a number, a truth value or None.
func (m *machine) number(op byte) (bool, error) {
	switch op {
	case opNone:
		m.push(nil)
	case opTrue, opFalse:
		m.push(op == opTrue)
	case opInt1, opInt2:
		n, err := m.count(map[byte]int{opInt1: 1, opInt2: 2}[op])
		m.push(int64(n))
		return true, err
	case opInt4:
		n, err := m.count(4)
		m.push(int64(int32(n)))
		return true, err
	case opLong1, opLong4:
		b, err := m.counted(map[byte]int{opLong1: 1, opLong4: 4}[op])
		if err == nil && len(b) > maxLong {
			err = fmt.Errorf("%w: an integer of %d bytes", ErrFormat, len(b))
		}
		if err == nil {
			m.push(long(b))
		}
		return true, err
	case opFloat:
		b, err := m.next(8)
		if err == nil {
			var bits uint64 // the one big-endian number of the format
			for _, x := range b {
				bits = bits<<8 | uint64(x)
			}
			m.push(math.Float64frombits(bits))
		}
		return true, err
	default:
		return false, nil
	}
	return true, nil
}

// long decodes a little-endian two's complement integer: int64 where it fits, else *big.Int.
func long(b []byte) any {
	reversed := make([]byte, len(b))
	for i, x := range b {
		reversed[len(b)-1-i] = x
	}
	n := new(big.Int).SetBytes(reversed)
	if len(b) > 0 && b[len(b)-1] >= 128 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// text executes the operations that push a string or bytes.
func (m *machine) text(op byte) (bool, error) {
	width := map[byte]int{opShortText: 1, opText: 4, opText8: 8, opShortBytes: 1, opBytes: 4, opBytes8: 8}[op]
	if width == 0 {
		return false, nil
	}
	b, err := m.counted(width)
	switch {
	case err != nil:
		return true, err
	case op == opShortBytes || op == opBytes || op == opBytes8:
		m.push(b)
	case !utf8.Valid(b):
		return true, fmt.Errorf("%w: a string of %d bytes is not UTF-8", ErrFormat, len(b))
	default:
		m.push(string(b))
	}
	return true, nil
}

// collection executes the operations on tuples, lists, sets and dicts.
func (m *machine) collection(op byte) (bool, error) {
	switch op {
	case opMark:
		m.marks = append(m.marks, len(m.stack))
	case opEmptyTuple:
		m.push(tuple{})
	case opTuple1, opTuple2, opTuple3:
		return true, m.smallTuple(int(op-opTuple1) + 1)
	case opEmptyList, opEmptySet:
		m.push(&list{})
	case opEmptyDict:
		m.push(newDict())
	case opTuple, opFrozenSet:
		items, err := m.popMark()
		if op == opTuple {
			m.push(tuple(items))
		} else {
			m.push(&list{items})
		}
		return true, err
	case opAppend:
		v, err := m.pop()
		if err != nil {
			return true, err
		}
		return true, m.extend([]any{v})
	case opAppends, opAddItems:
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.extend(items)
	case opSetItem, opSetItems:
		return true, m.setItems(op)
	default:
		return false, nil
	}
	return true, nil
}

func (m *machine) smallTuple(n int) error {
	t := make(tuple, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return err
		}
		t[i] = v
	}
	m.push(t)
	return nil
}

// extend adds items to the list on top of the stack.
func (m *machine) extend(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	l, ok := v.(*list)
	if !ok {
		return fmt.Errorf("%w: it appends to %s", ErrFormat, describe(v))
	}
	l.items = append(l.items, items...)
	return nil
}

func (m *machine) setItems(op byte) error {
	if op == opSetItem { // one pair without a mark
		if len(m.stack)-m.fence() < 2 {
			return fmt.Errorf("%w: the stack is empty", ErrFormat)
		}
		m.marks = append(m.marks, len(m.stack)-2)
	}
	items, err := m.popMark()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*dict)
	if !ok || len(items)%2 != 0 {
		return fmt.Errorf("%w: it puts %d keys and values into %s", ErrFormat, len(items), describe(v))
	}
	for i := 0; i < len(items); i += 2 {
		if err := d.set(items[i], items[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// memory executes the operations that only move values, and those that carry no meaning for us.
func (m *machine) memory(op byte) (bool, error) {
	switch op {
	case opPop:
		if m.fence() == len(m.stack) && len(m.marks) > 0 { // as in Python, POP also takes a mark
			m.marks = m.marks[:len(m.marks)-1]
			return true, nil
		}
		_, err := m.pop()
		return true, err
	case opPut, opLongPut, opMemoize:
		at := uint64(len(m.memo))
		var err error
		if op != opMemoize {
			at, err = m.count(map[byte]int{opPut: 1, opLongPut: 4}[op])
		}
		if err != nil {
			return true, err
		}
		v, err := m.top()
		m.memo[int(at)] = v
		return true, err
	case opGet, opLongGet:
		at, err := m.count(map[byte]int{opGet: 1, opLongGet: 4}[op])
		if err != nil {
			return true, err
		}
		v, there := m.memo[int(at)]
		if !there {
			return true, fmt.Errorf("%w: it recalls value %d, which was never stored", ErrFormat, at)
		}
		m.push(v)
		return true, nil
	case opProto:
		version, err := m.byte()
		if err == nil && (version < 2 || version > 4) {
			err = fmt.Errorf("%w: pickle protocol %d, want 2 to 4", ErrFormat, version)
		}
		return true, err
	case opFrame: // a hint about buffering
		_, err := m.next(8)
		return true, err
	}
	return false, nil
}
