package torchfile

import (
	"encoding/binary"
	"fmt"
)

// The operations of pickle protocols 2 to 4 that torch.save and the values beside a state make use of. What is missing
// here (INST, OBJ, EXT1, PERSID, NEXT_BUFFER, ...) is refused by number.
const (
	opMark, opStop, opPop, opNone                            = '(', '.', '0', 'N'
	opInt4, opInt1, opInt2, opLong1, opLong4                 = 'J', 'K', 'M', 0x8a, 0x8b
	opTrue, opFalse, opFloat                                 = 0x88, 0x89, 'G'
	opText, opShortText, opText8                             = 'X', 0x8c, 0x8d
	opShortBytes, opBytes, opBytes8                          = 'C', 'B', 0x8e
	opEmptyTuple, opTuple, opTuple1, opTuple2, opTuple3      = ')', 't', 0x85, 0x86, 0x87
	opEmptyList, opAppend, opAppends                         = ']', 'a', 'e'
	opEmptyDict, opSetItem, opSetItems                       = '}', 's', 'u'
	opEmptySet, opAddItems, opFrozenSet                      = 0x8f, 0x90, 0x91
	opPut, opLongPut, opGet, opLongGet, opMemoize            = 'q', 'r', 'h', 'j', 0x94
	opGlobal, opStackGlobal, opPersistent                    = 'c', 0x93, 'Q'
	opReduce, opNewObject, opNewObjectEx, opBuild            = 'R', 0x81, 0x92, 'b'
	opProto, opFrame                                    byte = 0x80, 0x95
)

// maxOperations bounds the memory of the values of a pickle, whose smallest ones take a byte in the file and a hundred
// here. A checkpoint takes some dozens of operations per tensor, and one per number of a history.
const maxOperations = 1 << 21

// machine runs one pickle. Values on its stack are nil, bool, int64, *big.Int, float64, string, []byte, tuple, *list,
// *dict, *tensor, *storage, storageClass, function, *numpyType. It is not recursive, so that nesting costs no Go stack.
type machine struct {
	data  []byte
	at    int
	stack []any
	marks []int // positions in the stack
	memo  map[int]any
	work  int // elements that functions may still copy; see copies
	// persistent resolves a persistent id, which in these files always means a storage.
	persistent func(id tuple) (any, error)
}

type tuple []any

// list is a Python list or set. It is held by pointer because a pickle fills a list after it has handed it out.
type list struct{ items []any }

// dict is a Python dict or OrderedDict, in insertion order.
type dict struct {
	keys, values []any
	index        map[any]int
}

func newDict() *dict { return &dict{} }

func (d *dict) set(key, value any) error {
	switch key.(type) {
	case nil, bool, int64, float64, string:
	default:
		return fmt.Errorf("%w: a dictionary has a key of type %s", ErrFormat, describe(key))
	}
	if i, there := d.index[key]; there {
		d.values[i] = value
		return nil
	}
	if d.index == nil { // only now: an empty dict is one byte in a pickle, and there may be many
		d.index = map[any]int{}
	}
	d.index[key] = len(d.keys)
	d.keys, d.values = append(d.keys, key), append(d.values, value)
	return nil
}

func (d *dict) get(key string) (any, bool) {
	i, there := d.index[key]
	if !there {
		return nil, false
	}
	return d.values[i], true
}

func newMachine(data []byte, at int, persistent func(tuple) (any, error)) *machine {
	return &machine{data: data, at: at, memo: map[int]any{}, work: len(data), persistent: persistent}
}

// run executes the pickle up to STOP and returns its value; m.at is then the first byte behind it.
func (m *machine) run() (any, error) {
	groups := [...]func(byte) (bool, error){m.number, m.text, m.collection, m.memory, m.object}
	for range maxOperations {
		start := m.at
		op, err := m.byte()
		if err == nil && op == opStop {
			value, err := m.pop()
			if err == nil && (len(m.stack) > 0 || len(m.marks) > 0) {
				err = fmt.Errorf("%w: the pickle ends with %d values left over", ErrFormat, len(m.stack)+len(m.marks))
			}
			return value, err
		}
		known := false
		for i := 0; i < len(groups) && err == nil && !known; i++ {
			known, err = groups[i](op)
		}
		if err == nil && !known {
			err = fmt.Errorf("%w: pickle operation %#02x is none that torch.save writes", ErrRefused, op)
		}
		if err != nil {
			return nil, fmt.Errorf("pickle byte %d: %w", start, err)
		}
	}
	return nil, fmt.Errorf("%w: a pickle of more than %d operations", ErrFormat, maxOperations)
}

// next returns the next n bytes, which are compared with what is left before anything else happens.
func (m *machine) next(n uint64) ([]byte, error) {
	if left := uint64(len(m.data) - m.at); n > left {
		return nil, fmt.Errorf("%w: it asks for %d bytes where %d are left", ErrFormat, n, left)
	}
	b := m.data[m.at : m.at+int(n) : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

func (m *machine) byte() (byte, error) {
	b, err := m.next(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// count reads an unsigned little-endian number of the given width in bytes.
func (m *machine) count(width int) (uint64, error) {
	b, err := m.next(uint64(width))
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

// counted reads a length of the given width and then that many bytes.
func (m *machine) counted(width int) ([]byte, error) {
	n, err := m.count(width)
	if err != nil {
		return nil, err
	}
	return m.next(n)
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// pop takes the top value. A mark is a fence: what lies below it is out of reach.
func (m *machine) pop() (any, error) {
	if len(m.stack) <= m.fence() {
		return nil, fmt.Errorf("%w: the stack is empty", ErrFormat)
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// top returns the top value and leaves it there.
func (m *machine) top() (any, error) {
	if len(m.stack) <= m.fence() {
		return nil, fmt.Errorf("%w: the stack is empty", ErrFormat)
	}
	return m.stack[len(m.stack)-1], nil
}

func (m *machine) fence() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// popMark takes all values above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, fmt.Errorf("%w: there is no mark on the stack", ErrFormat)
	}
	at := m.fence()
	m.marks = m.marks[:len(m.marks)-1]
	items := append([]any(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return items, nil
}

// copies accounts for n elements that a function copies. Operations push what they read and are paid for by the bytes of
// the pickle; a function applied again and again to one remembered list is not.
func (m *machine) copies(n int) error {
	if m.work -= n; m.work < 0 {
		return fmt.Errorf("%w: it copies the same values over and over", ErrFormat)
	}
	return nil
}
