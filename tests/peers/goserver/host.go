package main

import (
	"io"
	"sync"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// A host signs with its key; with -turncoat, from the second signature on,
// with another one.
type host struct {
	mutex         sync.Mutex
	first, second gossh.Signer
	signed        int
}

func newHost() ssh.Signer {
	first := readSigner(*hostKey)
	if *turncoat == "" {
		return first
	}
	return &host{first: first, second: readSigner(*turncoat)}
}

func (h *host) current() gossh.Signer {
	if h.signed > 0 {
		return h.second
	}
	return h.first
}

func (h *host) PublicKey() gossh.PublicKey {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.current().PublicKey()
}

func (h *host) Sign(rand io.Reader, data []byte) (*gossh.Signature, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	signature, err := h.current().Sign(rand, data)
	h.signed++
	return signature, err
}
