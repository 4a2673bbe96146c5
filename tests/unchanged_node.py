#!/usr/bin/env python3
"""Node, unmodified, under PORTRES_BLOCK: net, dgram, children, workers.

libuv closes descriptors by a raw syscall(SYS_close), starts programs from a
fork that shares its memory, and binds in other threads for workers. Each would
lose ports quietly; the rows count them before and after.
"""

from unchanged_support import expect, free_block, main, need, row, run

# What the programs share. listen() gives the port or the name of the error.
PRELUDE = """
const net = require('net'), dgram = require('dgram');
const start = Number(process.argv[1]);
const held = [];
const settled = (it, event, begin) => new Promise((done) => {
  it.once('error', (error) => done(error.code));
  it.once(event, () => { held.push(it); done(it.address().port - start); });
  begin();
});
const listen = (...where) => {
  const server = net.createServer((peer) => peer.pipe(peer));
  return settled(server, 'listening', () => server.listen(0, ...where));
};
const bind = (type = 'udp4') => {
  const s = dgram.createSocket(type);
  return settled(s, 'listening', () => s.bind(0));
};
const close = (it) => new Promise((done) => it.close(done));
const ended = (child) => new Promise((done) => child.once('exit', done));
const main = async (body) => {
  await body();
  for (const it of held) it.close();
};
const say = (...words) => console.log(...words);
"""


def lines(program, count, protocol="tcp", **variables):
    """What a node program says with a block of `count` ports."""
    start = free_block(count)
    done = run([need("node"), "-e", f"{PRELUDE}main(async () => {{{program}}})",
                str(start)], f"{protocol}:{start}:{count}", **variables)
    expect(done.stderr, "")
    return done.stdout.splitlines()


@row("given a block of 3, when 4 servers listen on port 0, "
     "then 3 take it lowest first and the last fails with ENOBUFS")
def servers_exhaust():
    expect(lines("for (let i = 0; i < 4; i++) say(await listen());", 3),
           ["0", "1", "2", "ENOBUFS"])


@row("given a block, when servers listen on IPv4, IPv6 and both, "
     "then they share it")
def families_share():
    expect(lines("""
say(await listen('127.0.0.1')); say(await listen('::1')); say(await listen());
say(await listen('127.0.0.1'));
""", 3), ["0", "1", "2", "ENOBUFS"])


@row("given a full block, when servers close, over and over, "
     "then their ports are handed out again")
def close_returns():
    expect(lines("""
for (let i = 0; i < 3; i++) await listen();
for (let i = 0; i < 20; i++) {
  await close(held.splice(1, 1)[0]);
  const again = await listen();
  if (again !== 1) say(i, again);
  held.splice(1, 0, held.pop());
}
say(await listen());
""", 3), ["ENOBUFS"])


@row("given a block of 2, when 3 datagram sockets bind port 0, "
     "then 2 take it, the last fails, and close gives a port back")
def datagrams_exhaust():
    expect(lines("""
say(await bind()); say(await bind('udp6')); say(await bind());
await close(held.shift()); say(await bind());
""", 2, "udp"), ["0", "1", "ENOBUFS", "0"])


@row("given a block of 2, when datagram sockets send without bind, "
     "then they take it, for node binds port 0 first")
def datagrams_send():
    expect(lines("""
say(await bind());
const server = held[0], sender = dgram.createSocket('udp4');
const heard = new Promise((done) => server.once('message',
  (data, from) => done(`${data} ${from.port - start}`)));
sender.send('hello', start, '127.0.0.1');
say(await heard);
say(await bind());
await close(sender); say(await bind());
""", 2, "udp"), ["0", "hello 1", "ENOBUFS", "1"])


@row("given a server on the block, when clients talk to it, "
     "then connections hold no port of the block")
def connections_hold_nothing():
    expect(lines("""
await listen();
for (let i = 0; i < 10; i++) {
  const client = net.connect(start, '127.0.0.1');
  client.write('hello');
  const text = await new Promise((done) => client.once('data', done));
  if (String(text) !== 'hello' || client.localPort === start + 1) say('no');
  client.destroy();
}
say(await listen()); say(await listen());
""", 2), ["1", "ENOBUFS"])


@row("given a full block, when node starts 60 children by spawn, exec and "
     "fork, then no port is lost and close still gives one back")
def children_lose_none():
    expect(lines("""
const {spawn, exec, fork} = require('child_process');
const empty = require('fs').mkdtempSync(require('os').tmpdir() + '/portres-');
require('fs').writeFileSync(empty + '/child.js', '');
for (let i = 0; i < 3; i++) await listen();
const children = [];
for (let i = 0; i < 40; i++) {
  children.push(spawn('true', {stdio: i % 2 ? 'ignore' : 'pipe'}));
  if (i % 4 === 0) children.push(exec('true'));
  if (i % 4 === 1) children.push(fork(empty + '/child.js'));
}
const results = await Promise.all(children.map(ended));
require('fs').rmSync(empty, {recursive: true});
say(results.length, results.every((result) => result === 0));
say(await listen());
await close(held.splice(1, 1)[0]); say(await listen()); say(await listen());
""", 3), ["60 true", "ENOBUFS", "1", "ENOBUFS"])


@row("given a block of 4, when 4 worker threads listen on port 0, "
     "then they have 4 different ports and the main thread gets ENOBUFS")
def workers_share():
    expect(lines("""
const {Worker} = require('worker_threads');
const source = `
  const {parentPort} = require('worker_threads');
  const server = require('net').createServer();
  server.on('error', (error) => parentPort.postMessage(error.code));
  server.listen(0, () => parentPort.postMessage(server.address().port));
  parentPort.once('message', () => server.close(() => process.exit()));
`;
const workers = [1, 2, 3, 4].map(() => new Worker(source, {eval: true}));
const ports = await Promise.all(workers.map((worker) =>
  new Promise((done) => worker.once('message', done))));
say(ports.map((port) => port - start).sort().join());
say(await listen());
const gone = Promise.all(workers.map(ended));
workers.forEach((worker) => worker.postMessage('close'));
await gone;
say(await listen());
""", 4), ["0,1,2,3", "ENOBUFS", "0"])


@row("given a full block, when worker threads end without closing, "
     "then their ports come back")
def workers_end():
    expect(lines("""
const {Worker} = require('worker_threads');
const source = `
  const server = require('net').createServer();
  server.listen(0, () => require('worker_threads').parentPort.postMessage(1));
`;
for (let i = 0; i < 5; i++) {
  const worker = new Worker(source, {eval: true});
  await new Promise((done) => worker.once('message', done));
  await worker.terminate();
}
say(await listen()); say(await listen());
""", 1), ["0", "ENOBUFS"])


@row("given a cluster, when its workers listen on port 0, "
     "then they share one port of the primary's block")
def cluster_shares():
    expect(lines("""
const cluster = require('cluster'), fs = require('fs');
const where = fs.mkdtempSync(require('os').tmpdir() + '/portres-');
fs.writeFileSync(where + '/worker.js', `
  const server = require('net').createServer();
  server.listen(0, () => process.send(server.address().port));
`);
cluster.setupPrimary({exec: where + '/worker.js', execArgv: []});
const workers = [cluster.fork(), cluster.fork()];
const ports = await Promise.all(workers.map((worker) =>
  new Promise((done) => worker.on('message', done))));
say(ports.map((port) => port - start).join());
say(await listen()); say(await listen());
const gone = Promise.all(workers.map(ended));
cluster.disconnect();
await gone;
fs.rmSync(where, {recursive: true});
say(await listen());
""", 2), ["0,0", "1", "ENOBUFS", "0"])


@row("given PORTRES_OUTGOING=1, when node connects, "
     "then the ports of its connections come from the block until ENOBUFS")
def outgoing_connects():
    expect(lines("""
await listen();
for (let i = 0; i < 3; i++) {
  const client = net.connect(start, '127.0.0.1');
  say(await new Promise((done) => {
    client.once('connect', () => done(client.localPort - start));
    client.once('error', (error) => done(error.code));
  }));
  held.push({close: () => client.destroy()});
}
""", 3, PORTRES_OUTGOING="1"), ["1", "2", "ENOBUFS"])


if __name__ == "__main__":
    main()
