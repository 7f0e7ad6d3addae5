package torchfile

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Bounds of the values beside a state. The history of a long training has some thousands of numbers.
const (
	maxPlainDepth = 32
	maxPlainNodes = 100_000
	maxNesting    = 4 // {"checkpoint": {"model": {...}}} is nested twice
)

// wellKnown are the names under which programs store the state of a model.
func wellKnown() []string {
	return []string{"model", "model_state", "model_state_dict", "state_dict"}
}

// stateKeys lists the well-known keys of d under which there are tensors, directly or below another such key. A
// configuration that happens to be stored as "model" is none.
func (d *dict) stateKeys(depth int) []string {
	var keys []string
	for _, key := range wellKnown() {
		v, _ := d.get(key)
		inner, ok := v.(*dict)
		if ok && depth < maxNesting && (inner.hasTensors() || len(inner.stateKeys(depth+1)) > 0) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (d *dict) hasTensors() bool {
	return slices.ContainsFunc(d.values, func(v any) bool { _, is := v.(*tensor); return is })
}

// checkpoint finds the state in the value of a pickle and converts it.
func checkpoint(container string, root any, fileSize int) (*Checkpoint, error) {
	c := &Checkpoint{Container: container, Meta: map[string]any{}}
	state, err := c.find(root, 0)
	if err != nil {
		return nil, err
	}
	budget := fileSize + 1<<16 // a number has at least a byte in the file
	for i, key := range state.keys {
		t, ok := state.values[i].(*tensor)
		name, isText := key.(string)
		if !ok || !isText {
			c.keep(key, state.values[i])
			continue
		}
		values, err := t.values(&budget)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", shorten(name), err)
		}
		c.Tensors = append(c.Tensors, Tensor{Name: name, Shape: t.shape, Data: values, DType: t.storage.kind.name})
	}
	stripWrappers(c.Tensors)
	return c, nil
}

// find descends through the known keys to the dictionary of tensors, and keeps what it passes.
func (c *Checkpoint) find(v any, depth int) (*dict, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, fmt.Errorf("%w: it holds a %s, want a dictionary of tensors: save model.state_dict()", ErrFormat, describe(v))
	}
	candidates := d.stateKeys(depth)
	switch {
	case len(candidates) > 1:
		return nil, fmt.Errorf("%w: it has more than one state: %s", ErrFormat, strings.Join(candidates, ", "))
	case len(candidates) == 1:
		for i, key := range d.keys {
			if key != candidates[0] {
				c.keep(key, d.values[i])
			}
		}
		c.Key = strings.TrimPrefix(c.Key+"."+candidates[0], ".")
		inner, _ := d.get(candidates[0])
		return c.find(inner, depth+1)
	}
	if d.hasTensors() {
		return d, nil
	}
	return nil, fmt.Errorf("%w: there is no dictionary of tensors in it, neither itself nor under %s; it has the keys %s",
		ErrFormat, strings.Join(wellKnown(), ", "), keyList(d))
}

func keyList(d *dict) string {
	var names []string
	for _, key := range d.keys[:min(len(d.keys), 12)] {
		names = append(names, shorten(fmt.Sprint(key)))
	}
	if len(d.keys) > len(names) {
		names = append(names, "...")
	}
	return "[" + strings.Join(names, " ") + "]"
}

// keep stores a value beside the state as a plain one, or notes that it was left out.
func (c *Checkpoint) keep(key, value any) {
	name, ok := key.(string)
	if !ok {
		name = fmt.Sprint(key)
	}
	nodes := maxPlainNodes
	v, ok := plain(value, 0, &nodes)
	if !ok {
		c.Omitted = append(c.Omitted, name)
		return
	}
	c.Meta[name] = v
}

// plain copies a value into Go's own types. It gives up on tensors of more than one number, and on values that are too
// deep (which includes those that contain themselves) or too large (which includes those that repeat themselves).
func plain(v any, depth int, nodes *int) (any, bool) {
	if *nodes--; *nodes < 0 || depth > maxPlainDepth {
		return nil, false
	}
	switch v := v.(type) {
	case nil, bool, int64, float64, string, []byte:
		return v, true
	case *big.Int:
		return v.String(), true
	case tuple:
		return plainList(v, depth, nodes)
	case *list:
		return plainList(v.items, depth, nodes)
	case *tensor:
		one := 1
		values, err := v.values(&one)
		if err != nil || len(values) != 1 {
			return nil, false
		}
		return float64(values[0]), true
	case *dict:
		out := make(map[string]any, min(len(v.keys), *nodes+1))
		for i, key := range v.keys {
			item, ok := plain(v.values[i], depth+1, nodes)
			if !ok {
				return nil, false
			}
			out[fmt.Sprint(key)] = item
		}
		return out, true
	}
	return nil, false
}

func plainList(items []any, depth int, nodes *int) (any, bool) {
	if len(items) > *nodes {
		return nil, false
	}
	out := make([]any, len(items))
	for i, item := range items {
		v, ok := plain(item, depth+1, nodes)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// stripWrappers removes what DataParallel ("module.") and torch.compile ("_orig_mod.") put before every name.
func stripWrappers(tensors []Tensor) {
	for again := true; again; {
		again = false
		for _, prefix := range []string{"module.", "_orig_mod."} {
			wrapped := !slices.ContainsFunc(tensors, func(t Tensor) bool { return !strings.HasPrefix(t.Name, prefix) })
			for i := range tensors {
				if wrapped {
					tensors[i].Name = strings.TrimPrefix(tensors[i].Name, prefix)
					again = true
				}
			}
		}
	}
}
