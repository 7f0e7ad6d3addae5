package faulttree

func readText(text []byte, name string) (*Model, error) { return nil, nil }
