//go:build ignore

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func worker(jobs <-chan int, out chan<- int) {
	for j := range jobs {
		out <- j * j
	}
}

func generate(n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 0; i < n; i++ {
			c <- i
		}
	}()
	return c
}

type counter struct {
	sync.Mutex
	n int
}

func (c *counter) add() {
	c.Lock()
	defer c.Unlock()
	c.n++
}

func main() {
	jobs, out := make(chan int, 10), make(chan int, 10)
	for w := 0; w < 3; w++ {
		go worker(jobs, out)
	}
	for i := 0; i < 5; i++ {
		jobs <- i
	}
	close(jobs)
	sum := 0
	for i := 0; i < 5; i++ {
		sum += <-out
	}
	fmt.Println(sum)

	n := 0
	for v := range generate(4) {
		n += v
	}
	fmt.Println(n)

	var wg sync.WaitGroup
	var c counter
	var total atomic.Int64
	results := make([]int, 20)
	slots := make(chan struct{}, 4)
	for i := 0; i < 20; i++ {
		wg.Add(1)
		slots <- struct{}{}
		go func(i int) {
			defer wg.Done()
			defer func() { <-slots }()
			c.add()
			total.Add(int64(i))
			results[i] = i * 2
		}(i)
	}
	wg.Wait()
	fmt.Println(c.n, total.Load(), results[19])

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println(ctx.Err(), errors.Is(ctx.Err(), context.DeadlineExceeded))
	case <-time.After(5 * time.Second):
		fmt.Println("late")
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("recovered: %v", r)
			}
		}()
		panic("inside")
	}()
	fmt.Println(<-done)
	var once sync.Once
	for i := 0; i < 3; i++ {
		once.Do(func() { fmt.Println("once") })
	}
}
