package torchfile

import (
	"bytes"
	"fmt"
	"strings"
)

// function is a callable of the list, re-implemented here: it builds a plain value and has no effects.
type function func(m *machine, args tuple) (any, error)

// storageClass is a storage type, which only persistent ids make use of.
type storageClass struct{ kind }

// lookup is the whole list of names that a pickle may mention. Whatever is not here is refused.
func lookup(module, name string) (any, error) {
	switch module + "." + name {
	case "collections.OrderedDict":
		return function(orderedDict), nil
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		return function(rebuildTensor), nil
	case "torch._utils._rebuild_parameter":
		return function(rebuildParameter), nil
	case "torch.Size", "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset":
		return function(sequence), nil
	case "torch.device":
		return function(device), nil
	case "_codecs.encode":
		return function(latin1), nil
	case "numpy.dtype":
		return function(newNumpyType), nil
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		return function(numpyScalar), nil
	}
	if module == "torch" {
		if k, known := storageKind(name); known {
			return storageClass{k}, nil
		}
		if _, known := kindOf(name); known { // torch.float32 and its like, as values of a configuration
			return "torch." + name, nil
		}
	}
	return nil, fmt.Errorf("%w: it asks for %s, which is not on the list of what a checkpoint needs; nothing was executed. "+
		"Where the file is to be trusted: load it in Python and save model.state_dict() alone", ErrRefused, shorten(module+"."+name))
}

// object executes the operations that name and call.
func (m *machine) object(op byte) (bool, error) {
	switch op {
	case opGlobal:
		module, err := m.line()
		if err != nil {
			return true, err
		}
		name, err := m.line()
		if err != nil {
			return true, err
		}
		return true, m.global(module, name)
	case opStackGlobal:
		if err := m.smallTuple(2); err != nil {
			return true, err
		}
		v, err := m.pop()
		if err != nil {
			return true, err
		}
		module, ok1 := v.(tuple)[0].(string)
		name, ok2 := v.(tuple)[1].(string)
		if !ok1 || !ok2 {
			return true, fmt.Errorf("%w: a name is not a string", ErrFormat)
		}
		return true, m.global(module, name)
	case opPersistent:
		v, err := m.pop()
		if err != nil {
			return true, err
		}
		id, ok := v.(tuple)
		if !ok {
			return true, fmt.Errorf("%w: a persistent id is %s, want a tuple", ErrFormat, describe(v))
		}
		value, err := m.persistent(id)
		m.push(value)
		return true, err
	case opReduce, opNewObject, opNewObjectEx:
		return true, m.call(op)
	case opBuild:
		return true, m.build()
	}
	return false, nil
}

// line reads the text up to the next line feed.
func (m *machine) line() (string, error) {
	n := bytes.IndexByte(m.data[m.at:], '\n')
	if n < 0 {
		return "", fmt.Errorf("%w: a name has no end", ErrFormat)
	}
	text := string(m.data[m.at : m.at+n])
	m.at += n + 1
	return text, nil
}

func (m *machine) global(module, name string) error {
	v, err := lookup(module, name)
	m.push(v)
	return err
}

// call applies the function below the arguments. NEWOBJ is what a class does without __reduce__; for the classes of the
// list it means the same as calling them.
func (m *machine) call(op byte) error {
	if op == opNewObjectEx {
		v, err := m.pop()
		if err != nil {
			return err
		}
		if d, ok := v.(*dict); !ok || len(d.keys) > 0 {
			return fmt.Errorf("%w: a call has keyword arguments", ErrFormat)
		}
	}
	if err := m.smallTuple(2); err != nil {
		return err
	}
	v, err := m.pop()
	if err != nil {
		return err
	}
	pair := v.(tuple)
	f, callable := pair[0].(function)
	args, ok := pair[1].(tuple)
	if !callable || !ok {
		return fmt.Errorf("%w: it calls %s with %s", ErrFormat, describe(pair[0]), describe(pair[1]))
	}
	value, err := f(m, args)
	m.push(value)
	return err
}

// build sets attributes. OrderedDict gets some from torch (_metadata, versions of modules), which nothing here needs.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	switch target := v.(type) {
	case *dict:
		return nil
	case *numpyType:
		return target.build(state)
	}
	return fmt.Errorf("%w: it sets attributes of %s", ErrFormat, describe(v))
}

// orderedDict is collections.OrderedDict() or OrderedDict(pairs).
func orderedDict(m *machine, args tuple) (any, error) {
	d := newDict()
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) > 1 {
		return nil, badArguments("collections.OrderedDict", args)
	}
	if err := m.copies(len(pairs.items)); err != nil {
		return nil, err
	}
	for _, item := range pairs.items {
		var pair []any
		switch p := item.(type) {
		case tuple:
			pair = p
		case *list:
			pair = p.items
		}
		if len(pair) != 2 {
			return nil, badArguments("collections.OrderedDict", args)
		}
		if err := d.set(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// sequence is torch.Size(...) or set(...): the elements themselves.
func sequence(m *machine, args tuple) (any, error) {
	if len(args) == 1 {
		switch v := args[0].(type) {
		case tuple:
			return v, nil
		case *list:
			return &list{append([]any(nil), v.items...)}, m.copies(len(v.items))
		}
	}
	return nil, badArguments("a sequence", args)
}

// device is torch.device("cuda", 0), as the text that PyTorch prints for it.
func device(_ *machine, args tuple) (any, error) {
	switch {
	case len(args) == 1:
		if name, ok := args[0].(string); ok {
			return name, nil
		}
	case len(args) == 2:
		name, ok := args[0].(string)
		index, isInt := args[1].(int64)
		if ok && isInt && len(name) < 32 {
			return fmt.Sprintf("%s:%d", name, index), nil
		}
	}
	return nil, badArguments("torch.device", args)
}

func badArguments(name string, args tuple) error {
	kinds := make([]string, 0, min(len(args), 8))
	for _, a := range args[:min(len(args), 8)] {
		kinds = append(kinds, describe(a))
	}
	return fmt.Errorf("%w: %s is called with %d arguments (%s)", ErrFormat, name, len(args), strings.Join(kinds, ", "))
}

// describe names the type of a value in Python's words.
func describe(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []byte:
		return "bytes"
	case tuple:
		return "tuple"
	case *list:
		return "list"
	case *dict:
		return "dict"
	case *tensor:
		return "tensor"
	case function:
		return "function"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", v), "*torchfile.")
}

// shorten quotes text from the file where it is long or unprintable, so that an error stays one readable line.
func shorten(s string) string {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return fmt.Sprintf("%.60q", s)
		}
	}
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}
