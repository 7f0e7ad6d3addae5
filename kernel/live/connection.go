package live

import (
	"encoding/json"
	"fmt"
	"os"
)

// Connection is the file by which Jupyter tells a kernel where to listen.
type Connection struct {
	Transport string `json:"transport"`
	IP        string `json:"ip"`
	Shell     int    `json:"shell_port"`
	Control   int    `json:"control_port"`
	IOPub     int    `json:"iopub_port"`
	Stdin     int    `json:"stdin_port"`
	Heartbeat int    `json:"hb_port"`
	Scheme    string `json:"signature_scheme"`
	Key       string `json:"key"`
}

// ReadConnection reads a connection file.
func ReadConnection(path string) (Connection, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Connection{}, fmt.Errorf("live: connection file: %w", err)
	}
	var c Connection
	if err := json.Unmarshal(text, &c); err != nil {
		return Connection{}, fmt.Errorf("live: connection file %s: %w", path, err)
	}
	switch {
	case c.Transport != "tcp" && c.Transport != "ipc":
		return Connection{}, fmt.Errorf("live: connection file %s: transport %q is neither tcp nor ipc", path, c.Transport)
	case c.Key != "" && c.Scheme != "hmac-sha256":
		return Connection{}, fmt.Errorf("live: connection file %s: signature_scheme %q is not hmac-sha256", path, c.Scheme)
	case c.IP == "":
		return Connection{}, fmt.Errorf("live: connection file %s: ip is missing", path)
	}
	for name, port := range map[string]int{"shell": c.Shell, "control": c.Control, "iopub": c.IOPub, "stdin": c.Stdin, "hb": c.Heartbeat} {
		if port < 1 || port > 65535 {
			return Connection{}, fmt.Errorf("live: connection file %s: %s_port is %d", path, name, port)
		}
	}
	return c, nil
}

// endpoint is the address of one of the ports in the form that ZeroMQ has.
func (c Connection) endpoint(port int) string {
	if c.Transport == "ipc" {
		return fmt.Sprintf("ipc://%s-%d", c.IP, port)
	}
	return fmt.Sprintf("tcp://%s:%d", c.IP, port)
}
