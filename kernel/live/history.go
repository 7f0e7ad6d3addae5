package live

import (
	"path"
	"sync"
)

// historyRequest asks for earlier input.
type historyRequest struct {
	Output bool   `json:"output"`
	Type   string `json:"hist_access_type"`
	Start  int    `json:"start"`
	Stop   int    `json:"stop"`
	N      int    `json:"n"`
	Search string `json:"pattern"`
	Unique bool   `json:"unique"`
}

// history is the input of this kernel's cells, and the text that the last expressions showed.
type history struct {
	mu      sync.Mutex
	entries []entry
}

type entry struct {
	line          int
	input, output string
}

// historyLimit bounds what is kept.
const historyLimit = 5000

func (h *history) add(line int, input string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, entry{line: line, input: input})
	if len(h.entries) > historyLimit {
		h.entries = append([]entry{}, h.entries[len(h.entries)-historyLimit:]...)
	}
}

func (h *history) output(line int, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.entries); n > 0 && h.entries[n-1].line == line {
		h.entries[n-1].output = text
	}
}

// answer returns [session, line, input] or [session, line, [input, output]] for each entry that is asked for.
func (h *history) answer(req historyRequest) []any {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []entry
	switch req.Type {
	case "range":
		for _, e := range h.entries {
			if e.line >= req.Start && (req.Stop <= 0 || e.line < req.Stop) {
				found = append(found, e)
			}
		}
	case "search":
		last := map[string]int{}
		for _, e := range h.entries {
			if ok, err := path.Match(req.Search, e.input); err != nil || !ok {
				continue
			}
			if at, seen := last[e.input]; seen && req.Unique {
				found[at] = e
				continue
			}
			last[e.input] = len(found)
			found = append(found, e)
		}
		found = tail(found, req.N)
	default: // "tail"
		found = tail(h.entries, req.N)
	}
	out := []any{}
	for _, e := range found {
		var what any = e.input
		if req.Output {
			what = []any{e.input, e.output}
		}
		out = append(out, []any{0, e.line, what})
	}
	return out
}

func tail(entries []entry, n int) []entry {
	if n <= 0 || n > len(entries) {
		return entries
	}
	return entries[len(entries)-n:]
}
