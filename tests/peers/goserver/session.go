package main

import (
	"errors"
	"io"
	"os/exec"
	"syscall"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

var signals = map[ssh.Signal]syscall.Signal{
	ssh.SIGHUP:  syscall.SIGHUP,
	ssh.SIGINT:  syscall.SIGINT,
	ssh.SIGKILL: syscall.SIGKILL,
	ssh.SIGTERM: syscall.SIGTERM,
}

var subsystems = map[string]ssh.SubsystemHandler{"echo": echo}

// serve runs the command, or a shell without one, and tells how it ended.
func serve(s ssh.Session) {
	var command *exec.Cmd

	if s.RawCommand() == "" {
		command = exec.Command("sh")
	} else {
		command = exec.Command("sh", "-c", s.RawCommand())
	}
	command.Env = append(command.Environ(), s.Environ()...)
	if pty, windows, wanted := s.Pty(); wanted {
		serveTerminal(s, command, pty, windows)
		return
	}
	command.Stdout = s
	command.Stderr = s.Stderr()
	input, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		s.Exit(127)
		return
	}
	go func() {
		io.Copy(input, s)
		input.Close()
	}()
	forward(s, command)
	report(s, command.Wait())
}

// forward passes signals that the client sends on to the command.
func forward(s ssh.Session, command *exec.Cmd) {
	received := make(chan ssh.Signal, 8)
	s.Signals(received)
	go func() {
		for name := range received {
			if signal, known := signals[name]; known {
				command.Process.Signal(signal)
			}
		}
	}()
}

func report(s ssh.Session, err error) {
	var ended *exec.ExitError

	if !errors.As(err, &ended) {
		s.Exit(0)
		return
	}
	status := ended.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		s.Exit(status.ExitStatus())
		return
	}
	s.SendRequest("exit-signal", false, gossh.Marshal(struct {
		Name    string
		Core    bool
		Message string
		Lang    string
	}{name(status.Signal()), false, "", ""}))
	s.Close()
}

func name(signal syscall.Signal) string {
	switch signal {
	case syscall.SIGKILL:
		return "KILL"
	case syscall.SIGSEGV:
		return "SEGV"
	default:
		return "TERM"
	}
}

// echo is a subsystem that gives back what it gets.
func echo(s ssh.Session) {
	io.Copy(s, s)
	s.Exit(0)
}
