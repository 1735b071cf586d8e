//go:build sftp

package main

import (
	"github.com/gliderlabs/ssh"
	"github.com/pkg/sftp"
)

func init() {
	subsystems["sftp"] = files
}

// files is the subsystem sftp, of the library of its own that there is for it.
func files(s ssh.Session) {
	server, err := sftp.NewServer(s)
	if err != nil {
		s.Exit(1)
		return
	}
	server.Serve()
	s.Exit(0)
}
