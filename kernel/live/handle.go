package live

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/go-zeromq/zmq4"

	"github.com/jamba-threat/jamba/kernel/live/cells"
)

// handle answers one request, between the messages that say that the kernel is busy and that it is idle again.
func (k *Kernel) handle(s zmq4.Socket, m *message) {
	k.publish(m, "status", content{"execution_state": "busy"})
	defer k.publish(m, "status", content{"execution_state": "idle"})
	defer func() {
		if r := recover(); r != nil {
			k.options.Log.Printf("live: %s: panic: %v", m.header.Type, r)
			k.reply(s, m, replyTo(m.header.Type), failure("InternalError", fmt.Sprint(r), nil))
		}
	}()
	switch m.header.Type {
	case "kernel_info_request":
		k.reply(s, m, "kernel_info_reply", k.info())
	case "execute_request":
		k.execute(s, m)
	case "complete_request":
		k.complete(s, m)
	case "inspect_request":
		k.inspect(s, m)
	case "is_complete_request":
		var req struct{ Code string }
		if k.read(s, m, &req) {
			status, indent := cells.IsComplete(req.Code)
			c := content{"status": status}
			if status == "incomplete" {
				c["indent"] = indent
			}
			k.reply(s, m, "is_complete_reply", c)
		}
	case "history_request":
		var req historyRequest
		if k.read(s, m, &req) {
			k.reply(s, m, "history_reply", content{"status": "ok", "history": k.history.answer(req)})
		}
	case "comm_info_request":
		k.reply(s, m, "comm_info_reply", content{"status": "ok", "comms": content{}})
	case "comm_open": // nobody here to talk to
		var req struct {
			ID string `json:"comm_id"`
		}
		if json.Unmarshal(m.content, &req) == nil {
			k.publish(m, "comm_close", content{"comm_id": req.ID, "data": content{}})
		}
	case "comm_msg", "comm_close", "input_reply":
	case "interrupt_request":
		k.interrupt()
		k.reply(s, m, "interrupt_reply", content{"status": "ok"})
	case "shutdown_request":
		var req struct{ Restart bool }
		_ = json.Unmarshal(m.content, &req) // without content it is no restart
		k.interrupt()
		c := content{"status": "ok", "restart": req.Restart}
		k.reply(s, m, "shutdown_reply", c)
		k.publish(m, "shutdown_reply", c)
		defer k.stop()
	default:
		k.reply(s, m, replyTo(m.header.Type), failure("UnknownRequest", "this kernel does not know "+m.header.Type, nil))
	}
}

// interrupt stops the cell that runs and takes those that wait out of the queue.
func (k *Kernel) interrupt() {
	if k.session != nil {
		k.context.interrupt()
		k.session.Interrupt()
	}
	k.queue.abort()
}

// read decodes the content of a request, or answers that it cannot be.
func (k *Kernel) read(s zmq4.Socket, m *message, into any) bool {
	if err := json.Unmarshal(m.content, into); err != nil {
		k.reply(s, m, replyTo(m.header.Type), failure("BadRequest", err.Error(), nil))
		return false
	}
	return true
}

// replyTo is the type of the answer to a type of request.
func replyTo(request string) string {
	const suffix = "_request"
	if n := len(request) - len(suffix); n > 0 && request[n:] == suffix {
		return request[:n] + "_reply"
	}
	return request + "_reply"
}

func failure(name, value string, trace []string) content {
	if trace == nil {
		trace = []string{}
	}
	return content{"status": "error", "ename": name, "evalue": value, "traceback": trace}
}

func (k *Kernel) info() content {
	return content{
		"status": "ok", "protocol_version": protocolVersion,
		"implementation": "jamba", "implementation_version": k.options.Version,
		"language_info": content{
			"name": "go", "version": runtime.Version()[2:], "mimetype": "text/x-go", "file_extension": ".go",
			"pygments_lexer": "go", "codemirror_mode": "go", "nbconvert_exporter": "",
		},
		"banner":             "Go (live) - Jamba " + k.options.Version + ": variables, functions and types stay from cell to cell",
		"help_links":         []content{{"text": "Go language", "url": "https://go.dev/ref/spec"}},
		"debugger":           false,
		"supported_features": []string{},
	}
}
