package threat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parseJSON reads one JSON object. YAML would take most of JSON, but not tabs, and with messages about YAML.
func parseJSON(name string, text []byte) (*configNode, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	j := &jsonReader{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	j.dec.UseNumber()
	root, err := j.value(0)
	if err == nil {
		j.skip()
		if _, more := j.dec.Token(); more != io.EOF {
			err = errors.New("there is text after the end of the object")
		}
	}
	if err == nil {
		return root, nil
	}
	offset := j.start
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, err = int64(len(text)), errors.New("the file ends before the object does")
	}
	line, column := j.position(offset)
	return nil, &ConfigError{[]string{fmt.Sprintf("%s:%d:%d: %s", name, line, column, strings.TrimPrefix(err.Error(), "json: "))}}
}

type jsonReader struct {
	text  []byte
	dec   *json.Decoder
	start int64 // of the latest token
}

// position is the line and column of a byte offset, from 1.
func (j *jsonReader) position(offset int64) (line, column int) {
	before := j.text[:min(offset, int64(len(j.text)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// next returns the next token and an empty node where it begins: the decoder only knows where a token ends.
func (j *jsonReader) next() (json.Token, *configNode, error) {
	j.skip()
	tok, err := j.dec.Token()
	line, column := j.position(j.start)
	return tok, &configNode{line: line, column: column}, err
}

// skip moves start to what comes after the tokens so far.
func (j *jsonReader) skip() {
	j.start = j.dec.InputOffset()
	for j.start < int64(len(j.text)) && strings.IndexByte(" \t\r\n,:", j.text[j.start]) >= 0 {
		j.start++
	}
}

func (j *jsonReader) value(depth int) (*configNode, error) {
	tok, n, err := j.next()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("is nested more than %d levels deep", maxDepth)
	}
	switch v := tok.(type) {
	case string:
		n.kind, n.text = textNode, v
	case json.Number:
		n.kind, n.text = numberNode, v.String()
	case bool:
		n.kind, n.text = boolNode, strconv.FormatBool(v)
	case nil:
		n.kind = nullNode
	case json.Delim:
		if v == '[' {
			n.kind = listNode
			for j.dec.More() {
				item, err := j.value(depth + 1)
				if err != nil {
					return nil, err
				}
				n.items = append(n.items, item)
			}
		} else {
			n.kind = objectNode
			for j.dec.More() {
				name, key, err := j.next()
				if err != nil {
					return nil, err
				}
				value, err := j.value(depth + 1)
				if err != nil {
					return nil, err
				}
				n.entries = append(n.entries, configEntry{name: name.(string), key: key, value: value}) // the decoder lets only texts through
			}
		}
		j.skip()
		_, err = j.dec.Token()
	}
	return n, err
}
