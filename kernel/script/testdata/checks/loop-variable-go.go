//go:build ignore

package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	out := make([]string, 3)
	for i, s := range []string{"a", "b", "c"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(20 * time.Millisecond)
			out[i] = s // finding
		}()
	}
	wg.Wait()
	fmt.Println(out)
}
