package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"github.com/gliderlabs/ssh"
)

// openTerminal opens a new pseudo terminal of Linux, both its ends.
func openTerminal() (master, slave *os.File, err error) {
	var number, unlock uint32

	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	control(master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	control(master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	name := fmt.Sprintf("/dev/pts/%d", number)
	slave, err = os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY, 0)
	return master, slave, err
}

func control(file *os.File, request uintptr, arg unsafe.Pointer) {
	syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), request, uintptr(arg))
}

func setSize(file *os.File, window ssh.Window) {
	size := [4]uint16{uint16(window.Height), uint16(window.Width)}
	control(file, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// serveTerminal runs the command on a terminal, and tells how it ended.
func serveTerminal(s ssh.Session, command *exec.Cmd, pty ssh.Pty,
	windows <-chan ssh.Window) {
	master, slave, err := openTerminal()
	if err != nil {
		s.Exit(127)
		return
	}
	defer master.Close()
	setSize(master, pty.Window)
	command.Env = append(command.Env, "TERM="+pty.Term)
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if command.Start() != nil {
		s.Exit(127)
		return
	}
	slave.Close()
	go func() {
		for window := range windows {
			setSize(master, window)
		}
	}()
	go io.Copy(master, s)
	io.Copy(s, master)
	report(s, command.Wait())
}
