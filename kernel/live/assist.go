package live

import (
	"unicode/utf8"

	"github.com/go-zeromq/zmq4"

	"github.com/jamba-threat/jamba/kernel/live/cells"
	"github.com/jamba-threat/jamba/kernel/notebook"
)

// Jupyter counts positions in code points, Go in bytes.

func byteOffset(code string, points int) int {
	n := 0
	for i := range code {
		if n == points {
			return i
		}
		n++
	}
	return len(code)
}

func pointOffset(code string, offset int) int { return utf8.RuneCountInString(code[:offset]) }

type cursorRequest struct {
	Code   string `json:"code"`
	Cursor int    `json:"cursor_pos"`
	Detail int    `json:"detail_level"`
}

// complete answers what could stand at the cursor.
func (k *Kernel) complete(s zmq4.Socket, m *message) {
	var req cursorRequest
	if !k.read(s, m, &req) {
		return
	}
	var c cells.Completion
	if k.session != nil {
		c = k.session.Complete(req.Code, byteOffset(req.Code, req.Cursor))
	}
	matches, kinds := []string{}, []content{}
	from, to := pointOffset(req.Code, c.From), pointOffset(req.Code, c.To)
	for _, match := range c.Matches {
		matches = append(matches, match.Name)
		kinds = append(kinds, content{"start": from, "end": to, "text": match.Name, "type": match.Kind, "signature": match.Signature})
	}
	k.reply(s, m, "complete_reply", content{
		"status": "ok", "matches": matches, "cursor_start": from, "cursor_end": to,
		"metadata": content{"_jupyter_types_experimental": kinds},
	})
}

// inspect answers what the name at the cursor is.
func (k *Kernel) inspect(s zmq4.Socket, m *message) {
	var req cursorRequest
	if !k.read(s, m, &req) {
		return
	}
	data := content{}
	found := false
	if k.session != nil {
		var text string
		if text, found = k.session.Inspect(req.Code, byteOffset(req.Code, req.Cursor)); found {
			data[notebook.Plain] = text
		}
	}
	k.reply(s, m, "inspect_reply", content{"status": "ok", "found": found, "data": data, "metadata": content{}})
}
