package gocpu

import "github.com/gomlx/compute"

// closure is a function inside another one. It is not recorded; it exists so that Parent is the function that the
// caller knows, and is taken off again where the reference backend gets functions as arguments.
type closure struct {
	compute.Function
	parent compute.Function
}

func newClosure(inner, parent compute.Function) (compute.Function, error) {
	c, err := inner.Closure()
	if err != nil {
		return nil, err
	}
	return &closure{Function: c, parent: parent}, nil
}

// innermost returns the reference backend's function.
func innermost(f compute.Function) compute.Function {
	switch f := f.(type) {
	case *closure:
		return f.Function
	case *function:
		return f.Function
	}
	return f
}

// Parent implements compute.Function.
func (c *closure) Parent() compute.Function { return c.parent }

// Builder implements compute.Function.
func (c *closure) Builder() compute.Builder { return c.parent.Builder() }

// Closure implements compute.Function.
func (c *closure) Closure() (compute.Function, error) { return newClosure(c.Function, c) }

// Call implements compute.Function.
func (c *closure) Call(f compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	return c.Function.Call(innermost(f), inputs...)
}

// Sort implements compute.Function.
func (c *closure) Sort(by compute.Function, axis int, stable bool, inputs ...compute.Value) ([]compute.Value, error) {
	return c.Function.Sort(innermost(by), axis, stable, inputs...)
}

// While implements compute.Function.
func (c *closure) While(condition, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	return c.Function.While(innermost(condition), innermost(body), state...)
}

// If implements compute.Function.
func (c *closure) If(condition compute.Value, yes, no compute.Function) ([]compute.Value, error) {
	return c.Function.If(condition, innermost(yes), innermost(no))
}

// Closure implements compute.Function.
func (f *function) Closure() (compute.Function, error) { return newClosure(f.Function, f) }

// Call implements compute.Function.
func (f *function) Call(g compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Call(innermost(g), inputs...)
}

// Sort implements compute.Function.
func (f *function) Sort(by compute.Function, axis int, stable bool, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Sort(innermost(by), axis, stable, inputs...)
}

// While implements compute.Function.
func (f *function) While(condition, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	return f.Function.While(innermost(condition), innermost(body), state...)
}

// If implements compute.Function.
func (f *function) If(condition compute.Value, yes, no compute.Function) ([]compute.Value, error) {
	return f.Function.If(condition, innermost(yes), innermost(no))
}
