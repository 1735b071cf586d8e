// A server made with ssh2 for Node.js: node_server.js HOST_KEY AUTHORIZED_KEYS
// PASSWORD [REKEY_BYTES]. Prints "port N".
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const net = require('net');
const { Server, utils } = require('ssh2');

const [hostKey, authorized, password, rekeyBytes] = process.argv.slice(2);
const { STATUS_CODE } = utils.sftp;

// --- login ------------------------------------------------------------------

function isAuthorized(context) {
	return fs.readFileSync(authorized, 'utf8').trim().split('\n')
		.map((line) => utils.parseKey(line))
		.some((key) => key.getPublicSSH().equals(context.key.data) &&
			(!context.signature || key.verify(context.blob,
				context.signature, context.hashAlgo) === true));
}

function login(context) {
	const isRight = {
		publickey: () => isAuthorized(context),
		password: () => context.password === password,
	}[context.method];

	if (isRight && isRight())
		context.accept();
	else
		context.reject(['publickey', 'password']);
}

// --- commands ---------------------------------------------------------------

// Ask for new keys when so much has come.
function rekeyOften(client, stream) {
	let bytes = 0;

	stream.on('data', (data) => {
		bytes += data.length;
		if (rekeyBytes && bytes > Number(rekeyBytes)) {
			bytes = 0;
			client.rekey();
		}
	});
}

function run(stream, command) {
	const child = spawn('/bin/sh', ['-c', command]);

	child.stdin.on('error', () => {});
	stream.pipe(child.stdin);
	child.stdout.pipe(stream, { end: false });
	child.stderr.pipe(stream.stderr, { end: false });
	child.on('close', (status, signal) => {
		stream.exit(signal ? signal.replace('SIG', '') : status);
		stream.end();
	});
}

// --- files: what sftp and scp need to copy them ------------------------------

function serveFiles(sftp) {
	const handles = new Map();
	let last = 0;

	// The file of a handle, or an error that is told.
	const withFile = (action) => (id, handle, ...rest) => {
		const fd = handles.get(handle.toString());

		if (fd === undefined)
			sftp.status(id, STATUS_CODE.FAILURE);
		else
			action(id, fd, ...rest);
	};
	const tell = (id) => (error) => sftp.status(id, !error ? STATUS_CODE.OK :
		error.code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE :
		STATUS_CODE.FAILURE);
	const tellAttributes = (id) => (error, stats) =>
		error ? tell(id)(error) : sftp.attrs(id, stats);
	const done = (id) => sftp.status(id, STATUS_CODE.OK);

	sftp.on('REALPATH', (id, path) => {
		sftp.name(id, [{ filename: fs.realpathSync(path), longname: '',
			attrs: {} }]);
	});
	sftp.on('STAT', (id, path) => fs.stat(path, tellAttributes(id)));
	sftp.on('LSTAT', (id, path) => fs.lstat(path, tellAttributes(id)));
	sftp.on('FSTAT', withFile((id, fd) => fs.fstat(fd, tellAttributes(id))));
	sftp.on('SETSTAT', done);
	sftp.on('FSETSTAT', done);
	sftp.on('OPEN', (id, path, flags) => {
		fs.open(path, utils.sftp.flagsToString(flags) || 'r', (error, fd) => {
			if (error) {
				tell(id)(error);
				return;
			}
			handles.set(String(++last), fd);
			sftp.handle(id, Buffer.from(String(last)));
		});
	});
	sftp.on('READ', withFile((id, fd, offset, length) => {
		fs.read(fd, Buffer.alloc(length), 0, length, offset,
			(error, count, data) => {
				if (error)
					tell(id)(error);
				else if (count === 0)
					sftp.status(id, STATUS_CODE.EOF);
				else
					sftp.data(id, data.subarray(0, count));
			});
	}));
	sftp.on('WRITE', withFile((id, fd, offset, data) => {
		fs.write(fd, data, 0, data.length, offset, tell(id));
	}));
	sftp.on('end', () => sftp.end());
	sftp.on('CLOSE', withFile((id, fd) => fs.close(fd, tell(id))));
}

// --- forwardings ------------------------------------------------------------

function join(one, other) {
	one.pipe(other).pipe(one);
	one.on('error', () => other.destroy());
	other.on('error', () => one.destroy());
}

function connect(accept, reject, info) {
	const target = net.connect({ host: info.destIP, port: info.destPort,
		allowHalfOpen: true });

	target.once('error', () => reject && reject());
	target.once('connect', () => join(target, accept()));
}

function listen(client, accept, info) {
	const listener = net.createServer({ allowHalfOpen: true }, (conn) => {
		client.forwardOut(info.bindAddr, info.bindPort,
			conn.remoteAddress, conn.remotePort, (error, stream) => {
				if (error)
					conn.destroy();
				else
					join(conn, stream);
			});
	});

	client.on('close', () => listener.close());
	listener.listen(info.bindPort, '127.0.0.1',
		() => accept && accept(listener.address().port));
}

// --- connections ------------------------------------------------------------

function serveSession(client, session) {
	session.on('exec', (accept, reject, info) => {
		const stream = accept();

		rekeyOften(client, stream);
		run(stream, info.command);
	});
	session.on('sftp', (accept) => serveFiles(accept()));
}

const server = new Server({ hostKeys: [fs.readFileSync(hostKey)] }, (client) => {
	client.on('error', () => {});
	client.on('authentication', login);
	client.on('ready', () => {
		client.on('session', (accept) => serveSession(client, accept()));
		client.on('tcpip', connect);
		client.on('request', (accept, reject, name, info) => {
			if (name === 'tcpip-forward')
				listen(client, accept, info);
			else if (reject)
				reject();
		});
	});
});

server.listen(0, '127.0.0.1', () => {
	console.log('port', server.address().port);
});
