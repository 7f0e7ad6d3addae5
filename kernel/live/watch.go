package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// Why a cell is stopped without the user's doing.
var (
	errStack = errors.New("stack overflow: a function calls itself without end")
)

// memoryError is the reason to stop a cell that takes too much memory.
type memoryError struct{ held, limit uint64 }

func (e *memoryError) Error() string {
	return fmt.Sprintf("out of memory: the kernel holds %d MiB and may hold %d MiB; the cell was stopped", e.held>>20, e.limit>>20)
}

const (
	stackLimit = 256 << 20 // of all goroutines; Go ends the process when one has 1 GiB
	maxStack   = 4 << 30   // so that it does not before the cell has been stopped
	watchEvery = 10 * time.Millisecond
)

// guard watches the memory of the process while a cell runs. What it returns ends that.
//
// Both a recursion and a loop without end could take the process down, and with it all that the notebook has computed. The
// interpreter has no limits of its own; but it looks between instructions whether it is to stop.
func (k *Kernel) guard() (end func()) {
	limit := k.options.MemoryLimit
	if free := freeMemory(); limit == 0 && free > 0 {
		limit = heldMemory() + free/10*8
	}
	old := debug.SetMaxStack(maxStack)
	done := make(chan struct{})
	go func() {
		stacks := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			metrics.Read(stacks)
			held := heldMemory()
			switch {
			case stacks[0].Value.Uint64() > stackLimit:
				k.session.Stop(errStack)
				return
			case limit > 0 && held > limit:
				debug.FreeOSMemory() // what is garbage does not count
				if held = heldMemory(); held <= limit {
					continue
				}
				k.session.Stop(&memoryError{held, limit})
				return
			}
		}
	}()
	return func() {
		close(done)
		debug.SetMaxStack(old)
	}
}

// heldMemory returns the bytes that Go has from the system.
func heldMemory() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// freeMemory returns the bytes that this process could still have, 0 when that cannot be known.
func freeMemory() uint64 {
	free := uint64(0)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if fields := strings.Fields(s.Text()); len(fields) >= 2 && fields[0] == "MemAvailable:" {
				n, _ := strconv.ParseUint(fields[1], 10, 64) // 0 is unknown
				free = n << 10
			}
		}
	}
	if limit, ok := readNumber("/sys/fs/cgroup/memory.max"); ok {
		if used, ok := readNumber("/sys/fs/cgroup/memory.current"); ok && limit > used && (free == 0 || limit-used < free) {
			free = limit - used
		}
	}
	return free
}

func readNumber(path string) (uint64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// watch ends the kernel when the process that started it is gone: nobody else would.
func (k *Kernel) watch(ctx context.Context) {
	parent := os.Getppid()
	jupyter, _ := strconv.Atoi(os.Getenv("JPY_PARENT_PID")) // 0 when Jupyter does not say
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if os.Getppid() != parent || jupyter > 1 && !alive(jupyter) {
			k.options.Log.Print("live: the process that started the kernel is gone")
			k.stop()
			return
		}
	}
}
