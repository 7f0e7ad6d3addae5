package live

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// protocolVersion is that of Jupyter's messages: https://jupyter-client.readthedocs.io/en/stable/messaging.html
const protocolVersion = "5.3"

// header says what a message is.
type header struct {
	ID       string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`
}

// message is one message of Jupyter's protocol.
type message struct {
	ids     [][]byte // where it came from: frames of the transport
	header  header
	raw     json.RawMessage // the header as it came, for the replies' parent_header
	parent  json.RawMessage
	content json.RawMessage
}

var delimiter = []byte("<IDS|MSG>")

// signer signs and checks messages with the key of the connection file.
type signer struct{ key []byte }

func (s signer) sign(parts [][]byte) []byte {
	if len(s.key) == 0 {
		return []byte{}
	}
	mac := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		mac.Write(p)
	}
	out := make([]byte, hex.EncodedLen(mac.Size()))
	hex.Encode(out, mac.Sum(nil))
	return out
}

var errSignature = errors.New("live: message with a wrong signature")

// decode reads the frames of a message: identities, delimiter, signature, header, parent header, metadata, content.
func (s signer) decode(frames [][]byte) (*message, error) {
	at := -1
	for i, f := range frames {
		if bytes.Equal(f, delimiter) {
			at = i
			break
		}
	}
	if at < 0 || len(frames) < at+6 {
		return nil, fmt.Errorf("live: message of %d frames is no message of Jupyter's protocol", len(frames))
	}
	parts := frames[at+2 : at+6]
	if len(s.key) > 0 && !hmac.Equal(s.sign(parts), frames[at+1]) {
		return nil, errSignature
	}
	m := &message{ids: frames[:at], raw: parts[0], parent: parts[1], content: parts[3]}
	if err := json.Unmarshal(parts[0], &m.header); err != nil {
		return nil, fmt.Errorf("live: header of a message: %w", err)
	}
	return m, nil
}

// encode writes a message. parent may be nil.
func (s signer) encode(ids [][]byte, h header, parent *message, content any) ([][]byte, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("live: content of %s: %w", h.Type, err)
	}
	parts := [][]byte{head, []byte("{}"), []byte("{}"), body}
	if parent != nil && len(parent.raw) > 0 {
		parts[1] = parent.raw
	}
	frames := append([][]byte{}, ids...)
	frames = append(frames, delimiter, s.sign(parts))
	return append(frames, parts...), nil
}

func newHeader(kind, session string) header {
	return header{
		ID: newID(), Session: session, Username: "kernel", Type: kind, Version: protocolVersion,
		Date: time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
}

// newID returns a random identifier in the form of a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
