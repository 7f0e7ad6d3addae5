package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
)

// session is a Python process that predicts with onnxruntime: peer.py beside this file.
type session struct {
	folder  string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	version string
	forms   []string
	prob    []float64
}

func startSession(python string, s *subject) *session {
	folder, err := os.MkdirTemp("", "jamba-onnx")
	check(err)
	write := func(name string, v any) {
		f, err := os.Create(filepath.Join(folder, name))
		check(err)
		check(binary.Write(f, binary.LittleEndian, v))
		check(f.Close())
	}
	write("model.gguf", s.file)
	write("numeric.f32", s.matrix.Numeric)
	write("codes.i32", s.matrix.Categorical)
	p := &session{folder: folder, cmd: exec.Command(python, filepath.Join("benchmarks", "score", "peer.py"), folder)}
	p.cmd.Stderr = os.Stderr
	p.in, err = p.cmd.StdinPipe()
	check(err)
	out, err := p.cmd.StdoutPipe()
	check(err)
	check(p.cmd.Start())
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 1<<20)
	var hello struct {
		Version string
		Forms   []string
		Prob    []float64
	}
	p.read(&hello)
	p.version, p.forms, p.prob = hello.Version, hello.Forms, hello.Prob
	return p
}

func (p *session) read(v any) {
	if !p.out.Scan() {
		check(fmt.Errorf("peer.py ended: %v", p.cmd.Wait()))
	}
	check(json.Unmarshal(p.out.Bytes(), v))
}

// difference returns the largest difference of a probability over all ways to write the graph.
func (p *session) difference(ours []float64) (worst float64) {
	for i, v := range p.prob {
		worst = max(worst, math.Abs(v-ours[i%len(ours)]))
	}
	return worst
}

// choose finds the way to write the graph that is fastest here.
func (p *session) choose(threads, batch int, seconds float64) (best string) {
	most := 0.0
	for _, form := range p.forms {
		if threads == 1 && form[len(form)-1] == 'y' {
			continue // nobody waits
		}
		if s := p.run(form, threads, batch, seconds); s.cpu > most {
			best, most = form, s.cpu
		}
	}
	return best
}

func (p *session) run(form string, threads, batch int, seconds float64) speed {
	fmt.Fprintf(p.in, "%s %d %d %g\n", form, threads, batch, seconds)
	var got struct{ Wall, CPU float64 }
	p.read(&got)
	return speed{got.Wall, got.CPU}
}

func (p *session) stop() {
	check(p.in.Close())
	check(p.cmd.Wait())
	check(os.RemoveAll(p.folder))
}
