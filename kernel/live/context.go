package live

import (
	"context"
	"sync"
	"time"
)

// cellContext is the context of cells: the variable ctx, and what notebook.Context returns. An interrupt ends it, for
// everyone who waits for it at that moment; afterwards it is fresh, so that a variable that holds it is good for the next
// cell too.
type cellContext struct {
	mu     sync.Mutex
	inner  context.Context
	cancel context.CancelFunc
}

func newCellContext() *cellContext {
	c := &cellContext{}
	c.inner, c.cancel = context.WithCancel(context.Background())
	return c
}

// interrupt ends the context for the cell that runs.
func (c *cellContext) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel()
}

// renew makes it fresh for the next cell.
func (c *cellContext) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner.Err() != nil {
		c.inner, c.cancel = context.WithCancel(context.Background())
	}
}

func (c *cellContext) now() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inner
}

// Deadline implements context.Context.
func (c *cellContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (c *cellContext) Done() <-chan struct{} { return c.now().Done() }

// Err implements context.Context.
func (c *cellContext) Err() error { return c.now().Err() }

// Value implements context.Context.
func (c *cellContext) Value(key any) any { return nil }

// AfterFunc lets package context derive from this one without a goroutine for each derived context.
func (c *cellContext) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(c.now(), f) }

// String is what fmt prints, and what a cell that ends in ctx shows.
func (c *cellContext) String() string { return "context of the cell: an interrupt ends it" }

// sleep is time.Sleep for cells: an interrupt ends it.
func (c *cellContext) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Done():
	}
}
