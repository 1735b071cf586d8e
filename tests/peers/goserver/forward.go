package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// The messages of RFC 4254 section 7, and OpenSSH's for Unix sockets.
type directTCP struct {
	Host     string
	Port     uint32
	From     string
	FromPort uint32
}

type directUnix struct {
	Path     string
	Reserved string
	Zero     uint32
}

type listenAt struct {
	Host string
	Port uint32
}

// The name of a target may ask for trouble: hang.example never answers,
// late.example does so after a while, and prose.example has something to say.
const lateness = 3 * time.Second

func dial(ctx ssh.Context, network, address string) (net.Conn, error) {
	switch {
	case strings.HasPrefix(address, "hang.example:"):
		<-ctx.Done()
		return nil, ctx.Err()
	case strings.HasPrefix(address, "late.example:"):
		time.Sleep(lateness)
		address = strings.Replace(address, "late.example", "127.0.0.1", 1)
	case strings.HasPrefix(address, "prose.example:"):
		return nil, fmt.Errorf("the tide is out\x1b[2J")
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

func direct(ctx ssh.Context, opened gossh.NewChannel, network, address string) {
	target, err := dial(ctx, network, address)
	if err != nil {
		opened.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := opened.Accept()
	if err != nil {
		target.Close()
		return
	}
	go gossh.DiscardRequests(requests)
	relay(channel, target)
}

func onDirectTCP(_ *ssh.Server, _ *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	var d directTCP

	if err := gossh.Unmarshal(opened.ExtraData(), &d); err != nil {
		opened.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	direct(ctx, opened, "tcp", net.JoinHostPort(d.Host, fmt.Sprint(d.Port)))
}

func onDirectUnix(_ *ssh.Server, _ *gossh.ServerConn, opened gossh.NewChannel, ctx ssh.Context) {
	var d directUnix

	if err := gossh.Unmarshal(opened.ExtraData(), &d); err != nil {
		opened.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	direct(ctx, opened, "unix", d.Path)
}

type halfCloser interface {
	CloseWrite() error
}

// relay passes ends on as ends, and a failure as a close without an end.
func relay(channel gossh.Channel, conn net.Conn) {
	var both sync.WaitGroup

	pass := func(to io.Writer, from io.Reader) {
		defer both.Done()
		if _, err := io.Copy(to, from); err != nil {
			channel.Close()
			conn.Close()
			return
		}
		to.(halfCloser).CloseWrite()
	}
	both.Add(2)
	go pass(channel, conn)
	go pass(conn, channel)
	both.Wait()
	channel.Close()
	conn.Close()
}

// listeners are those of all connections, by the place that was asked for.
type listeners struct {
	mutex sync.Mutex
	all   map[listenAt]net.Listener
}

func (l *listeners) listen(ctx ssh.Context, _ *ssh.Server, request *gossh.Request) (bool, []byte) {
	var at listenAt

	if err := gossh.Unmarshal(request.Payload, &at); err != nil {
		return false, nil
	}
	place := net.JoinHostPort(at.Host, fmt.Sprint(at.Port))
	listener, err := net.Listen("tcp", place)
	if err != nil {
		log.Println(err)
		return false, nil
	}
	asked := at.Port
	at.Port = uint32(listener.Addr().(*net.TCPAddr).Port)
	l.mutex.Lock()
	l.all[at] = listener
	l.mutex.Unlock()
	go func() {
		<-ctx.Done()
		listener.Close()
	}()
	conn := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	go accept(conn, listener, at)
	if asked != 0 {
		return true, nil
	}
	return true, gossh.Marshal(struct{ Port uint32 }{at.Port})
}

func accept(server *gossh.ServerConn, listener net.Listener, at listenAt) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			from := conn.RemoteAddr().(*net.TCPAddr)
			channel, requests, err := server.OpenChannel("forwarded-tcpip",
				gossh.Marshal(directTCP{at.Host, at.Port,
					from.IP.String(), uint32(from.Port)}))
			if err != nil {
				log.Println("refused:", err)
				conn.Close()
				return
			}
			go gossh.DiscardRequests(requests)
			relay(channel, conn)
		}()
	}
}

func (l *listeners) cancel(_ ssh.Context, _ *ssh.Server, request *gossh.Request) (bool, []byte) {
	var at listenAt

	if err := gossh.Unmarshal(request.Payload, &at); err != nil {
		return false, nil
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	listener, known := l.all[at]
	if !known {
		return false, nil
	}
	listener.Close()
	delete(l.all, at)
	return true, nil
}

// forwarding lets the server forward everything, and break down on demand.
func forwarding(s *ssh.Server) {
	l := &listeners{all: map[listenAt]net.Listener{}}
	s.ChannelHandlers = map[string]ssh.ChannelHandler{
		"session":                        ssh.DefaultSessionHandler,
		"direct-tcpip":                   onDirectTCP,
		"direct-streamlocal@openssh.com": onDirectUnix,
	}
	s.RequestHandlers = map[string]ssh.RequestHandler{
		"tcpip-forward":        l.listen,
		"cancel-tcpip-forward": l.cancel,
	}
}
