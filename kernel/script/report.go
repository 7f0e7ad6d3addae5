package script

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// shownFrames is how many lines of a trace are shown at each end.
const shownFrames = 20

// maxFrames is how many are kept; in a deep recursion the rest is more of the same.
const maxFrames = 1000

// appendFrame adds a function that a panic left. A panic that is not deeper than the one before is a new one: that was
// recovered.
func appendFrame(frames []frame, f frame) []frame {
	if len(frames) > 0 && f.depth < maxDepth && f.depth <= frames[len(frames)-1].depth {
		frames = nil
	}
	if len(frames) < maxFrames {
		frames = append(frames, f)
	}
	return frames
}

// report writes a panic as Go does, with the functions and places of the script: first the place for people and editors,
// then the way there.
func report(text string, frames []frame) string {
	var b strings.Builder
	if len(frames) > 0 {
		fmt.Fprintf(&b, "%s: ", frames[0].At)
	}
	fmt.Fprintf(&b, "panic: %s\n", text)
	for i, f := range frames {
		if len(frames) > 2*shownFrames && i == shownFrames {
			fmt.Fprintf(&b, "... %d more\n", len(frames)-2*shownFrames)
		}
		if len(frames) <= 2*shownFrames || i < shownFrames || i >= len(frames)-shownFrames {
			fmt.Fprintf(&b, "%s\n", f)
		}
	}
	return b.String()
}

// panicText says what a panic's value is, as Go does. The interpreter wraps values, and finds some errors of the script
// by Go's reflection, which then speaks of itself.
func panicText(v any) string {
	for {
		wrapped, ok := v.(reflect.Value)
		if !ok || !wrapped.IsValid() || !wrapped.CanInterface() {
			break
		}
		v = wrapped.Interface()
	}
	text := fmt.Sprint(v)
	switch {
	case strings.HasPrefix(text, "reflect: ") && strings.HasSuffix(text, "index out of range"):
		return "runtime error: index out of range"
	case strings.HasPrefix(text, "reflect.Value.Slice: ") && strings.Contains(text, "out of"):
		return "runtime error: slice bounds out of range"
	case strings.HasPrefix(text, "reflect: call of reflect.Value.") && strings.HasSuffix(text, "on zero Value"):
		return "runtime error: invalid memory address or nil pointer dereference"
	}
	return text
}

var (
	crashGoroutine = regexp.MustCompile(`(?m)^goroutine (\d+) `)
	crashValue     = regexp.MustCompile(`(?m)^panic: (.*)$`)
	crashFatal     = regexp.MustCompile(`(?m)^fatal error: (.*)$`)
	addresses      = regexp.MustCompile(`^\(([\w.*]+)\) (?:\{.*\}|0x[0-9a-f]+|\(.*\))$`)
)

// explain turns the text with which Go ended the child into one about the script.
func (l *listener) explain() string {
	text := l.crash.String()
	g := 0
	if m := crashGoroutine.FindStringSubmatch(text); m != nil {
		g, _ = strconv.Atoi(m[1]) // the pattern matches digits
	}
	switch {
	case strings.Contains(text, "stack overflow") || strings.Contains(text, "goroutine stack exceeds"):
		return l.overflow()
	case crashFatal.MatchString(text) && !strings.HasPrefix(text, "panic: "):
		return report(crashFatal.FindStringSubmatch(text)[1]+" (this cannot be recovered)", l.frames[g])
	case crashValue.MatchString(text):
		// A panic passes through the interpreter's functions, and each prints it again: the last line is the value.
		values := crashValue.FindAllStringSubmatch(text, -1)
		value := values[0][1]
		value = strings.TrimSuffix(strings.TrimSuffix(value, " [recovered]"), " [recovered, repanicked]")
		if m := addresses.FindStringSubmatch(value); m != nil {
			value = "a value of type " + m[1]
		}
		return report(panicText(value)+" (in a goroutine)", l.frames[g])
	}
	first, _, _ := strings.Cut(text, "\n")
	return report(first, l.frames[g])
}

func (l *listener) overflow() string {
	text := "stack overflow: the script calls itself without end"
	if len(l.deep) == 0 {
		return report(text, nil)
	}
	return report(text, l.deep)
}
