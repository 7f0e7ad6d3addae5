package live

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-zeromq/zmq4"

	"github.com/jamba-threat/jamba/kernel/live/cells"
	"github.com/jamba-threat/jamba/kernel/notebook"
)

// executeRequest is what Jupyter sends to have a cell run.
type executeRequest struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    *bool             `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	StopOnError     *bool             `json:"stop_on_error"`
}

// execute runs a cell.
func (k *Kernel) execute(s zmq4.Socket, m *message) {
	if k.queue.wasAborted(m) {
		k.reply(s, m, "execute_reply", content{"status": "aborted", "execution_count": k.count, "payload": []any{}, "user_expressions": content{}})
		return
	}
	var req executeRequest
	if !k.read(s, m, &req) {
		return
	}
	name := "In[*]"
	if store := !req.Silent && (req.StoreHistory == nil || *req.StoreHistory); store {
		k.count++
		name = fmt.Sprintf("In[%d]", k.count)
		k.history.add(k.count, req.Code)
	}
	if !req.Silent {
		k.publish(m, "execute_input", content{"code": req.Code, "execution_count": k.count})
	}
	var shown notebook.Bundle
	err := error(&excuse{k.excuse})
	if k.session != nil {
		k.out.begin(m, req.Silent)
		shown, err = k.runCell(name, req.Code)
		k.out.sync()
	}
	if err != nil {
		e, value, trace := k.describe(err)
		if !req.Silent {
			k.publish(m, "error", content{"ename": e, "evalue": value, "traceback": trace})
		}
		c := failure(e, value, trace)
		c["execution_count"], c["payload"], c["user_expressions"] = k.count, []any{}, content{}
		if req.StopOnError == nil || *req.StopOnError {
			k.queue.abort()
		}
		k.reply(s, m, "execute_reply", c)
		return
	}
	if shown != nil && !req.Silent {
		k.publish(m, "execute_result", content{"execution_count": k.count, "data": shown, "metadata": metadata(shown)})
		if text, ok := shown[notebook.Plain].(string); ok {
			k.history.output(k.count, text)
		}
	}
	k.reply(s, m, "execute_reply", content{
		"status": "ok", "execution_count": k.count, "payload": []any{}, "user_expressions": k.expressions(req.UserExpressions),
	})
}

// runCell runs the directives of a cell, then its code, and returns what its last expression looks like.
func (k *Kernel) runCell(name, code string) (notebook.Bundle, error) {
	k.sources.add(name, code)
	src, directives := cells.Directives(code)
	for _, d := range directives {
		if err := k.directive(d); err != nil {
			return nil, err
		}
	}
	k.context.renew()
	defer k.guard()()
	res, err := k.session.Run(name, src)
	if err != nil {
		return nil, err
	}
	return present(res)
}

// present turns the values of a cell's last expression into what is shown. Of a call the error is taken off: nil is not
// worth showing, and any other fails the cell, which otherwise would hide it. What fmt.Println returns is of no interest.
func present(res cells.Result) (notebook.Bundle, error) {
	values := res.Values
	if res.Printing || len(values) == 0 {
		return nil, nil
	}
	if res.Call {
		switch err := values[len(values)-1].(type) {
		case nil:
			values = values[:len(values)-1]
		case error:
			return nil, &resultError{err}
		}
	}
	switch len(values) {
	case 0:
		return nil, nil
	case 1:
		return notebook.Render(values[0]), nil
	}
	var parts []string
	for _, v := range values {
		parts = append(parts, notebook.Text(v))
	}
	return notebook.Bundle{notebook.Plain: strings.Join(parts, ", ")}, nil
}

// excuse is why a kernel that only explains itself runs no cell.
type excuse struct{ message string }

func (e *excuse) Error() string { return e.message }

// resultError is an error that the last expression of a cell returned.
type resultError struct{ err error }

func (e *resultError) Error() string { return e.err.Error() }
func (e *resultError) Unwrap() error { return e.err }

// metadata gives the size at which a figure is meant to be seen.
func metadata(b notebook.Bundle) content {
	out := content{}
	if raw, ok := b[notebook.PNG].([]byte); ok {
		if width, height, ok := notebook.Size(raw); ok {
			out[notebook.PNG] = content{"width": width, "height": height}
		}
	}
	return out
}

// expressions evaluates the expressions that a front end wants to know after a cell.
func (k *Kernel) expressions(wanted map[string]string) content {
	out := content{}
	for key, code := range wanted {
		res, err := k.session.Run("In[*]", code)
		if err == nil {
			var shown notebook.Bundle
			if shown, err = present(res); err == nil {
				out[key] = content{"status": "ok", "data": shown, "metadata": content{}}
				continue
			}
		}
		e, value, trace := k.describe(err)
		out[key] = failure(e, value, trace)
	}
	return out
}

// newSession makes the session, and gives it the functions that act on the notebook.
func (k *Kernel) newSession() (*cells.Session, error) {
	ctx := newCellContext()
	var variable context.Context = ctx
	k.context = ctx
	stdout, stderr := k.out.streams[0], k.out.streams[1]
	screen := &notebook.Screen{Updates: true, Display: k.display}
	const pkg = "github.com/jamba-threat/jamba/kernel/notebook."
	return cells.New(cells.Options{
		Vars: map[string]any{"ctx": &variable},
		Replace: map[string]any{
			"fmt.Print":          func(a ...any) (int, error) { return fmt.Fprint(stdout, a...) },
			"fmt.Printf":         func(f string, a ...any) (int, error) { return fmt.Fprintf(stdout, f, a...) },
			"fmt.Println":        func(a ...any) (int, error) { return fmt.Fprintln(stdout, a...) },
			"fmt.Scan":           func(...any) (int, error) { return 0, errNoInput },
			"fmt.Scanf":          func(string, ...any) (int, error) { return 0, errNoInput },
			"fmt.Scanln":         func(...any) (int, error) { return 0, errNoInput },
			"time.Sleep":         ctx.sleep,
			pkg + "Show":         screen.Show,
			pkg + "TrainingPlot": screen.TrainingPlot,
			pkg + "Progress":     screen.Progress,
			pkg + "Context":      func() context.Context { return ctx },
		},
		OnGo: k.out.follow,
		GoPanic: func(p *cells.PanicError) {
			_, value, trace := k.describe(p)
			fmt.Fprintf(stderr, "panic in a goroutine: %s\n%s\n", value, strings.Join(trace, "\n"))
		},
		Stopped: ctx.interrupt,
	})
}

var errNoInput = errors.New("a cell cannot read input: this kernel has no standard input; assign the value in the cell")

// display shows a bundle in the output area of the cell whose goroutine calls it.
func (k *Kernel) display(b notebook.Bundle, id string, update bool) {
	r, _ := k.out.owner()
	if r.silent || r.parent == nil {
		return
	}
	if !update {
		k.out.sync() // figures stand where they are in the order of the printed lines
	}
	c := content{"data": b, "metadata": metadata(b), "transient": content{}}
	if id != "" {
		c["transient"] = content{"display_id": id}
	}
	kind := "display_data"
	if update {
		kind = "update_display_data"
	}
	k.publish(r.parent, kind, c)
}
